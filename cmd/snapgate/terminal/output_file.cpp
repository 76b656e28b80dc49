#include "terminal/output_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace snapgate::cli {

using base::Code;
using base::Result;

namespace {

// So many bytes are sent to the disk at a time.
constexpr uint64_t kBegunBytes = 16ULL << 20;

}  // namespace

Exit exit_of_place(int error) {
    return error == EEXIST || base::means_disk_full(error) ? Exit::kRefused : Exit::kUsage;
}

Outcome<OutputFile> OutputFile::make(const std::string& file) {
    if (file == "-") return OutputFile(base::FileDescriptor(::dup(STDOUT_FILENO)), {});
    struct stat there = {};
    if (::lstat(file.c_str(), &there) == 0) {
        return Failure(Exit::kRefused,
                       fmt::format("{} is there already: name a file that does not exist", file));
    }
    const std::string unfinished = file + ".part";
    base::FileDescriptor descriptor(
        ::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!descriptor) {
        const int number = errno;
        return Failure(exit_of_place(number),
                       fmt::format("cannot make {}: {}", unfinished, std::strerror(number)));
    }
    return OutputFile(std::move(descriptor), file);
}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : descriptor_(std::move(other.descriptor_)),
      file_(std::move(other.file_)),
      bytes_(other.bytes_),
      begun_(other.begun_),
      done_(std::exchange(other.done_, true)) {}

OutputFile::~OutputFile() {
    if (!done_ && !file_.empty()) ::unlink(unfinished().c_str());
}

base::Error OutputFile::failed(std::string_view what) const {
    const int number = errno;
    return {base::means_disk_full(number) ? Code::kStorageFull : Code::kInternal,
            fmt::format("cannot {} {}: {}", what, file_.empty() ? "standard output" : file_,
                        std::strerror(number))};
}

Result<void> OutputFile::write(std::string_view bytes) {
    if (!base::write_all(descriptor_.get(), bytes)) return failed("write");
    bytes_ += bytes.size();
    if (!file_.empty() && bytes_ - begun_ >= kBegunBytes) {
        // Only begins to write them, so that the disk works while the next ones are made. finish()
        // sees whether that fails.
        ::sync_file_range(descriptor_.get(), static_cast<off_t>(begun_),
                          static_cast<off_t>(bytes_ - begun_), SYNC_FILE_RANGE_WRITE);
        begun_ = bytes_;
    }
    return {};
}

Result<void> OutputFile::finish() {
    if (!file_.empty()) {
        if (::fsync(descriptor_.get()) != 0) return failed("write");
        if (std::rename(unfinished().c_str(), file_.c_str()) != 0) return failed("make");
    }
    done_ = true;
    return {};
}

}  // namespace snapgate::cli
