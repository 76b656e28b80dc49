#include "base/file_descriptor.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace snapgate::base {
namespace {

constexpr size_t kReadBytes = 64 << 10;

}  // namespace

FileDescriptor::~FileDescriptor() {
    if (fd_ < 0) return;
    const int saved = errno;
    ::close(fd_);
    errno = saved;
}

bool read_up_to(int fd, size_t most, std::string& bytes) {
    while (bytes.size() <= most) {
        const size_t before = bytes.size();
        bytes.resize(before + std::min(kReadBytes, most + 1 - before));
        const ssize_t count = ::read(fd, bytes.data() + before, bytes.size() - before);
        bytes.resize(before + static_cast<size_t>(std::max<ssize_t>(count, 0)));
        if (count == 0) return true;
        if (count < 0 && errno != EINTR) return false;
    }
    return true;
}

bool write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::write(fd, bytes.data(), bytes.size());
        if (count >= 0) {
            bytes.remove_prefix(static_cast<size_t>(count));
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

bool means_disk_full(int error_number) {
    return error_number == ENOSPC || error_number == EDQUOT || error_number == EFBIG;
}

}  // namespace snapgate::base
