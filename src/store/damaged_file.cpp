#include "store/damaged_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/clock.h"
#include "base/encoding.h"
#include "base/sync_folder.h"
#include "store/damage.h"

namespace snapgate::store {
namespace {

using base::Code;
using base::Error;
using base::Result;

constexpr mode_t kOwnerOnly = 0600;
constexpr size_t kMostPending = 1 << 20;

// As a part of a file's name, without colons: 20261104T141906.123Z.
std::string file_time(int64_t ms) {
    std::string text;
    for (const char c : base::format_rfc3339(ms)) {
        if (c == 'Z') text += fmt::format(".{:03}", ms % 1000);
        if (c != '-' && c != ':') text += c;
    }
    return text;
}

}  // namespace

DamagedFile::DamagedFile(const std::filesystem::path& directory, int64_t now_ms)
    : path_(directory / ("damaged-" + file_time(now_ms))) {}

DamagedFile::~DamagedFile() {
    if (fd_ < 0) return;
    ::close(fd_);
    if (!kept_) ::unlink(path_.c_str());
}

Result<void> DamagedFile::add(std::string_view key, std::string_view stored) {
    if (fd_ < 0) SNAPGATE_TRY(make());
    ++rows_;
    pending_ +=
        fmt::format("{} {} {}\n", base::hex(key), base::hex(stored), describe_row(key).what);
    return pending_.size() < kMostPending ? Result<void>() : write_out();
}

Result<void> DamagedFile::sync() {
    if (fd_ < 0) return {};
    SNAPGATE_TRY(write_out());
    if (::fsync(fd_) != 0) return failed("write");
    return base::sync_folder(path_.parent_path());
}

Result<void> DamagedFile::make() {
    fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kOwnerOnly);
    if (fd_ < 0) return failed("make");
    pending_ = "# key and stored value of each row that was removed, in hexadecimal; what it was\n";
    return {};
}

Result<void> DamagedFile::write_out() {
    std::string_view rest = pending_;
    while (!rest.empty()) {
        const ssize_t count = ::write(fd_, rest.data(), rest.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return failed("write");
        rest.remove_prefix(static_cast<size_t>(count));
    }
    pending_.clear();
    return {};
}

Error DamagedFile::failed(const char* what) const {
    const int number = errno;
    const Code code = number == ENOSPC || number == EDQUOT ? Code::kStorageFull : Code::kInternal;
    return {code, fmt::format("cannot {} {}: {}", what, path_.string(), std::strerror(number))};
}

}  // namespace snapgate::store
