#include "access/request_rate.h"

#include <fmt/format.h>

#include <algorithm>

namespace snapgate::access {

using base::Code;
using base::Error;
using base::Result;

// The generic cell rate algorithm of ATM networks (ITU-T I.371): a bucket of tokens in one number.
Result<void> RequestRate::count(RateLimit limit, int64_t now_ms) {
    if (limit.rate == 0) return {};
    constexpr int64_t kSecond = 1'000'000;
    const auto rate = static_cast<int64_t>(limit.rate);
    const int64_t each = std::max<int64_t>(kSecond / rate, 1);
    const int64_t ahead = each * (static_cast<int64_t>(limit.burst) - 1);
    const int64_t now = now_ms * 1000;
    int64_t paid = paid_until_us_.load(std::memory_order_relaxed);
    while (true) {
        const int64_t from = std::max(paid, now);
        if (from - now > ahead) {
            Error error(
                Code::kTooManyRequests,
                fmt::format("this key asks too often: {} requests a second are allowed, and "
                            "{} at once",
                            limit.rate, limit.burst));
            error.retry_after_seconds =
                static_cast<unsigned>((from - now - ahead + kSecond - 1) / kSecond);
            return error;
        }
        if (paid_until_us_.compare_exchange_weak(paid, from + each, std::memory_order_relaxed))
            return {};
    }
}

}  // namespace snapgate::access
