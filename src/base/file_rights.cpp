#include "base/file_rights.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <string>

#include "base/log.h"

namespace snapgate::base {
namespace {

constexpr mode_t kAllRights = 07777;

std::string octal(mode_t mode) {
    return fmt::format("{:04o}", mode & kAllRights);
}

}  // namespace

Result<void> check_secret_rights(const std::filesystem::path& file, mode_t mode) {
    if ((mode & S_IRWXO) != 0) {
        return Error(Code::kForbidden, fmt::format("{} can be read or changed by others (mode {}): "
                                                   "chmod 600 it",
                                                   file.string(), octal(mode)));
    }
    if ((mode & S_IRWXG) != 0) {
        log::warning("a file with a secret is open to its group",
                     {{"file", file.string()}, {"mode", octal(mode)}});
    }
    return {};
}

Result<void> check_secret_rights(const std::filesystem::path& file) {
    struct stat status{};
    if (::stat(file.c_str(), &status) != 0) return {};
    return check_secret_rights(file, status.st_mode);
}

void warn_of_open_rights(const std::filesystem::path& path) {
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0) return;
    const bool folder = S_ISDIR(status.st_mode);
    const mode_t unwanted = folder ? S_IWOTH : S_IROTH | S_IWOTH;
    if ((status.st_mode & unwanted) == 0) return;
    log::warning(folder ? "others may write into the data directory: chmod 700 it"
                        : "others may read or change what the server stores: chmod 600 it",
                 {{"path", path.string()}, {"mode", octal(status.st_mode)}});
}

}  // namespace snapgate::base
