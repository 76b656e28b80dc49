#include "connect/token_expiry.h"

#include "base/encoding.h"
#include "json/value.h"

namespace snapgate::connect {
namespace {

constexpr size_t kLongestToken = 64 << 10;
// The year 9999: later times cannot be shown.
constexpr double kMaxSeconds = 253'402'300'799.0;

}  // namespace

int64_t read_token_expiry(std::string_view token) {
    const size_t first = token.find('.');
    if (first == std::string_view::npos || token.size() > kLongestToken) return 0;
    const size_t second = token.find('.', first + 1);
    if (second == std::string_view::npos) return 0;
    const auto claims = base::decode_base64url(token.substr(first + 1, second - first - 1));
    if (!claims) return 0;
    const auto value = json::parse(*claims);
    if (!value || !value->is_object()) return 0;
    const json::Value* expiry = value->get_object().if_contains("exp");
    if (expiry == nullptr || !expiry->is_number()) return 0;
    const double seconds = expiry->to_number<double>();
    if (seconds <= 0 || seconds > kMaxSeconds) return 0;
    return static_cast<int64_t>(seconds * 1000);
}

}  // namespace snapgate::connect
