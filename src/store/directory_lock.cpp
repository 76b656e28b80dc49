#include "store/directory_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace snapgate::store {

using base::Code;
using base::Error;

base::Result<DirectoryLock> DirectoryLock::take(const std::filesystem::path& directory) {
    std::error_code failed;
    if (directory.has_parent_path()) {
        std::filesystem::create_directories(directory.parent_path(), failed);
    }
    if (!failed && mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST)
        failed = {errno, std::generic_category()};
    if (failed) {
        return Error(Code::kUnavailable, fmt::format("cannot make the data directory {}: {}",
                                                     directory.string(), failed.message()));
    }
    std::filesystem::path file = directory / "lock";
    base::FileDescriptor fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!fd) {
        return Error(Code::kUnavailable,
                     fmt::format("cannot open {} to lock the data directory: {}", file.string(),
                                 std::strerror(errno)));
    }
    if (flock(fd.get(), LOCK_EX | LOCK_NB) == 0) return DirectoryLock(std::move(fd));
    if (errno == EWOULDBLOCK) {
        return Error(
            Code::kUnavailable,
            fmt::format("the data directory {} is in use by another snapgate; stop that one "
                        "or use another directory",
                        directory.string()));
    }
    return Error(Code::kUnavailable, fmt::format("cannot lock the data directory {}: {}",
                                                 directory.string(), std::strerror(errno)));
}

}  // namespace snapgate::store
