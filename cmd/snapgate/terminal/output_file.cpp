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

Outcome<OutputFile> OutputFile::make(const std::string& file) {
    if (file == "-") return OutputFile(FileDescriptor(::dup(STDOUT_FILENO)), {});
    struct stat there = {};
    if (::lstat(file.c_str(), &there) == 0) {
        return Failure(Exit::kRefused,
                       fmt::format("{} is there already: name a file that does not exist", file));
    }
    const std::string unfinished = file + ".part";
    FileDescriptor descriptor(
        ::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!descriptor) {
        return Failure(Exit::kRefused,
                       fmt::format("cannot make {}: {}", unfinished, std::strerror(errno)));
    }
    return OutputFile(std::move(descriptor), file);
}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : descriptor_(std::move(other.descriptor_)),
      file_(std::move(other.file_)),
      bytes_(other.bytes_),
      done_(std::exchange(other.done_, true)) {}

OutputFile::~OutputFile() {
    if (!done_ && !file_.empty()) ::unlink(unfinished().c_str());
}

base::Error OutputFile::failed(std::string_view what) const {
    const int number = errno;
    const bool full = number == ENOSPC || number == EDQUOT || number == EFBIG;
    return {full ? Code::kStorageFull : Code::kInternal,
            fmt::format("cannot {} {}: {}", what, file_.empty() ? "standard output" : file_,
                        std::strerror(number))};
}

Result<void> OutputFile::write(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::write(descriptor_.get(), bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return failed("write");
        bytes_ += static_cast<uint64_t>(count);
        bytes.remove_prefix(static_cast<size_t>(count));
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
