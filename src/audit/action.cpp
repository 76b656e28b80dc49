#include "audit/action.h"

#include <fmt/format.h>

#include <iterator>

#include "base/clock.h"
#include "base/json_text.h"
#include "base/utf8.h"
#include "model/api_names.h"

namespace snapgate::audit {
namespace {

// As much of texts from outside as a line shows. The longest names fit.
constexpr size_t kShownText = 256;
constexpr size_t kShownPath = 1024;

void append_time(int64_t now_ms, std::string& out) {
    std::string second = base::format_rfc3339(now_ms);
    second.pop_back();
    fmt::format_to(std::back_inserter(out), R"("time":"{}.{:03}Z")", second, now_ms % 1000);
}

void append_text(std::string_view name, std::string_view value, std::string& out,
                 size_t shown = kShownText) {
    if (value.empty()) return;
    if (out.back() != '{') out += ',';
    out += '"';
    out += name;
    out += "\":";
    base::append_visible_json_string(base::clip(value, shown), out);
}

void append_actor(const Actor& actor, std::string& out) {
    if (actor.key.empty() && actor.name.empty()) return;
    out += R"(,"who":{)";
    append_text("key", actor.key, out);
    append_text("name", actor.name, out);
    if (!actor.verified) out += R"(,"verified":false)";
    out += '}';
}

void append_object(const Action& action, const Object& object, std::string& out) {
    if (object.kind.empty() && action.cluster.empty()) return;
    out += R"(,"object":{)";
    append_text("kind", object.kind, out);
    append_text("cluster", action.cluster, out);
    append_text("clusterName", action.cluster_name, out);
    append_text("namespace", object.ns, out);
    append_text("name", object.name, out);
    append_text("id", object.id, out);
    append_text("vm", object.vm, out);
    out += '}';
}

std::string_view to_text(Outcome outcome) {
    switch (outcome) {
        case Outcome::kDone:
            return "done";
        case Outcome::kBegan:
            return "began";
        case Outcome::kRefused:
            return "refused";
        case Outcome::kFailed:
            return "failed";
        case Outcome::kUnknown:
            break;
    }
    return "unknown";
}

std::string_view to_text(Change change) {
    switch (change) {
        case Change::kNone:
            return "none";
        case Change::kCreated:
            return "created";
        case Change::kUpdated:
            return "updated";
        case Change::kRemoved:
            break;
    }
    return "removed";
}

void append_members(std::string_view members, std::string& out) {
    if (members.empty()) return;
    out += ',';
    out += members;
}

}  // namespace

std::string line_of(const Action& action, const Object& object, const End& end, int64_t now_ms) {
    std::string out = "{";
    append_time(now_ms, out);
    append_actor(action.actor, out);
    append_text("from", action.from, out);
    append_text("verb", action.verb, out);
    append_object(action, object, out);
    append_text("outcome", to_text(end.outcome), out);
    if (end.change) append_text("change", to_text(*end.change), out);
    if (end.status != 0) fmt::format_to(std::back_inserter(out), R"(,"status":{})", end.status);
    append_text("reason", end.reason, out);
    append_members(end.details, out);
    append_text("requestId", action.request_id, out);
    append_text("path", action.path, out, kShownPath);
    out += '}';
    return out;
}

void append_numbered(uint64_t number, std::string_view line, std::string& out) {
    fmt::format_to(std::back_inserter(out), R"({{"seq":{},)", number);
    line.remove_prefix(1);
    out += line;
    out += '\n';
}

void append_missing(std::string_view why, uint64_t first, uint64_t last, int64_t now_ms,
                    std::string& out) {
    std::string line = "{";
    append_time(now_ms, line);
    append_text("outcome", "missing", line);
    append_text("reason", why, line);
    if (first != 0) {
        fmt::format_to(std::back_inserter(line), R"(,"firstSeq":{},"lastSeq":{})", first, last);
    }
    fmt::format_to(std::back_inserter(line), R"(,"lines":{}}})",
                   first == 0 ? last : last - first + 1);
    out += line;
    out += '\n';
}

}  // namespace snapgate::audit
