#include "terminal/file_descriptor.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace snapgate::cli {

FileDescriptor::~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
}

base::Result<std::string> read_all(int fd, size_t max_bytes) {
    std::string out;
    char piece[4096];
    while (true) {
        ssize_t count = ::read(fd, piece, sizeof piece);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return base::Error(base::Code::kInternal, std::strerror(errno));
        if (count == 0) return out;
        out.append(piece, static_cast<size_t>(count));
        if (out.size() > max_bytes)
            return base::Error(base::Code::kTooLarge,
                               fmt::format("it is larger than {} bytes", max_bytes));
    }
}

}  // namespace snapgate::cli
