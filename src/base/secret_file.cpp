#include "base/secret_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/file_descriptor.h"
#include "base/file_rights.h"
#include "base/sync_folder.h"

namespace snapgate::base {
namespace {

constexpr mode_t kOwnerOnly = 0600;

Error failed(const char* what, const std::filesystem::path& file) {
    int number = errno;
    Code code = means_disk_full(number) ? Code::kStorageFull : Code::kInternal;
    return {code, fmt::format("cannot {} {}: {}", what, file.string(), std::strerror(number))};
}

// Writes a new file with mode 0600, and waits until it is on disk.
Result<void> write_new(const std::filesystem::path& file, std::string_view bytes) {
    const FileDescriptor fd(
        ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kOwnerOnly));
    if (!fd) return failed("make", file);
    if (write_all(fd.get(), bytes) && ::fsync(fd.get()) == 0) return {};
    Error error = failed("write", file);
    ::unlink(file.c_str());
    return error;
}

std::filesystem::path partial_of(const std::filesystem::path& file) {
    std::filesystem::path partial = file;
    partial += "." + hex(random_bytes(4)) + ".partial";
    return partial;
}

}  // namespace

Result<void> write_secret(const std::filesystem::path& file, std::string_view bytes) {
    const std::filesystem::path partial = partial_of(file);
    SNAPGATE_TRY(write_new(partial, bytes));
    if (::rename(partial.c_str(), file.c_str()) != 0) {
        Error error = failed("replace", file);
        ::unlink(partial.c_str());
        return error;
    }
    return sync_folder(file.parent_path());
}

Result<bool> make_secret(const std::filesystem::path& file, std::string_view bytes) {
    const std::filesystem::path partial = partial_of(file);
    SNAPGATE_TRY(write_new(partial, bytes));
    const bool linked = ::link(partial.c_str(), file.c_str()) == 0;
    const bool taken = !linked && errno == EEXIST;
    const Error error = failed("make", file);
    ::unlink(partial.c_str());
    if (taken) return false;
    if (!linked) return error;
    SNAPGATE_TRY(sync_folder(file.parent_path()));
    return true;
}

Result<std::string> read_secret(const std::filesystem::path& file, size_t size) {
    // O_NONBLOCK: a pipe in the place of the file must not block the process.
    const FileDescriptor fd(::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    if (!fd) {
        if (errno == ENOENT || errno == ENOTDIR)
            return Error(Code::kNotFound, fmt::format("there is no file {}", file.string()));
        return failed("open", file);
    }
    struct stat status{};
    if (::fstat(fd.get(), &status) != 0) return failed("look at", file);
    if (!S_ISREG(status.st_mode))
        return Error(Code::kCorrupt, fmt::format("{} is no regular file", file.string()));
    SNAPGATE_TRY(check_secret_rights(file, status.st_mode));
    std::string bytes;
    if (!read_up_to(fd.get(), size, bytes)) return failed("read", file);
    if (bytes.size() != size) {
        return Error(Code::kCorrupt,
                     fmt::format("{} does not hold a key of {} bytes: restore it, or delete it to "
                                 "have a new one made (what was made with the old one is of no "
                                 "more use)",
                                 file.string(), size));
    }
    return bytes;
}

Result<std::string> read_or_make_secret(const std::filesystem::path& file, size_t size) {
    auto read = read_secret(file, size);
    if (read || read.error().code != Code::kNotFound) return read;
    std::string made = random_bytes(size);
    SNAPGATE_ASSIGN(const bool ours, make_secret(file, made));
    if (ours) return made;
    return read_secret(file, size);
}

}  // namespace snapgate::base
