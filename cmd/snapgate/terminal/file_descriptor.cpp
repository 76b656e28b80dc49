#include "terminal/file_descriptor.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace snapgate::cli {
namespace {

Failure cannot_read(std::string_view name, std::string_view why) {
    return {Exit::kUsage, fmt::format("cannot read {}: {}", name, why)};
}

}  // namespace

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

Outcome<std::string> read_file(const std::string& file, size_t max_bytes, std::string_view what) {
    const std::string name = what.empty() ? file : fmt::format("{} {}", what, file);
    const FileDescriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) return cannot_read(name, std::strerror(errno));
    auto text = read_all(fd.get(), max_bytes);
    if (!text) return cannot_read(name, text.error().message);
    return std::move(*text);
}

Outcome<std::string> read_file_or_input(const std::string& file, size_t max_bytes) {
    if (file != "-") return read_file(file, max_bytes, {});
    auto text = read_all(STDIN_FILENO, max_bytes);
    if (!text) return cannot_read("standard input", text.error().message);
    return std::move(*text);
}

}  // namespace snapgate::cli
