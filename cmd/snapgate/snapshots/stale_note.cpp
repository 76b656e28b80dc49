#include "snapshots/stale_note.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/decimal.h"
#include "base/duration.h"
#include "json/path.h"

namespace snapgate::cli {
namespace {

// The Palette API warns with 110. The Kubernetes API warns with 299, the only code its clients
// show; it has other warnings as well, but those come without an Age.
bool is_stale(const net::ClientResponse& response) {
    const auto warning = response.header("Warning");
    if (!warning) return false;
    return warning->starts_with("110") ||
           (warning->starts_with("299") && response.header("Age").has_value());
}

std::optional<std::chrono::seconds> age_of(const net::ClientResponse& response) {
    const auto age = response.header("Age");
    if (!age) return std::nullopt;
    const auto seconds = base::read_decimal(*age, INT64_MAX);
    if (!seconds) return std::nullopt;
    return std::chrono::seconds(*seconds);
}

}  // namespace

StaleNote::StaleNote(Api& api, Console& console, Named cluster)
    : api_(api), console_(console), cluster_(std::move(cluster)) {}

void StaleNote::look(const net::ClientResponse& response) {
    if (noted_ || !is_stale(response)) return;
    noted_ = true;
    const auto age = age_of(response);
    console_.note(fmt::format("warning: cluster {} is {}: this is its last known state{}",
                              cluster_.name, state(),
                              age ? fmt::format(", from {} ago", base::human_duration(*age)) : ""));
}

std::string StaleNote::state() {
    constexpr const char* kUnknown = "out of reach";
    const auto response = api_.get(path_of(Kind::kCluster, cluster_.uid));
    const auto cluster =
        response ? parse_answer(*response, api_.server()) : Outcome<json::Object>(response.error());
    if (!cluster) return kUnknown;
    const std::string_view state = json::text_at(*cluster, {"state"});
    const std::string_view reason = json::text_at(*cluster, {"reason"});
    // The cluster may have become Ready since.
    if (state.empty() || state == "Ready") return kUnknown;
    std::string text(state == "Unreachable" ? kUnknown : state);
    if (!reason.empty()) text += fmt::format(" ({})", reason);
    return text;
}

}  // namespace snapgate::cli
