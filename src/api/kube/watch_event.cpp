#include "api/kube/watch_event.h"

#include <fmt/format.h>

#include <utility>

#include "api/kube/kind_names.h"
#include "api/kube/status.h"
#include "json/object.h"
#include "model/object.h"

namespace snapgate::api::kube {

using base::Result;
using model::Kind;
using store::LogEntry;

namespace {

constexpr std::string_view kNoColumns = "\"columnDefinitions\":null";

// An event of that type with the object, `version` standing for its resource version if given.
Result<void> append_event(std::string_view type, const Form& form,
                          const model::StoredObject& object,
                          std::optional<std::string_view> version, int64_t now_ms,
                          std::string& out) {
    out += "{\"type\":\"";
    out += type;
    out += "\",\"object\":";
    if (form.shape == Shape::kTable) {
        out += R"({"kind":"Table","apiVersion":")";
        out += form.meta_version();
        out += R"(","metadata":{"resourceVersion":")";
        out += version.value_or(object.version);
        out += "\"},";
        out += kNoColumns;
        out += ",\"rows\":[";
    }
    SNAPGATE_TRY(append_item(form, object, version, now_ms, out));
    if (form.shape == Shape::kTable) out += "]}";
    out += "}\n";
    return {};
}

std::string_view type_of(LogEntry::Op op) {
    switch (op) {
        case LogEntry::Op::kCreated:
            return "ADDED";
        case LogEntry::Op::kUpdated:
            return "MODIFIED";
        case LogEntry::Op::kDeleted:
            break;
    }
    return "DELETED";
}

}  // namespace

size_t WatchEvent::size() const {
    size_t bytes = sizeof(*this) + text.size();
    if (crossing) bytes += crossing->entered.size() + crossing->left.size();
    return bytes;
}

std::string_view WatchEvent::seen_by(std::string_view within,
                                     const query::Selector& selector) const {
    if (!within.empty() && ns != within) return {};
    if (selector.everything()) return text;
    const bool now = selector.matches(ns, name, labels, phase);
    if (!crossing) return now ? text : std::string_view();
    const bool before = selector.matches(ns, name, crossing->before, crossing->phase_before);
    if (now) return before ? text : crossing->entered;
    return before ? crossing->left : std::string_view();
}

Result<std::optional<WatchEvent>> encode_change(const Form& form, const store::TailChange& change,
                                                int64_t now_ms) {
    if (change.entry.kind != form.kind) return std::nullopt;
    WatchEvent event;
    event.ns = change.entry.key.ns;
    event.name = change.entry.key.name;
    // A deletion has a version of its own; other states carry theirs.
    auto gone_at = [&] {
        return change.view.visible_version(change.cluster, change.entry.revision);
    };
    std::string version;
    const bool deleted = change.entry.op == LogEntry::Op::kDeleted;
    if (deleted) {
        SNAPGATE_ASSIGN(version, gone_at());
    }
    const store::Found& shown = deleted ? *change.previous : *change.object;
    SNAPGATE_ASSIGN(event.labels, json::read_labels(shown.object));
    const bool has_phase = form.kind == Kind::kNamespace;
    if (has_phase) event.phase = json::read_phase(shown.object);
    SNAPGATE_TRY(append_event(type_of(change.entry.op), form, shown.object,
                              deleted ? std::optional<std::string_view>(version) : std::nullopt,
                              now_ms, event.text));
    if (change.entry.op == LogEntry::Op::kUpdated) {
        SNAPGATE_ASSIGN(query::Labels before, json::read_labels(change.previous->object));
        const std::string_view phase_before =
            has_phase ? json::read_phase(change.previous->object) : std::string_view();
        if (before != event.labels || phase_before != event.phase) {
            SNAPGATE_ASSIGN(version, gone_at());
            auto crossing = std::make_unique<WatchEvent::Crossing>();
            crossing->before = std::move(before);
            crossing->phase_before = phase_before;
            SNAPGATE_TRY(
                append_event("ADDED", form, change.object->object, {}, now_ms, crossing->entered));
            SNAPGATE_TRY(append_event("DELETED", form, change.previous->object, version, now_ms,
                                      crossing->left));
            event.crossing = std::move(crossing);
        }
    }
    return event;
}

Result<void> append_added(const Form& form, const model::StoredObject& object, int64_t now_ms,
                          std::string& out) {
    return append_event("ADDED", form, object, {}, now_ms, out);
}

Result<std::string> bookmark_event(const Form& form, std::string_view version, bool ends_state,
                                   int64_t now_ms) {
    // An object of the kind that has nothing but a version, through the same forms as all others.
    model::PreparedObject object;
    object.text =
        fmt::format(R"({{"apiVersion":"{}","kind":"{}","metadata":{{{}"resourceVersion":""}}}})",
                    names_of(form.kind).api_version, names_of(form.kind).kind,
                    ends_state ? R"("annotations":{"k8s.io/initial-events-end":"true"},)" : "");
    object.version_offset = static_cast<uint32_t>(object.text.size() - 3);
    const std::string value = model::encode_object(object, version);
    SNAPGATE_ASSIGN(const model::StoredObject stored, model::decode_object(value));
    std::string out;
    SNAPGATE_TRY(append_event("BOOKMARK", form, stored, {}, now_ms, out));
    return out;
}

std::string error_event(const base::Error& error, std::string_view request_id) {
    return fmt::format("{{\"type\":\"ERROR\",\"object\":{}}}\n", status_body(error, request_id));
}

std::string with_columns(const Form& form, std::string_view event) {
    const size_t at = event.find(kNoColumns);
    if (form.shape != Shape::kTable || at == std::string_view::npos) return std::string(event);
    const size_t value = at + kNoColumns.size() - std::string_view("null").size();
    std::string out(event.substr(0, value));
    out += table_columns(form.kind);
    out += event.substr(at + kNoColumns.size());
    return out;
}

}  // namespace snapgate::api::kube
