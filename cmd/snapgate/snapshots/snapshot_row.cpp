#include "snapshots/snapshot_row.h"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "base/ascii.h"
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

// The last part of a label's key, in capitals, as kubectl has it.
std::string label_title(std::string_view key) {
    return base::to_upper(key.substr(key.rfind('/') + 1));
}

std::string all_labels(const json::Object& snapshot) {
    const json::Value* labels = json::value_at(snapshot, {"metadata", "labels"});
    if (labels == nullptr || !labels->is_object()) return std::string(kNoValue);
    std::map<std::string_view, std::string_view> sorted;
    for (const auto& [key, value] : labels->get_object())
        if (value.is_string()) sorted.emplace(key, value.get_string());
    std::vector<std::string> texts;
    for (const auto& [key, value] : sorted) texts.push_back(fmt::format("{}={}", key, value));
    return or_none(fmt::format("{}", fmt::join(texts, ",")));
}

std::string created(const json::Object& snapshot) {
    const auto at = base::parse_rfc3339(json::text_at(snapshot, {"status", "creationTime"}));
    return at ? format_local(*at) : std::string(kNoValue);
}

}  // namespace

Column cause_column(std::string title) {
    return {std::move(title), 0, 9, Column::Cut::kBegin};
}

std::vector<Column> snapshot_columns(bool wide, const LabelColumns& labels) {
    // Most names differ at their ends.
    std::vector<Column> columns{{"NAMESPACE", 0, 10},
                                {"NAME", 0, 22, Column::Cut::kMiddle},
                                {"VM", 0, 8, Column::Cut::kMiddle},
                                {.title = "PHASE", .is_state = true},
                                {"READY", 6},
                                {"CREATED", 5},
                                {"AGE"}};
    if (wide) {
        columns.push_back({"INDICATIONS", 4, 16});
        columns.push_back({"VOLUMES", 3, 12});
        columns.push_back({"CONTENT", 1});
        columns.push_back({"UID", 2});
    }
    columns.push_back(cause_column());
    for (const std::string& key : labels.keys) columns.push_back({label_title(key), 0, 8});
    if (labels.all) columns.push_back({"LABELS", 0, 16});
    return columns;
}

base::Result<Table::Row> snapshot_row(const json::Object& snapshot, bool wide,
                                      const LabelColumns& labels, int64_t now_seconds) {
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
    for (const std::string& key : labels.keys)
        row.push_back(or_none(json::text_at(snapshot, {"metadata", "labels", key})));
    if (labels.all) row.push_back(all_labels(snapshot));
    return row;
}

}  // namespace snapgate::cli
