#include "base/count_text.h"

#include <fmt/format.h>

namespace snapgate::base {

std::string format_count(uint64_t count) {
    std::string digits = std::to_string(count);
    for (size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
    return digits;
}

std::string size_text(uint64_t bytes) {
    constexpr uint64_t kMebibyte = 1 << 20;
    if (bytes == 0 || bytes % kMebibyte != 0) return counted(bytes, "byte");
    uint64_t size = bytes / kMebibyte;
    std::string_view unit = "MiB";
    for (const std::string_view larger : {"GiB", "TiB"}) {
        if (size % 1024 != 0) break;
        size /= 1024;
        unit = larger;
    }
    return fmt::format("{} {}", size, unit);
}

std::string counted(uint64_t count, std::string_view noun, std::string_view plural) {
    if (count == 1) return fmt::format("1 {}", noun);
    if (!plural.empty()) return fmt::format("{} {}", format_count(count), plural);
    return fmt::format("{} {}s", format_count(count), noun);
}

}  // namespace snapgate::base
