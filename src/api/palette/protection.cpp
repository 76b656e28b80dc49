#include <fmt/format.h>

#include <iterator>
#include <string>
#include <utility>

#include "api/fleet.h"
#include "api/identify.h"
#include "api/measured_text.h"
#include "api/palette/flat_rows.h"
#include "api/palette/flat_stream.h"
#include "api/palette/flat_writer.h"
#include "api/palette/fleet_ages.h"
#include "api/palette/list_format.h"
#include "api/palette/list_words.h"
#include "api/palette/routes.h"
#include "base/json_text.h"
#include "net/await.h"
#include "net/server/aside.h"
#include "query/vm_report.h"

namespace snapgate::api::palette {
namespace {

using base::Result;
using query::ListFormat;
using query::VmReport;
using query::VmRow;

// Writes an object's members, those that have a value.
class Members {
  public:
    explicit Members(std::string& out) : out_(out) { out_ += '{'; }

    void text(std::string_view name, std::string_view value) {
        if (value.empty()) return;
        next();
        base::append_json_member(name, value, out_);
    }
    void number(std::string_view name, uint64_t value) {
        begin(name);
        fmt::format_to(std::back_inserter(out_), "{}", value);
    }
    // One that is true.
    void flag(std::string_view name) {
        begin(name);
        out_ += "true";
    }
    // The member's value is written by the caller.
    void begin(std::string_view name) {
        next();
        out_ += '"';
        out_ += name;
        out_ += "\":";
    }
    void end() { out_ += '}'; }

  private:
    void next() {
        if (!first_) out_ += ',';
        first_ = false;
    }

    std::string& out_;
    bool first_ = true;
};

void append_good(const VmRow& row, facts::Seconds now, std::string& out) {
    Members members(out);
    members.text("name", row.last_good->name);
    members.text("at", flat_time(row.last_good->at));
    if (const auto age = row.age_of_last_good(now)) members.number("ageSeconds", *age);
    members.text("consistency", name_of(row.last_good->consistency));
    members.end();
}

void append_attempt(const VmRow::Attempt& attempt, std::string& out) {
    Members members(out);
    members.text("name", attempt.name);
    members.text("state", name_of(attempt.state));
    members.text("at", flat_time(attempt.at));
    members.text("cause", attempt.cause);
    members.text("causeClass", attempt.cause_class);
    members.end();
}

void append_restore(const VmRow::Restore& restore, std::string& out) {
    Members members(out);
    members.text("name", restore.name);
    members.text("snapshot", restore.snapshot);
    members.text("at", flat_time(restore.at));
    members.end();
}

void append_row(const query::FleetCluster& cluster, const VmRow& row, facts::Seconds now,
                std::string& out) {
    Members members(out);
    members.begin("cluster");
    Members of_cluster(out);
    of_cluster.text("uid", cluster.uid);
    of_cluster.text("name", cluster.name);
    of_cluster.text("projectUid", cluster.project_uid);
    of_cluster.end();
    members.text("namespace", row.ns);
    members.text("vm", row.vm);
    members.text("verdict", name_of(row.verdict));
    members.text("asOf", flat_time(row.as_of));
    members.text("status", row.status);
    members.text("knownFrom", known_from(row));
    if (row.known == VmRow::Known::kGone) members.flag("gone");
    if (row.ignored) members.flag("ignored");
    members.number("snapshots", row.snapshots);
    members.number("failed", row.failed);
    if (row.last_good) {
        members.begin("lastGood");
        append_good(row, now, out);
    }
    if (!row.last_attempt.name.empty()) {
        members.begin("lastAttempt");
        append_attempt(row.last_attempt, out);
    }
    if (row.bytes) members.number("sizeBytes", *row.bytes);
    if (row.last_restore) {
        members.begin("lastRestore");
        append_restore(*row.last_restore, out);
    }
    members.end();
}

void append_end(const VmReport& report, std::string& out) {
    out += R"(],"metadata":)";
    Members metadata(out);
    metadata.text("continue", report.continue_token());
    if (const auto remaining = report.remaining())
        metadata.number("remainingItemCount", *remaining);
    metadata.text("resourceVersion", report.listing().version());
    metadata.end();
    if (report.totals()) {
        out += R"(,"totals":)";
        Members totals(out);
        for (const query::Verdict verdict : query::kVerdicts)
            totals.number(name_of(verdict), report.totals()->of(verdict));
        totals.end();
    }
    out += R"(,"clusters":)";
    Members clusters(out);
    const query::AgeCounts ages = report.clusters();
    clusters.number("total", ages.total);
    clusters.number("stale", ages.stale);
    clusters.number("unknown", ages.unknown);
    clusters.end();
    out += "}\n";
}

// A step judges all VMs of a cluster, and where a filter asks for causes it reads them.
constexpr net::Where kWhere = net::Where::kAside;

net::Awaitable<Result<void>> respond_page(Call& call, VmReport& report) {
    std::string& body = call.response.body;
    const facts::Seconds now = report.listing().now();
    const auto append = [&](const VmRow& row, std::string& out) {
        if (out.back() == '}') out += ',';
        append_row(*report.listing().clusters()[row.cluster], row, now, out);
    };
    body += R"({"items":[)";
    while (true) {
        SNAPGATE_CO_TRY(call.request.held->hold_answer(body.size() + report.kept_bytes()));
        // A view of its own for each step: none is kept while other requests go on.
        auto step = [&] {
            return report.step(call.services.store.read(), body, kPieceBytes, append);
        };
        SNAPGATE_CO_ASSIGN(const bool done,
                           co_await net::make_at(*call.response.stream, kWhere, std::move(step)));
        // It may have waited for its turn.
        SNAPGATE_CO_TRY(check_key(call));
        if (done) break;
        co_await net::yield();
    }
    append_end(report, body);
    co_return Result<void>();
}

}  // namespace

net::Awaitable<Result<void>> report_protection(Call& call) {
    SNAPGATE_CO_ASSIGN(const auto visible, find_fleet(call));
    SNAPGATE_CO_ASSIGN(auto request,
                       query::parse_fleet_request(call.request.query, call.parameters[0],
                                                  query::Question::kProtection));
    const ListFormat format = request.format.value_or(accepted_format(call.request));
    SNAPGATE_CO_TRY(co_await check_freshness(call, *visible, request.filter.clusters));
    const bool page = format == ListFormat::kPage || format == ListFormat::kEvents;
    request.format = page ? ListFormat::kPage : format;
    SNAPGATE_CO_TRY(query::check_columns(request));
    SNAPGATE_CO_ASSIGN(const FlatForm rows, flat_form_of_vms(format, request));
    store::Store& store = call.services.store;
    const facts::Seconds now = call.services.now_seconds();
    SNAPGATE_CO_ASSIGN(
        auto report,
        VmReport::plan(call.services.list_context(kFleetWords), store.read(), visible->fleet,
                       fleet_ages(call.services, *visible, now), std::move(request), now));
    const query::HeldHistory history = report.listing().hold_history(store);
    call.response.add_header("Vary", "Accept");
    call.response.add_header("Cache-Control", "private, no-cache");
    if (page) co_return co_await respond_page(call, report);
    report.show_all();
    co_return co_await stream_flat(
        call, format, csv_head_of_vms(rows), kWhere,
        [&](std::string& out, size_t full) {
            return report.step(store.read(), out, full, [&](const VmRow& row, std::string& text) {
                append_flat_row(*report.listing().clusters()[row.cluster], row,
                                report.listing().now(), rows, text);
            });
        },
        [&report] { return report.kept_bytes(); });
}

}  // namespace snapgate::api::palette
