#include "api/palette/flat_rows.h"

#include <fmt/format.h>

#include <iterator>

#include "base/clock.h"
#include "base/json_text.h"
#include "json/object.h"

namespace snapgate::api::palette {
namespace {

// What a column holds.
enum class Type { kText, kNumber, kFlag };

// Gives the columns of a row to `put`, in order: put(name, type, text). An empty text is a value
// that the snapshot does not have.
template <class Put>
void each_column(const query::FleetCluster& cluster, const query::FleetRow& row, facts::Seconds now,
                 const Put& put) {
    const facts::Facts& facts = row.facts;
    const auto flag = [](bool value) { return std::string_view(value ? "true" : "false"); };
    const auto time = [](facts::Seconds seconds) {
        return seconds == 0 ? std::string() : base::format_rfc3339(int64_t{seconds} * 1000);
    };
    put("cluster", Type::kText, cluster.name);
    put("clusterUid", Type::kText, cluster.uid);
    put("project", Type::kText, cluster.project_name);
    put("namespace", Type::kText, row.found.ns);
    put("name", Type::kText, row.found.name);
    put("uid", Type::kText, json::read_uid(row.found.object));
    put("vm", Type::kText, row.found.object.vm);
    put("state", Type::kText, name_of(facts.state));
    put("good", Type::kFlag, flag(facts.good()));
    put("ready", Type::kFlag, flag(facts.ready));
    put("consistency", Type::kText, name_of(facts.consistency));
    put("created", Type::kText, time(facts.created));
    put("finished", Type::kText, time(facts.finished));
    const auto duration = facts.duration();
    put("durationSeconds", Type::kNumber,
        duration ? std::string(fmt::format_int(*duration).str()) : std::string());
    put("stuck", Type::kFlag, flag(facts.stuck(now)));
    put("cause", Type::kText, facts.cause);
    put("causeClass", Type::kText, facts.cause_class);
}

bool runs_in_spreadsheets(char first) {
    return first == '=' || first == '+' || first == '-' || first == '@' || first == '\t' ||
           first == '\r' || first == '\n';
}

}  // namespace

std::string_view csv_head() {
    return "cluster,clusterUid,project,namespace,name,uid,vm,state,good,ready,consistency,created,"
           "finished,durationSeconds,stuck,cause,causeClass\r\n";
}

void append_csv_cell(std::string_view text, std::string& out) {
    const bool defused = !text.empty() && runs_in_spreadsheets(text.front());
    if (!defused && text.find_first_of(",\"\r\n") == std::string_view::npos) {
        out += text;
        return;
    }
    out += '"';
    if (defused) out += '\'';
    for (const char c : text) {
        if (c == '"') out += '"';
        out += c;
    }
    out += '"';
}

void append_csv_row(const query::FleetCluster& cluster, const query::FleetRow& row,
                    facts::Seconds now, std::string& out) {
    bool first = true;
    each_column(cluster, row, now, [&](std::string_view, Type, std::string_view text) {
        if (!first) out += ',';
        first = false;
        append_csv_cell(text, out);
    });
    out += "\r\n";
}

void append_ndjson_row(const query::FleetCluster& cluster, const query::FleetRow& row,
                       facts::Seconds now, std::string& out) {
    bool first = true;
    each_column(cluster, row, now, [&](std::string_view name, Type type, std::string_view text) {
        if (text.empty()) return;
        out += first ? '{' : ',';
        first = false;
        if (type == Type::kText) {
            base::append_json_member(name, text, out);
        } else {
            fmt::format_to(std::back_inserter(out), R"("{}":{})", name, text);
        }
    });
    out += "}\n";
}

}  // namespace snapgate::api::palette
