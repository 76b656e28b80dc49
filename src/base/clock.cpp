#include "base/clock.h"

#include <algorithm>
#include <cstddef>
#include <span>

#include "base/time_text.h"

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

// Puts the last digits of a number in front of the place `end` of a text.
void put_digits(unsigned number, size_t digits, std::span<char> text, size_t end) {
    for (; digits > 0; --digits, number /= 10) text[--end] = static_cast<char>('0' + number % 10);
}

}  // namespace

const Clock& system_clock() {
    static const SystemClock clock;
    return clock;
}

std::string format_rfc3339(int64_t ms) {
    const std::array text = rfc3339_text(ms);
    return {text.data(), text.size()};
}

std::array<char, 20> rfc3339_text(int64_t ms) {
    using std::chrono::floor;
    const auto time = floor<std::chrono::seconds>(Millis(ms));
    const auto day = floor<std::chrono::days>(time);
    const std::chrono::year_month_day date{std::chrono::sys_days(day)};
    const auto second = static_cast<unsigned>((time - day).count());
    std::array<char, 20> text{};
    std::ranges::copy(std::string_view("0000-00-00T00:00:00Z"), text.begin());
    put_digits(static_cast<unsigned>(static_cast<int>(date.year())), 4, text, 4);
    put_digits(static_cast<unsigned>(date.month()), 2, text, 7);
    put_digits(static_cast<unsigned>(date.day()), 2, text, 10);
    put_digits(second / 3600, 2, text, 13);
    put_digits(second / 60 % 60, 2, text, 16);
    put_digits(second % 60, 2, text, 19);
    return text;
}

}  // namespace snapgate::base
