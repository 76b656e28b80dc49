#include "commands/flag_of.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.h"

namespace snapgate::cli {
namespace {

// Flags that are not called as what they give is in the API.
struct OtherName {
    std::string_view parameter;
    std::string_view flag;
};
constexpr OtherName kOtherNames[] = {
    {"vmName", "--vm"},
    {"labelSelector", "--selector"},
    {"sort", "--sort-by"},
    {"createdAfter", "--since"},
    {"createdBefore", "--older-than"},
    {"consistency", "--application-consistent"},
};

// createdAfter -> --created-after
std::string in_kebab_case(std::string_view parameter) {
    std::string flag = "--";
    for (const char c : parameter) {
        if (base::is_upper(c)) flag += '-';
        flag += base::to_lower(c);
    }
    return flag;
}

bool has(const std::vector<std::string>& options, std::string_view flag) {
    return std::ranges::any_of(options, [flag](const std::string_view name) {
        return name.substr(name.find(',') + 1) == flag;
    });
}

}  // namespace

std::string flag_of(std::string_view parameter, const std::vector<std::string>& given) {
    if (std::string flag = in_kebab_case(parameter); has(given, flag)) return flag;
    for (const OtherName& other : kOtherNames)
        if (other.parameter == parameter && has(given, other.flag)) return std::string(other.flag);
    return {};
}

void name_flag(Failure& failure, const std::vector<std::string>& given) {
    if (failure.subject.empty()) return;
    const std::string flag = flag_of(failure.subject, given);
    if (flag.empty() || failure.message.find(flag) != std::string::npos) return;
    if (failure.message.starts_with(failure.subject + " ")) {
        failure.message.replace(0, failure.subject.size(), flag);
    } else {
        failure.message = fmt::format("{}: {}", flag, failure.message);
    }
}

}  // namespace snapgate::cli
