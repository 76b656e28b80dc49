#include "snapshots/snapshot_row.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "json/object.h"
#include "json/path.h"
#include "snapshots/times.h"

namespace snapgate::cli {
namespace {

constexpr std::string_view kNoValue = "<none>";

std::string or_none(std::string_view text) {
    return std::string(text.empty() ? kNoValue : text);
}

std::string ready(const json::Object& snapshot) {
    const json::Value* value = json::value_at(snapshot, {"status", "readyToUse"});
    if (value == nullptr || !value->is_bool()) return std::string(kNoValue);
    return value->get_bool() ? "true" : "false";
}

std::string created(const json::Object& snapshot) {
    const auto at = base::parse_rfc3339(json::text_at(snapshot, {"status", "creationTime"}));
    return at ? format_local(*at) : std::string(kNoValue);
}

}  // namespace

std::vector<Column> snapshot_columns(bool wide) {
    // Most names differ at their ends; a message of KubeVirt names the cause last.
    std::vector<Column> columns{{"NAMESPACE", 0, 10},
                                {"NAME", 0, 22, Column::Cut::kMiddle},
                                {"VM", 0, 8, Column::Cut::kMiddle},
                                {"PHASE"},
                                {"READY", 6},
                                {"CREATED", 5},
                                {"AGE"}};
    if (wide) {
        columns.push_back({"INDICATIONS", 4, 16});
        columns.push_back({"VOLUMES", 3, 12});
        columns.push_back({"CONTENT", 1});
        columns.push_back({"UID", 2});
    }
    columns.push_back({"CAUSE", 0, 9, Column::Cut::kBegin});
    return columns;
}

base::Result<Table::Row> snapshot_row(const json::Object& snapshot, bool wide,
                                      int64_t now_seconds) {
    SNAPGATE_ASSIGN(const std::string derived,
                    json::derive_facts_of_text(json::serialize(snapshot)));
    SNAPGATE_ASSIGN(const facts::Facts facts, facts::read(derived));
    std::string name(json::text_at(snapshot, {"metadata", "name"}));
    if (facts.of_clone) name += " (clone)";
    Table::Row row{or_none(json::text_at(snapshot, {"metadata", "namespace"})),
                   std::move(name),
                   or_none(json::text_at(snapshot, {"spec", "source", "name"})),
                   std::string(name_of(facts.state)),
                   ready(snapshot),
                   created(snapshot),
                   age_of(json::text_at(snapshot, {"metadata", "creationTimestamp"}), now_seconds)};
    if (wide) {
        row.push_back(or_none(fmt::format(
            "{}",
            fmt::join(json::texts_in(json::array_at(snapshot, {"status", "indications"})), ","))));
        row.push_back(or_none(fmt::format(
            "{}", fmt::join(json::texts_in(json::array_at(
                                snapshot, {"status", "snapshotVolumes", "includedVolumes"})),
                            ","))));
        row.push_back(
            or_none(json::text_at(snapshot, {"status", "virtualMachineSnapshotContentName"})));
        row.push_back(or_none(json::text_at(snapshot, {"metadata", "uid"})));
    }
    row.emplace_back(facts.cause);
    return row;
}

}  // namespace snapgate::cli
