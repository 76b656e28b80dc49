#include "remote/temporary_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

namespace snapgate::cli {
namespace {

base::FileDescriptor open_in(const std::string& folder) {
    base::FileDescriptor unnamed(
        ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600));
    if (unnamed) return unnamed;
    // Not every file system makes files without a name.
    std::string path = folder + "/snapgate-XXXXXX";
    base::FileDescriptor named(::mkostemp(path.data(), O_CLOEXEC));
    if (named) ::unlink(path.c_str());
    return named;
}

base::Result<base::FileDescriptor> open_file() {
    const char* chosen = std::getenv("TMPDIR");
    if (chosen != nullptr && *chosen != '\0') {
        base::FileDescriptor file = open_in(chosen);
        if (file) return file;
        return base::Error(base::Code::kInternal,
                           fmt::format("cannot make a temporary file in TMPDIR ({}): {}", chosen,
                                       std::strerror(errno)));
    }
    for (const char* folder : {"/var/tmp", "/tmp"}) {
        base::FileDescriptor file = open_in(folder);
        if (file) return file;
    }
    return base::Error(base::Code::kInternal,
                       fmt::format("cannot make a temporary file ({}): set TMPDIR to a folder with "
                                   "room",
                                   std::strerror(errno)));
}

}  // namespace

base::Result<TemporaryFile> TemporaryFile::open() {
    SNAPGATE_ASSIGN(base::FileDescriptor file, open_file());
    return TemporaryFile{std::move(file), base::StreamCipher(), 0};
}

base::Result<void> TemporaryFile::append(std::string_view bytes) {
    std::string encrypted(bytes);
    cipher.apply(size, encrypted.data(), encrypted.size());
    if (base::write_all(file.get(), encrypted)) {
        size += encrypted.size();
        return {};
    }
    const int number = errno;
    const bool full = base::means_disk_full(number);
    return base::Error(full ? base::Code::kStorageFull : base::Code::kInternal,
                       fmt::format("cannot write a temporary file: {}{}", std::strerror(number),
                                   full ? "; set TMPDIR to a folder with room" : ""));
}

}  // namespace snapgate::cli
