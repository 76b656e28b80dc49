// Times, durations and quantities as they come from outside: what is read is within its bounds, and
// says the same when it is written and read again.

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/duration.h"
#include "check.h"
#include "input.h"
#include "model/quantity.h"
#include "net/http/http_date.h"
#include "query/snapshot_filter.h"
#include "rules/go_duration.h"
#include "rules/managed_fields.h"

namespace {

using namespace snapgate;
using fuzz::check;
using fuzz::check_equal;

void check_time(std::string_view text) {
    const auto time = base::parse_rfc3339(text);
    const auto seconds = rules::read_time(text);
    check(time.has_value() == seconds.has_value(), "a time is one everywhere");
    if (!time) return;
    const int64_t floor = *time - (*time % 1000 + 1000) % 1000;
    check(*seconds == floor / 1000, "the second in which it is");
    // Years of four digits are written; a zone may lead to the years around them.
    if (text.starts_with("0000") || text.starts_with("9999")) return;
    const std::string written = base::format_rfc3339(*time);
    check(base::parse_rfc3339(written) == floor, "a time is read as it is written");
    if (text.size() == written.size()) check_equal(written, text, "a time in UTC is written so");
}

void check_http_date(std::string_view text) {
    const auto time = net::parse_http_date(text);
    if (!time) return;
    const auto seconds = static_cast<std::time_t>(*time / 1000);
    std::tm parts{};
    check(::gmtime_r(&seconds, &parts) != nullptr, "a time has a date");
    char written[64];
    const size_t length =
        std::strftime(written, sizeof(written), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    check_equal({written, length}, text, "there is one way to write a date");
}

void check_duration(std::string_view text) {
    const auto duration = base::parse_duration(text);
    const bool is_go = rules::is_go_duration(text);
    if (!duration) {
        fuzz::check_says_why(duration.error());
        return;
    }
    check(duration->count() >= 0 && *duration <= std::chrono::hours(24 * 365 * 100 + 1),
          "a duration is within a hundred years");
    const std::string written = base::format_duration(*duration);
    const auto again = base::parse_duration(written);
    check(again && *again == *duration, "a duration is read as it is written");
    check(
        !base::human_duration(std::chrono::duration_cast<std::chrono::seconds>(*duration)).empty(),
        "a duration is shown");
    check(is_go || text.find('d') != std::string_view::npos, "Go reads all but days");
}

void check_moment(std::string_view text) {
    const auto moment = query::Moment::parse(text);
    if (!moment) return;
    const bool is_time = base::parse_rfc3339(text).has_value();
    check(moment->relative != is_time, "a moment is a time or a duration");
    const facts::Seconds now = 1'800'000'000;
    check(moment->resolve(now) >= 1, "a moment is after the beginning of time");
    check(!moment->relative || moment->resolve(now) <= now, "a duration leads back");
}

void check_quantity(std::string_view text) {
    const auto bytes = model::parse_quantity(text);
    if (!bytes) return;
    check(*bytes < model::kQuantityEnd, "a quantity is bounded");
    check(model::parse_quantity(std::to_string(*bytes) + "Ki").value_or(model::kQuantityEnd) >=
              *bytes,
          "a unit makes it larger");
    const bool digits = std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
    // Doubles tell whole numbers of up to 53 bits apart.
    if (digits && *bytes < (uint64_t{1} << 53)) {
        std::string plain(text.substr(std::min(text.find_first_not_of('0'), text.size())));
        if (plain.empty()) plain = "0";
        check_equal(std::to_string(*bytes), plain, "a whole number is itself");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
    const std::string_view text = fuzz::text_of(bytes, size);
    check_time(text);
    check_http_date(text);
    check_duration(text);
    check_moment(text);
    check_quantity(text);
    return 0;
}
