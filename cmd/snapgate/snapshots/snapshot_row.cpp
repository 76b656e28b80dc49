#include "snapshots/snapshot_row.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "json/path.h"
#include "snapshots/times.h"

namespace snapgate::cli {
namespace {

constexpr std::string_view kNone = "<none>";

std::string or_none(std::string_view text) {
    return std::string(text.empty() ? kNone : text);
}

std::string phase(const json::Object& snapshot) {
    // A finished snapshot keeps its phase while it is being deleted.
    if (!json::text_at(snapshot, {"metadata", "deletionTimestamp"}).empty()) return "Deleting";
    return or_none(json::text_at(snapshot, {"status", "phase"}));
}

std::string ready(const json::Object& snapshot) {
    const json::Value* value = json::value_at(snapshot, {"status", "readyToUse"});
    if (value == nullptr || !value->is_bool()) return std::string(kNone);
    return value->get_bool() ? "true" : "false";
}

std::string created(const json::Object& snapshot) {
    const auto at = base::parse_rfc3339(json::text_at(snapshot, {"status", "creationTime"}));
    return at ? format_local(*at) : std::string(kNone);
}

// The message of a condition, or else its reason.
std::string cause_of(const json::Object& condition) {
    std::string_view message = json::text_at(condition, {"message"});
    return std::string(message.empty() ? json::text_at(condition, {"reason"}) : message);
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
    columns.push_back({"ERROR", 0, 9, Column::Cut::kBegin});
    return columns;
}

Table::Row snapshot_row(const json::Object& snapshot, bool wide, int64_t now_seconds) {
    std::string name(json::text_at(snapshot, {"metadata", "name"}));
    if (is_made_by_clone(snapshot)) name += " (clone)";
    Table::Row row{or_none(json::text_at(snapshot, {"metadata", "namespace"})),
                   std::move(name),
                   or_none(json::text_at(snapshot, {"spec", "source", "name"})),
                   phase(snapshot),
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
    row.push_back(snapshot_error(snapshot));
    return row;
}

std::string snapshot_error(const json::Object& snapshot) {
    if (auto message = json::text_at(snapshot, {"status", "error", "message"}); !message.empty())
        return std::string(message);
    const json::Array* conditions = json::array_at(snapshot, {"status", "conditions"});
    if (conditions == nullptr) return {};
    bool failed = json::text_at(snapshot, {"status", "phase"}) == "Failed";
    std::string stopped;
    for (const json::Value& value : *conditions) {
        const json::Object* condition = value.if_object();
        if (condition == nullptr) continue;
        std::string_view type = json::text_at(*condition, {"type"});
        std::string_view status = json::text_at(*condition, {"status"});
        if (type == "Failure" && status == "True") return cause_of(*condition);
        if (type == "Progressing" && status == "False" && failed) stopped = cause_of(*condition);
    }
    return stopped;
}

bool is_made_by_clone(const json::Object& snapshot) {
    if (json::text_at(snapshot, {"metadata", "name"}).starts_with("tmp-snapshot-")) return true;
    const json::Array* owners = json::array_at(snapshot, {"metadata", "ownerReferences"});
    if (owners == nullptr) return false;
    for (const json::Value& value : *owners) {
        const json::Object* owner = value.if_object();
        if (owner != nullptr && json::text_at(*owner, {"kind"}) == "VirtualMachineClone")
            return true;
    }
    return false;
}

}  // namespace snapgate::cli
