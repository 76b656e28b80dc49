#include "base/test_time.h"

#ifdef SNAPGATE_TEST_TIMES

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>
#include <string>

#include "base/decimal.h"
#include "base/duration.h"

namespace snapgate::base {
namespace {

constexpr const char* kTimesVariable = "SNAPGATE_TEST_TIMES";

// What an environment variable lists, comma separated; none if it is not set.
std::set<std::string, std::less<>> listed(const char* variable) {
    std::set<std::string, std::less<>> entries;
    const char* value = std::getenv(variable);
    std::string_view rest = value == nullptr ? "" : value;
    while (!rest.empty()) {
        size_t comma = rest.find(',');
        if (comma != 0) entries.emplace(rest.substr(0, comma));
        rest = comma == std::string_view::npos ? "" : rest.substr(comma + 1);
    }
    return entries;
}

struct TestTimes {
    std::map<std::string, Millis, std::less<>> named;
    int64_t scale = 1;  // what the others are divided by
};

[[noreturn]] void refuse_times(std::string_view entry) {
    fmt::print(stderr, "{}: \"{}\" is not NAME=DURATION or scale=NUMBER\n", kTimesVariable, entry);
    std::exit(2);
}

TestTimes read_times() {
    TestTimes times;
    for (const std::string& entry : listed(kTimesVariable)) {
        const size_t equals = entry.find('=');
        if (equals == std::string::npos) refuse_times(entry);
        const std::string name = entry.substr(0, equals);
        const std::string value = entry.substr(equals + 1);
        if (name == "scale") {
            times.scale = static_cast<int64_t>(read_decimal(value, INT64_MAX).value_or(0));
            if (times.scale < 1) refuse_times(entry);
            continue;
        }
        const Result<Millis> time = parse_duration(value);
        if (!time) refuse_times(entry);
        times.named.emplace(name, *time);
    }
    return times;
}

}  // namespace

bool is_test_variable(std::string_view name) {
    return name == kTimesVariable;
}

Millis test_time(std::string_view name, Millis usual) {
    static const TestTimes times = read_times();
    const auto found = times.named.find(name);
    if (found != times.named.end()) return found->second;
    return std::max(usual / times.scale, std::min(usual, Millis(1)));
}

}  // namespace snapgate::base

#else

namespace snapgate::base {

bool is_test_variable(std::string_view /*name*/) {
    return false;
}

Millis test_time(std::string_view /*name*/, Millis usual) {
    return usual;
}

}  // namespace snapgate::base

#endif
