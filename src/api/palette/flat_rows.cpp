#include "api/palette/flat_rows.h"

#include "json/object.h"

namespace snapgate::api::palette {
namespace {

using base::Result;
using enum ColumnType;

void put_cluster(const query::FleetCluster& cluster, FlatWriter& out) {
    out.column("cluster", kText, cluster.name);
    out.column("clusterUid", kText, cluster.uid);
    out.column("project", kText, cluster.project_name);
}

void put_row(const query::FleetCluster& cluster, const query::FleetRow& row, facts::Seconds now,
             FlatWriter& out) {
    const facts::Facts& facts = row.facts;
    put_cluster(cluster, out);
    out.column("namespace", kText, row.ns);
    out.column("name", kText, row.name);
    out.column("uid", kText,
               row.found == nullptr ? std::string_view() : json::read_uid(row.found->object));
    out.column("vm", kText, row.vm);
    out.column("state", kText, name_of(facts.state));
    out.column("good", kFlag, flat_flag(facts.good()));
    out.column("ready", kFlag, flat_flag(facts.ready));
    out.column("consistency", kText, name_of(facts.consistency));
    out.column("created", kText, flat_time(facts.created));
    out.column("finished", kText, flat_time(facts.finished));
    const auto duration = facts.duration();
    out.column("durationSeconds", kNumber, duration ? flat_number(*duration) : std::string());
    out.column("stuck", kFlag, flat_flag(facts.stuck(now)));
    out.column("cause", kText, facts.cause);
    out.column("causeClass", kText, facts.cause_class);
    out.column("sizeBytes", kNumber, row.bytes ? flat_number(*row.bytes) : std::string());
    out.column("restores", kNumber, row.restores ? flat_number(*row.restores) : std::string());
    out.end_row();
}

void put_row(const query::FleetCluster& cluster, const query::VmRow& row, facts::Seconds now,
             FlatWriter& out) {
    put_cluster(cluster, out);
    out.column("namespace", kText, row.ns);
    out.column("vm", kText, row.vm);
    out.column("verdict", kText, name_of(row.verdict));
    out.column("asOf", kText, flat_time(row.as_of));
    out.column("status", kText, row.status);
    out.column("knownFrom", kText, known_from(row));
    out.column("gone", kFlag, flat_flag(row.known == query::VmRow::Known::kGone));
    out.column("ignored", kFlag, flat_flag(row.ignored));
    out.column("snapshots", kNumber, flat_number(row.snapshots));
    out.column("failed", kNumber, flat_number(row.failed));
    const query::VmRow::Good good = row.last_good.value_or(query::VmRow::Good());
    out.column("lastGood", kText, good.name);
    out.column("lastGoodAt", kText, flat_time(good.at));
    const auto age = row.age_of_last_good(now);
    out.column("lastGoodAgeSeconds", kNumber, age ? flat_number(*age) : std::string());
    out.column("lastGoodConsistency", kText,
               row.last_good ? name_of(good.consistency) : std::string_view());
    out.column("lastAttempt", kText, row.last_attempt.name);
    out.column(
        "lastAttemptState", kText,
        row.last_attempt.name.empty() ? std::string_view() : name_of(row.last_attempt.state));
    out.column("lastAttemptAt", kText, flat_time(row.last_attempt.at));
    out.column("cause", kText, row.last_attempt.cause);
    out.column("causeClass", kText, row.last_attempt.cause_class);
    out.column("sizeBytes", kNumber, row.bytes ? flat_number(*row.bytes) : std::string());
    const query::VmRow::Restore restore = row.last_restore.value_or(query::VmRow::Restore());
    out.column("lastRestore", kText, restore.name);
    out.column("lastRestoreSnapshot", kText, restore.snapshot);
    out.column("lastRestoreAt", kText, flat_time(restore.at));
    out.end_row();
}

// The names of the columns, in the order in which every row has them.
template <class Row>
std::string names_of(const Row& row, const FlatForm& form) {
    std::string text;
    FlatWriter out(form, text, FlatWriter::Line::kNames);
    put_row(query::FleetCluster(), row, 0, out);
    return text;
}

const FlatForm kAllOfCsv{query::ListFormat::kCsv, {}};

Result<FlatForm> form_of(query::ListFormat format, const query::FleetRequest& request,
                         std::string_view head) {
    FlatForm form{format, {}};
    SNAPGATE_ASSIGN(form.columns, FlatColumns::choose(request.columns, head));
    return form;
}

}  // namespace

std::string_view known_from(const query::VmRow& row) {
    return row.known == query::VmRow::Known::kItself ? "vm" : "snapshots";
}

Result<FlatForm> flat_form_of_snapshots(query::ListFormat format,
                                        const query::FleetRequest& request) {
    return form_of(format, request, csv_head_of_snapshots(kAllOfCsv));
}

Result<FlatForm> flat_form_of_vms(query::ListFormat format, const query::FleetRequest& request) {
    return form_of(format, request, csv_head_of_vms(kAllOfCsv));
}

std::string csv_head_of_snapshots(const FlatForm& form) {
    const facts::Facts none;
    return names_of(query::FleetRow{0, {}, {}, {}, none}, form);
}

std::string csv_head_of_vms(const FlatForm& form) {
    return names_of(query::VmRow(), form);
}

void append_flat_row(const query::FleetCluster& cluster, const query::FleetRow& row,
                     facts::Seconds now, const FlatForm& form, std::string& text) {
    FlatWriter out(form, text);
    put_row(cluster, row, now, out);
}

void append_flat_row(const query::FleetCluster& cluster, const query::VmRow& row,
                     facts::Seconds now, const FlatForm& form, std::string& text) {
    FlatWriter out(form, text);
    put_row(cluster, row, now, out);
}

}  // namespace snapgate::api::palette
