#include "api/palette/flat_rows.h"

#include "json/object.h"

namespace snapgate::api::palette {
namespace {

using base::Result;

void put_cluster(const query::FleetCluster& cluster, FlatWriter& out) {
    out.text("cluster", cluster.name);
    out.text("clusterUid", cluster.uid);
    out.text("project", cluster.project_name);
}

void put_row(const query::FleetCluster& cluster, const query::FleetRow& row, facts::Seconds now,
             FlatWriter& out) {
    const facts::Facts& facts = row.facts;
    put_cluster(cluster, out);
    out.text("namespace", row.ns);
    out.text("name", row.name);
    out.text("uid", row.found == nullptr ? std::string_view() : json::read_uid(row.found->object));
    out.text("vm", row.vm);
    out.word("state", name_of(facts.state));
    out.flag("good", facts.good());
    out.flag("ready", facts.ready);
    out.word("consistency", name_of(facts.consistency));
    out.time("created", facts.created);
    out.time("finished", facts.finished);
    out.number("durationSeconds", facts.duration());
    out.flag("stuck", facts.stuck(now));
    out.text("cause", facts.cause);
    out.text("causeClass", facts.cause_class);
    out.number("sizeBytes", row.bytes);
    out.number("restores", row.restores);
    out.end_row();
}

void put_row(const query::FleetCluster& cluster, const query::VmRow& row, facts::Seconds now,
             FlatWriter& out) {
    put_cluster(cluster, out);
    out.text("namespace", row.ns);
    out.text("vm", row.vm);
    out.word("verdict", name_of(row.verdict));
    out.time("asOf", row.as_of);
    out.text("status", row.status);
    out.word("knownFrom", known_from(row));
    out.flag("gone", row.known == query::VmRow::Known::kGone);
    out.flag("ignored", row.ignored);
    out.number("snapshots", row.snapshots);
    out.number("failed", row.failed);
    const query::VmRow::Good good = row.last_good.value_or(query::VmRow::Good());
    out.text("lastGood", good.name);
    out.time("lastGoodAt", good.at);
    out.number("lastGoodAgeSeconds", row.age_of_last_good(now));
    out.word("lastGoodConsistency", row.last_good ? name_of(good.consistency) : std::string_view());
    const query::VmRow::Attempt& attempt = row.last_attempt;
    out.text("lastAttempt", attempt.name);
    out.word("lastAttemptState",
             attempt.name.empty() ? std::string_view() : name_of(attempt.state));
    out.time("lastAttemptAt", attempt.at);
    out.text("cause", attempt.cause);
    out.text("causeClass", attempt.cause_class);
    out.number("sizeBytes", row.bytes);
    const query::VmRow::Restore restore = row.last_restore.value_or(query::VmRow::Restore());
    out.text("lastRestore", restore.name);
    out.text("lastRestoreSnapshot", restore.snapshot);
    out.time("lastRestoreAt", restore.at);
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
