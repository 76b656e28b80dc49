#include "audit/log_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "base/sync_folder.h"

namespace snapgate::audit {
namespace {

using base::Code;
using base::Error;
using base::Result;

// Lines are shorter.
constexpr uint64_t kLongestPart = 128 << 10;

// The size up to the end of the last whole line.
uint64_t whole_lines(int fd, uint64_t size) {
    const uint64_t looked_at = std::min(size, kLongestPart);
    std::string end(looked_at, '\0');
    const ssize_t read = ::pread(fd, end.data(), looked_at, static_cast<off_t>(size - looked_at));
    if (read != static_cast<ssize_t>(looked_at)) return size;
    const size_t feed = end.rfind('\n');
    if (feed == std::string::npos) return looked_at == size ? 0 : size;
    return size - looked_at + feed + 1;
}

}  // namespace

LogFile::LogFile(std::filesystem::path file, uint64_t most_bytes, unsigned keep)
    : file_(std::move(file)), most_bytes_(most_bytes), keep_(keep) {}

Error LogFile::failed(std::string_view what, int error_number) const {
    return {base::means_disk_full(error_number) ? Code::kStorageFull : Code::kUnavailable,
            fmt::format("cannot {} the audit log {}: {}", what, file_.string(),
                        std::system_category().message(error_number))};
}

Result<void> LogFile::reopen() {
    // Read, too: the end is looked at.
    base::FileDescriptor fd(
        ::open(file_.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600));
    if (!fd) return failed("open", errno);
    struct stat about{};
    if (::fstat(fd.get(), &about) != 0) return failed("look at", errno);
    if (!S_ISREG(about.st_mode)) {
        return Error(Code::kInvalid,
                     fmt::format("the audit log {} is no regular file", file_.string()));
    }
    fd_ = std::move(fd);
    const auto size = static_cast<uint64_t>(about.st_size);
    size_ = whole_lines(fd_.get(), size);
    dirty_ = size_ != size;
    return base::sync_folder(file_.parent_path());
}

Result<void> LogFile::cut(uint64_t size) {
    if (::ftruncate(fd_.get(), static_cast<off_t>(size)) != 0) return failed("cut", errno);
    dirty_ = false;
    return {};
}

Result<void> LogFile::rotate() {
    const auto aside = [this](unsigned number) {
        return std::filesystem::path(fmt::format("{}.{}", file_.string(), number));
    };
    std::error_code error;
    if (keep_ == 0) {
        std::filesystem::remove(file_, error);
        if (error) return failed("remove", error.value());
        return reopen();
    }
    for (unsigned number = keep_; number >= 1; --number) {
        const std::filesystem::path from = number == 1 ? file_ : aside(number - 1);
        if (number > 1 && !std::filesystem::exists(from, error)) continue;
        std::filesystem::rename(from, aside(number), error);
        if (error) return failed("put aside", error.value());
    }
    return reopen();
}

Result<void> LogFile::append(std::string_view lines) {
    if (!fd_) SNAPGATE_TRY(reopen());
    if (dirty_) SNAPGATE_TRY(cut(size_));
    if (size_ > 0 && size_ + lines.size() > most_bytes_) SNAPGATE_TRY(rotate());
    if (dirty_) SNAPGATE_TRY(cut(size_));
    dirty_ = true;
    if (!base::write_all(fd_.get(), lines)) {
        const int error_number = errno;
        // If this fails, too, the next append does it.
        if (::ftruncate(fd_.get(), static_cast<off_t>(size_)) == 0) dirty_ = false;
        return failed("write to", error_number);
    }
    if (::fdatasync(fd_.get()) != 0) {
        const int error_number = errno;
        if (::ftruncate(fd_.get(), static_cast<off_t>(size_)) == 0) dirty_ = false;
        return failed("write to", error_number);
    }
    size_ += lines.size();
    dirty_ = false;
    return {};
}

}  // namespace snapgate::audit
