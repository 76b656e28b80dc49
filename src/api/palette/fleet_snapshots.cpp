#include "api/palette/fleet_snapshots.h"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <utility>

#include "api/etag.h"
#include "api/freshness.h"
#include "api/measured_text.h"
#include "api/palette/flat_rows.h"
#include "api/palette/flat_stream.h"
#include "api/palette/fleet_words.h"
#include "api/palette/list_document.h"
#include "api/palette/list_format.h"
#include "api/palette/snapshot_events.h"
#include "api/palette/snapshot_item.h"
#include "query/fleet_list.h"

namespace snapgate::api::palette {
namespace {

using base::Result;
using query::FleetList;
using query::ListFormat;

// A list on its way to the client.
class FleetAnswer final : public RepeatableText {
  public:
    FleetAnswer(Call& call, FleetList list, ListFormat format, FlatForm rows)
        : call_(call),
          store_(call.services.store),
          list_(std::move(list)),
          format_(format),
          rows_(rows),
          kubernetes_form_(call.form.shape == Shape::kObject) {}

    net::Awaitable<Result<void>> page() {
        list_.show_in_pieces(query::kMostPageBytes);
        co_return co_await send_measured(call_, *this);
    }

    Result<bool> step(std::string& out, size_t full) override {
        if (!begun_) out += kListBegin;
        begun_ = true;
        // A view of its own for each step: none is kept while other requests go on.
        SNAPGATE_ASSIGN(const bool whole,
                        list_.step(store_.read(), out, full,
                                   [this](const query::FleetRow& row, std::string& text) {
                                       if (list_.items() > 0) text += ',';
                                       return append(row, text);
                                   }));
        if (whole)
            append_list_end(list_.continue_token(), list_.remaining(),
                            fmt::format_int(list_.listing().state().revision).str(), out);
        return whole;
    }
    bool is_cheap() const override { return true; }
    // Once the answer takes more than one step.
    void hold_history() override {
        if (!history_) history_.emplace(store_, list_.listing());
    }
    void mark() override {
        mark_ = list_.mark();
        begun_at_mark_ = begun_;
    }
    void return_to_mark() override {
        list_.return_to(mark_);
        begun_ = begun_at_mark_;
    }

    net::Awaitable<Result<void>> stream() {
        list_.show_all();
        hold_history();
        const facts::Seconds now = list_.listing().now();
        co_return co_await stream_flat(
            call_, format_, csv_head_of_snapshots(rows_),
            [this, now](std::string& out, size_t full) {
                return list_.step(store_.read(), out, full,
                                  [&](const query::FleetRow& row, std::string& text) {
                                      append_flat_row(cluster_of(row), row, now, rows_, text);
                                      return Result<void>();
                                  });
            });
    }

  private:
    // An item of a page.
    Result<void> append(const query::FleetRow& row, std::string& text) const {
        if (format_ == ListFormat::kPage) {
            return append_item(row.found->object, cluster_of(row).name, kubernetes_form_, text);
        }
        append_flat_row(cluster_of(row), row, list_.listing().now(), rows_, text);
        text.pop_back();  // the end of the line
        return {};
    }
    const query::FleetCluster& cluster_of(const query::FleetRow& row) const {
        return *list_.listing().clusters()[row.cluster];
    }

    Call& call_;
    store::Store& store_;
    FleetList list_;
    const ListFormat format_;
    const FlatForm rows_;  // of a format whose rows are flat
    const bool kubernetes_form_;
    bool begun_ = false;
    FleetList::Mark mark_;
    bool begun_at_mark_ = false;
    std::optional<FleetHistory> history_;
};

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
    if (format == ListFormat::kCsv || format == ListFormat::kNdjson) {
        FleetAnswer answer(call, std::move(list), format, rows);
        co_return co_await answer.stream();
    }
    // Whether a row is stuck changes while nothing is written.
    const std::string etag = format == ListFormat::kPage ? list.etag() : std::string();
    if (!etag.empty()) {
        call.response.add_header("ETag", etag);
        if (none_match(call.request, etag)) {
            call.response.status = 304;
            co_return Result<void>();
        }
    }
    FleetAnswer answer(call, std::move(list), format, rows);
    co_return co_await answer.page();
}

}  // namespace snapgate::api::palette
