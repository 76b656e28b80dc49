#include "remote/temporary_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

namespace snapgate::cli {
namespace {

FileDescriptor open_in(const std::string& folder) {
    FileDescriptor unnamed(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600));
    if (unnamed) return unnamed;
    // Not every file system makes files without a name.
    std::string path = folder + "/snapgate-XXXXXX";
    FileDescriptor named(::mkostemp(path.data(), O_CLOEXEC));
    if (named) ::unlink(path.c_str());
    return named;
}

}  // namespace

base::Result<FileDescriptor> open_temporary_file() {
    const char* chosen = std::getenv("TMPDIR");
    if (chosen != nullptr && *chosen != '\0') {
        FileDescriptor file = open_in(chosen);
        if (file) return file;
        return base::Error(base::Code::kInternal,
                           fmt::format("cannot make a temporary file in TMPDIR ({}): {}", chosen,
                                       std::strerror(errno)));
    }
    for (const char* folder : {"/var/tmp", "/tmp"}) {
        FileDescriptor file = open_in(folder);
        if (file) return file;
    }
    return base::Error(base::Code::kInternal,
                       fmt::format("cannot make a temporary file ({}): set TMPDIR to a folder with "
                                   "room",
                                   std::strerror(errno)));
}

base::Result<void> append_to(const FileDescriptor& file, std::string_view bytes) {
    while (!bytes.empty()) {
        ssize_t count = ::write(file.get(), bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) {
            bool full = errno == ENOSPC || errno == EDQUOT;
            return base::Error(
                full ? base::Code::kStorageFull : base::Code::kInternal,
                fmt::format("cannot write a temporary file: {}{}", std::strerror(errno),
                            full ? "; set TMPDIR to a folder with room" : ""));
        }
        bytes.remove_prefix(static_cast<size_t>(count));
    }
    return {};
}

}  // namespace snapgate::cli
