#include "net/http/http_date.h"

#include <cstring>
#include <ctime>
#include <string>

namespace snapgate::net {

std::optional<int64_t> parse_http_date(std::string_view text) {
    constexpr size_t kLength = 29;
    if (text.size() != kLength) return std::nullopt;
    const std::string zero_ended(text);
    std::tm time{};
    const char* end = strptime(zero_ended.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &time);
    if (end == nullptr || *end != '\0') return std::nullopt;
    return int64_t{timegm(&time)} * 1000;
}

}  // namespace snapgate::net
