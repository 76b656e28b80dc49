#include "base/clock.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace snapgate::base {
namespace {

class SystemClock : public Clock {
  public:
    int64_t now_ms() const override {
        return std::chrono::duration_cast<Millis>(
                   std::chrono::system_clock::now().time_since_epoch())
            .count();
    }
    int64_t steady_ms() const override {
        return std::chrono::duration_cast<Millis>(
                   std::chrono::steady_clock::now().time_since_epoch())
            .count();
    }
};

}  // namespace

const Clock& system_clock() {
    static const SystemClock clock;
    return clock;
}

std::string format_rfc3339(int64_t ms) {
    int64_t seconds = ms / 1000 - (ms % 1000 < 0 ? 1 : 0);
    return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(static_cast<std::time_t>(seconds)));
}

}  // namespace snapgate::base
