#include "base/sync_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace snapgate::base {

Result<void> sync_folder(const std::filesystem::path& folder) {
    const std::filesystem::path path = folder.empty() ? "." : folder;
    const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const int rc = fd < 0 ? -1 : ::fsync(fd);
    const int saved = errno;
    if (fd >= 0) ::close(fd);
    if (rc == 0) return {};
    return Error(Code::kInternal, fmt::format("cannot write directory {} to disk: {}",
                                              path.string(), std::strerror(saved)));
}

}  // namespace snapgate::base
