#include "snapshots/snapshot_description.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "json/object.h"
#include "json/path.h"
#include "json/whole_number.h"
#include "snapshots/times.h"
#include "terminal/printable.h"
#include "terminal/table.h"

namespace snapgate::cli {
namespace {

constexpr std::string_view kNone = "<none>";
constexpr size_t kIndent = 2;

// "Name:   value" lines, the values below one another; a section's lines are indented.
class Description {
  public:
    // A field of one value; an empty one is "<none>".
    void field(std::string name, std::string_view value) {
        fields(std::move(name), {std::string(value)});
    }
    // Like field(), but left out if it is empty.
    void field_if(std::string name, std::string_view value) {
        if (!value.empty()) field(std::move(name), value);
    }
    // A field of several values, one a line.
    void fields(std::string name, std::vector<std::string> values) {
        if (values.empty()) values.emplace_back();
        for (std::string& value : values)
            lines_.push_back({std::exchange(name, {}), std::move(value), section_, false});
    }
    void section(std::string name) {
        section_ = false;
        lines_.push_back({std::move(name), {}, false, true});
        section_ = true;
    }
    void end_section() { section_ = false; }

    std::string text() const {
        size_t width = 0;
        for (const Line& line : lines_)
            if (!line.title)
                width = std::max(width, line.name.size() + (line.indented ? kIndent : 0));
        std::string out;
        for (const Line& line : lines_) {
            std::string text(line.indented ? kIndent : 0, ' ');
            text += line.name;
            if (!line.name.empty()) text += ':';
            if (!line.title) {
                text.resize(std::max(text.size(), width + 1 + kIndent), ' ');
                text += line.value.empty() ? std::string(kNone) : printable(line.value);
            }
            out += text + '\n';
        }
        return out;
    }

  private:
    struct Line {
        std::string name;  // "" for a further value of the field above
        std::string value;
        bool indented = false;
        bool title = false;  // of a section: it has no value
    };

    std::vector<Line> lines_;
    bool section_ = false;
};

// The members of an object of texts, as name<between>value.
std::vector<std::string> pairs(const json::Object& object,
                               std::initializer_list<std::string_view> path,
                               std::string_view between) {
    std::vector<std::string> out;
    const json::Value* found = json::value_at(object, path);
    if (found == nullptr || !found->is_object()) return out;
    for (const auto& member : found->get_object())
        if (member.value().is_string())
            out.push_back(fmt::format("{}{}{}", std::string_view(member.key()), between,
                                      std::string_view(member.value().get_string())));
    std::sort(out.begin(), out.end());
    return out;
}

// 2026-11-18T02:42:41Z (5m12s ago); "" if there is none.
std::string moment(std::string_view time, int64_t now) {
    if (time.empty() || !base::parse_rfc3339(time)) return std::string(time);
    return fmt::format("{} ({} ago)", time, age_of(time, now));
}

std::string number(const json::Value* value) {
    const auto whole = json::whole_number(value);
    return whole ? std::to_string(*whole) : std::string();
}

std::string truth(const json::Value* value) {
    if (value == nullptr || !value->is_bool()) return {};
    return value->get_bool() ? "true" : "false";
}

std::vector<std::string> owners(const json::Object& snapshot) {
    std::vector<std::string> out;
    const json::Array* references = json::array_at(snapshot, {"metadata", "ownerReferences"});
    if (references == nullptr) return out;
    for (const json::Value& value : *references)
        if (const json::Object* owner = value.if_object())
            out.push_back(fmt::format("{}/{}", json::text_at(*owner, {"kind"}),
                                      json::text_at(*owner, {"name"})));
    return out;
}

void describe_metadata(const json::Object& snapshot, int64_t now, Description& out) {
    out.field("Name", json::text_at(snapshot, {"metadata", "name"}));
    out.field("Namespace", json::text_at(snapshot, {"metadata", "namespace"}));
    out.fields("Labels", pairs(snapshot, {"metadata", "labels"}, "="));
    out.fields("Annotations", pairs(snapshot, {"metadata", "annotations"}, ": "));
    out.field("UID", json::text_at(snapshot, {"metadata", "uid"}));
    out.field("Resource version", json::text_at(snapshot, {"metadata", "resourceVersion"}));
    out.field("Generation", number(json::value_at(snapshot, {"metadata", "generation"})));
    out.field("Created", moment(json::text_at(snapshot, {"metadata", "creationTimestamp"}), now));
    auto finalizers = json::texts_in(json::array_at(snapshot, {"metadata", "finalizers"}));
    std::string deleted = moment(json::text_at(snapshot, {"metadata", "deletionTimestamp"}), now);
    if (!deleted.empty() && !finalizers.empty()) deleted += ", held by its finalizers";
    out.field_if("Deleted", deleted);
    out.fields("Finalizers", std::move(finalizers));
    if (auto all = owners(snapshot); !all.empty()) out.fields("Owners", std::move(all));
}

void describe_spec(const json::Object& snapshot, Description& out) {
    out.section("Source");
    out.field("Kind", json::text_at(snapshot, {"spec", "source", "kind"}));
    out.field("API group", json::text_at(snapshot, {"spec", "source", "apiGroup"}));
    out.field("Name", json::text_at(snapshot, {"spec", "source", "name"}));
    out.field_if("UID", json::text_at(snapshot, {"status", "sourceUID"}));
    out.end_section();
    // The defaults of KubeVirt's controller.
    std::string_view deadline = json::text_at(snapshot, {"spec", "failureDeadline"});
    out.field("Failure deadline", deadline.empty() ? "<none> (KubeVirt takes 5m)" : deadline);
    std::string_view policy = json::text_at(snapshot, {"spec", "deletionPolicy"});
    out.field("Deletion policy", policy.empty() ? "<none> (KubeVirt takes Delete)" : policy);
}

// KubeVirt's message about each indication, if it has one.
std::vector<std::string> indications(const json::Object& snapshot) {
    std::vector<std::string> out =
        json::texts_in(json::array_at(snapshot, {"status", "indications"}));
    const json::Array* explained = json::array_at(snapshot, {"status", "sourceIndications"});
    if (explained == nullptr) return out;
    for (const json::Value& value : *explained) {
        const json::Object* one = value.if_object();
        if (one == nullptr) continue;
        std::string_view name = json::text_at(*one, {"indication"});
        std::string_view message = json::text_at(*one, {"message"});
        auto found = std::find(out.begin(), out.end(), name);
        if (found == out.end()) found = out.insert(out.end(), std::string(name));
        if (!message.empty()) *found += fmt::format(" ({})", message);
    }
    return out;
}

void describe_status(const json::Object& snapshot, const KnownOfSnapshot& known, int64_t now,
                     Description& out) {
    out.section("Status");
    out.field("Phase", json::text_at(snapshot, {"status", "phase"}));
    out.field("Ready to use", truth(json::value_at(snapshot, {"status", "readyToUse"})));
    out.field("Taken", moment(json::text_at(snapshot, {"status", "creationTime"}), now));
    out.field("Content", json::text_at(snapshot, {"status", "virtualMachineSnapshotContentName"}));
    out.field_if("Size", known.size);
    out.field_if("Restores", known.restores);
    out.fields("Indications", indications(snapshot));
    out.fields("Volumes", json::texts_in(json::array_at(
                              snapshot, {"status", "snapshotVolumes", "includedVolumes"})));
    if (auto left = json::texts_in(
            json::array_at(snapshot, {"status", "snapshotVolumes", "excludedVolumes"}));
        !left.empty())
        out.fields("Excluded", std::move(left));
    out.field("Cause", known.cause);
    // The cause is one line of limited length.
    const std::string_view error = json::text_at(snapshot, {"status", "error", "message"});
    out.field_if("Error", error == known.cause ? std::string_view() : error);
    out.field_if("Error since", moment(json::text_at(snapshot, {"status", "error", "time"}), now));
    out.end_section();
}

std::string conditions(const json::Object& snapshot, int64_t now) {
    const json::Array* all = json::array_at(snapshot, {"status", "conditions"});
    std::vector<Table::Row> rows;
    if (all != nullptr) {
        for (const json::Value& value : *all) {
            const json::Object* condition = value.if_object();
            if (condition == nullptr) continue;
            auto text = [&](std::string_view name) {
                std::string_view found = json::text_at(*condition, {name});
                return std::string(found.empty() ? kNone : found);
            };
            std::string_view since = json::text_at(*condition, {"lastTransitionTime"});
            rows.push_back({"  " + text("type"), text("status"),
                            since.empty() ? std::string(kNone) : age_of(since, now), text("reason"),
                            std::string(json::text_at(*condition, {"message"}))});
        }
    }
    if (rows.empty()) return "Conditions: <none>\n";
    Table table({{"  TYPE"}, {"STATUS"}, {"AGE"}, {"REASON"}, {"MESSAGE"}}, {});
    return "Conditions:\n" + table.page(rows);
}

}  // namespace

base::Result<std::string> describe_snapshot(const json::Object& snapshot,
                                            const KnownOfSnapshot& known, int64_t now_seconds) {
    SNAPGATE_ASSIGN(const std::string derived,
                    json::derive_facts_of_text(json::serialize(snapshot)));
    SNAPGATE_ASSIGN(const facts::Facts facts, facts::read(derived));
    KnownOfSnapshot shown = known;
    // The server may have said it of a later state of the snapshot.
    if (!facts.lacks_cause() || shown.cause.empty()) shown.cause = facts.cause;
    Description description;
    describe_metadata(snapshot, now_seconds, description);
    describe_spec(snapshot, description);
    describe_status(snapshot, shown, now_seconds, description);
    return description.text() + conditions(snapshot, now_seconds);
}

}  // namespace snapgate::cli
