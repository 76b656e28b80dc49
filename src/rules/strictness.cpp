#include "rules/strictness.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/quote.h"
#include "base/utf8.h"
#include "rules/faults.h"
#include "rules/values.h"

namespace snapgate::rules {
namespace {

// kube-apiserver's limits for the warnings of one answer, in all and for each.
constexpr size_t kMostWarningBytes = 4096;
constexpr size_t kMostBytesEach = 256;
constexpr size_t kMostMessageBytes = 8192;

}  // namespace

base::Error unreadable(const json::Object& body, std::string_view kind, const Writer& writer,
                       std::string_view what, std::string_view field) {
    if (writer.patch) {
        Faults faults;
        faults.invalid("patch", base::quote(json::serialize(body)), what);
        return faults.error({});
    }
    std::string_view version = find_text(body, "apiVersion");
    if (size_t slash = version.find('/'); slash != std::string_view::npos)
        version.remove_prefix(slash + 1);
    return bad_request(fmt::format("{} in version {} cannot be handled as a {}: {}",
                                   base::clip(find_text(body, "kind"), kMostBytesEach),
                                   base::quote(version, kMostBytesEach), kind, what),
                       field);
}

base::Result<void> judge_strictly(const Body& body, const std::vector<std::string>& unknown,
                                  std::string_view kind, const Writer& writer,
                                  std::vector<std::string>& warnings) {
    if (writer.validation == FieldValidation::kIgnore) return {};
    std::vector<std::string> faults = body.strict_faults;
    for (const std::string& path : unknown)
        faults.push_back(fmt::format("unknown field \"{}\"", path));
    if (faults.empty()) return {};
    if (writer.validation == FieldValidation::kStrict)
        return unreadable(
            body.object, kind, writer,
            base::clip(fmt::format("strict decoding error: {}", fmt::join(faults, ", ")),
                       kMostMessageBytes));
    for (std::string& fault : faults) warn(warnings, std::move(fault));
    return {};
}

void warn(std::vector<std::string>& warnings, std::string warning) {
    warning.resize(base::clip(warning, kMostBytesEach).size());
    size_t bytes = warning.size();
    for (const std::string& other : warnings) bytes += other.size();
    if (bytes > kMostWarningBytes || std::ranges::find(warnings, warning) != warnings.end()) return;
    warnings.push_back(std::move(warning));
}

}  // namespace snapgate::rules
