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
    const int64_t seconds = timegm(&time);
    // It takes blanks for digits, a 31st of February and any weekday; timegm() has set them right.
    char written[kLength + 1];
    const size_t length = strftime(written, sizeof(written), "%a, %d %b %Y %H:%M:%S GMT", &time);
    if (std::string_view(written, length) != text) return std::nullopt;
    return seconds * 1000;
}

}  // namespace snapgate::net
