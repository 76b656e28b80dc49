#include "base/fault_switch.h"

#ifdef SNAPGATE_FAULT_SWITCHES

#include <fmt/format.h>

#include <cstdlib>
#include <map>
#include <set>
#include <string>

#include "base/duration.h"
#include "base/test_time.h"

namespace snapgate::base {
namespace {

constexpr const char* kTimesVariable = "SNAPGATE_TEST_TIMES";
constexpr const char* kDisabledVariable = "SNAPGATE_DISABLED_FAULTS";

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

std::map<std::string, Millis, std::less<>> read_times() {
    std::map<std::string, Millis, std::less<>> times;
    for (const std::string& entry : listed(kTimesVariable)) {
        size_t equals = entry.find('=');
        Result<Millis> time =
            parse_duration(equals == std::string::npos ? "" : entry.substr(equals + 1));
        if (!time) {
            fmt::print(stderr, "{}: \"{}\" is not NAME=DURATION\n", kTimesVariable, entry);
            std::exit(2);
        }
        times.emplace(entry.substr(0, equals), *time);
    }
    return times;
}

}  // namespace

bool fault_disabled(std::string_view name) {
    static const std::set<std::string, std::less<>> disabled = listed(kDisabledVariable);
    return disabled.contains(name);
}

bool is_fault_variable(std::string_view name) {
    return name == kTimesVariable || name == kDisabledVariable;
}

Millis test_time(std::string_view name, Millis usual) {
    static const std::map<std::string, Millis, std::less<>> times = read_times();
    auto found = times.find(name);
    return found == times.end() ? usual : found->second;
}

}  // namespace snapgate::base

#endif
