#include "base/read_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace snapgate::base {
namespace {

constexpr size_t kReadBytes = 64 << 10;

std::string shown_size(size_t bytes) {
    constexpr size_t kMebibyte = 1 << 20;
    if (bytes % kMebibyte == 0) return fmt::format("{} MiB", bytes / kMebibyte);
    return fmt::format("{} bytes", bytes);
}

// Everything up to `most` bytes, and one more if there is more. False with errno set.
bool read_up_to(int fd, size_t most, std::string& text) {
    while (text.size() <= most) {
        const size_t before = text.size();
        text.resize(before + std::min(kReadBytes, most + 1 - before));
        const ssize_t count = ::read(fd, text.data() + before, text.size() - before);
        text.resize(before + static_cast<size_t>(std::max<ssize_t>(count, 0)));
        if (count == 0) return true;
        if (count < 0 && errno != EINTR) return false;
    }
    return true;
}

}  // namespace

Result<std::string> read_file(const std::filesystem::path& file, size_t most) {
    const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    std::string text;
    const bool whole = fd >= 0 && read_up_to(fd, most, text);
    const int saved = errno;
    if (fd >= 0) ::close(fd);
    if (!whole) return Error(Code::kUnavailable, std::strerror(saved));
    if (text.size() > most)
        return Error(Code::kTooLarge, fmt::format("larger than {}", shown_size(most)));
    return text;
}

}  // namespace snapgate::base
