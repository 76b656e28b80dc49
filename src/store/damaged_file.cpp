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
    if (fd_ && !kept_) ::unlink(path_.c_str());
}

Result<void> DamagedFile::add(std::string_view key, std::string_view stored) {
    if (!fd_) SNAPGATE_TRY(make());
    ++rows_;
    pending_ +=
        fmt::format("{} {} {}\n", base::hex(key), base::hex(stored), describe_row(key).what);
    return pending_.size() < kMostPending ? Result<void>() : write_out();
}

Result<void> DamagedFile::sync() {
    if (!fd_) return {};
    SNAPGATE_TRY(write_out());
    if (::fsync(fd_.get()) != 0) return failed("write");
    return base::sync_folder(path_.parent_path());
}

Result<void> DamagedFile::make() {
    fd_ = base::FileDescriptor(
        ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kOwnerOnly));
    if (!fd_) return failed("make");
    pending_ = "# key and stored value of each row that was removed, in hexadecimal; what it was\n";
    return {};
}

Result<void> DamagedFile::write_out() {
    if (!base::write_all(fd_.get(), pending_)) return failed("write");
    pending_.clear();
    return {};
}

Error DamagedFile::failed(const char* what) const {
    const int number = errno;
    const Code code = base::means_disk_full(number) ? Code::kStorageFull : Code::kInternal;
    return {code, fmt::format("cannot {} {}: {}", what, path_.string(), std::strerror(number))};
}

}  // namespace snapgate::store
