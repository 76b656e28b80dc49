#include "base/sync_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/file_descriptor.h"

namespace snapgate::base {

Result<void> sync_folder(const std::filesystem::path& folder) {
    const std::filesystem::path path = folder.empty() ? "." : folder;
    const FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (fd && ::fsync(fd.get()) == 0) return {};
    return Error(Code::kInternal, fmt::format("cannot write directory {} to disk: {}",
                                              path.string(), std::strerror(errno)));
}

}  // namespace snapgate::base
