#include "base/read_file.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>
#include <cstring>

#include "base/count_text.h"
#include "base/file_descriptor.h"

namespace snapgate::base {
Result<std::string> read_file(const std::filesystem::path& file, size_t most) {
    const FileDescriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) return Error(Code::kUnavailable, std::strerror(errno));
    return read_open_file(fd.get(), most);
}

Result<std::string> read_open_file(int fd, size_t most) {
    std::string text;
    if (!read_up_to(fd, most, text)) return Error(Code::kUnavailable, std::strerror(errno));
    if (text.size() > most)
        return Error(Code::kTooLarge, fmt::format("larger than {}", size_text(most)));
    return text;
}

}  // namespace snapgate::base
