#include "api/palette/fleet_snapshots.h"

#include <string>
#include <utility>

#include "api/etag.h"
#include "api/freshness.h"
#include "api/list_text.h"
#include "api/palette/flat_rows.h"
#include "api/palette/flat_stream.h"
#include "api/palette/list_document.h"
#include "api/palette/list_format.h"
#include "api/palette/list_words.h"
#include "api/palette/snapshot_events.h"
#include "api/palette/snapshot_item.h"
#include "api/where_made.h"
#include "query/fleet_list.h"

namespace snapgate::api::palette {
namespace {

using base::Result;
using query::FleetList;
using query::ListFormat;

const query::FleetCluster& cluster_of(const FleetList& list, const query::FleetRow& row) {
    return *list.listing().clusters()[row.cluster];
}

// A page of a fleet's snapshots: whole objects, or, with `rows`, flat rows.
class FleetPage : public PageDocument {
  public:
    FleetPage(const FlatForm* rows, bool kubernetes_form)
        : rows_(rows), kubernetes_form_(kubernetes_form) {}

    Result<void> item(const FleetList& list, const query::FleetRow& row, std::string& out) const {
        if (list.items() > 0) out += ',';
        const query::FleetCluster& cluster = cluster_of(list, row);
        if (rows_ == nullptr)
            return append_item(row.found->object, cluster.name, kubernetes_form_, out);
        append_flat_row(cluster, row, list.listing().now(), *rows_, out);
        out.pop_back();  // the end of the line
        return {};
    }

  private:
    const FlatForm* rows_;
    bool kubernetes_form_;
};

// All rows of a list as lines of CSV or JSON.
net::Awaitable<Result<void>> stream_rows(Call& call, FleetList list, ListFormat format,
                                         const FlatForm& rows) {
    store::Store& store = call.services.store;
    list.show_all();
    const query::HeldHistory history = list.listing().hold_history(store);
    const facts::Seconds now = list.listing().now();
    co_return co_await stream_flat(
        call, format, csv_head_of_snapshots(rows), where_made(list),
        [&list, &rows, &store, now](std::string& out, size_t full) {
            return list.step(store.read(), out, full,
                             [&](const query::FleetRow& row, std::string& text) {
                                 append_flat_row(cluster_of(list, row), row, now, rows, text);
                                 return Result<void>();
                             });
        },
        [&list] { return list.kept_bytes(); });
}

}  // namespace

bool wants_fleet_list(const Call& call) {
    return is_of_all_clusters(call) || query::asks_for_facts(call.request.query) ||
           accepted_format(call.request) != ListFormat::kPage;
}

net::Awaitable<Result<void>> list_fleet_snapshots(Call& call) {
    SNAPGATE_CO_ASSIGN(const auto fleet, find_fleet(call));
    SNAPGATE_CO_ASSIGN(
        auto request,
        query::parse_fleet_request(call.request.query, call.parameters[0], query::Question::kList));
    const ListFormat format = request.format.value_or(accepted_format(call.request));
    request.format = format;
    SNAPGATE_CO_TRY(query::check_columns(request));
    request.kubernetes_form = call.form.shape == Shape::kObject;
    if (format == ListFormat::kEvents)
        co_return co_await stream_snapshot_events(call, fleet, std::move(request));
    if (!request.initial_events) {
        co_return base::Error(base::Code::kInvalidParameter,
                              "sendInitialEvents is for a stream of events alone: use it with "
                              "format=events",
                              "sendInitialEvents");
    }
    SNAPGATE_CO_TRY(co_await check_freshness(call, *fleet, request.filter.clusters));
    SNAPGATE_CO_ASSIGN(
        const FlatForm rows,
        flat_form_of_snapshots(format == ListFormat::kCsv ? format : ListFormat::kNdjson, request));
    const facts::Seconds now = call.services.now_seconds();
    SNAPGATE_CO_ASSIGN(auto list, FleetList::plan(call.services.list_context(kFleetWords),
                                                  call.services.store.read(), fleet->fleet,
                                                  std::move(request), now));
    call.response.add_header("Vary", "Accept");
    call.response.add_header("Cache-Control", "private, no-cache");
    if (format == ListFormat::kCsv || format == ListFormat::kNdjson)
        co_return co_await stream_rows(call, std::move(list), format, rows);
    // Whether a row is stuck changes while nothing is written.
    const std::string etag = format == ListFormat::kPage ? list.etag() : std::string();
    if (!etag.empty()) {
        call.response.add_header("ETag", etag);
        if (none_match(call.request, etag)) {
            call.response.status = 304;
            co_return Result<void>();
        }
    }
    list.show_in_pieces(query::kMostPageBytes);
    ListText text(call.services.store, std::move(list),
                  FleetPage(format == ListFormat::kPage ? nullptr : &rows,
                            call.form.shape == Shape::kObject));
    co_return co_await send_measured(call, text);
}

}  // namespace snapgate::api::palette
