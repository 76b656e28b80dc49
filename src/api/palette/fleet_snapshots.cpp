#include "api/palette/fleet_snapshots.h"

#include <fmt/format.h>

#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/etag.h"
#include "api/freshness.h"
#include "api/palette/flat_rows.h"
#include "api/palette/fleet_words.h"
#include "api/palette/list_format.h"
#include "base/json_text.h"
#include "base/log.h"
#include "json/object.h"
#include "net/await.h"
#include "query/fleet_list.h"

namespace snapgate::api::palette {
namespace {

using base::Result;
using query::FleetList;
using query::ListFormat;

constexpr size_t kPieceBytes = 256 << 10;

// A list on its way to the client.
class FleetAnswer {
  public:
    FleetAnswer(Call& call, FleetList list, ListFormat format)
        : call_(call),
          store_(call.services.store),
          list_(std::move(list)),
          format_(format),
          kubernetes_form_(call.form.shape == Shape::kObject) {}

    net::Awaitable<Result<void>> page() {
        std::string& body = call_.response.body;
        body += R"({"apiVersion":"snapshot.kubevirt.io/v1beta1","items":[)";
        const auto append = [this](const query::FleetRow& row, std::string& out) {
            return append_item(row, out);
        };
        while (true) {
            // A view of its own for each step: none is kept while other requests go on.
            SNAPGATE_CO_ASSIGN(const bool whole,
                               list_.step(store_.read(), body, FleetList::kPageBytes, append));
            if (whole) break;
            hold_history();
            co_await net::yield();
        }
        append_end(body);
        co_return Result<void>();
    }

    // Everything, in pieces. Once it has begun, an error can only be told by cutting it off.
    net::Awaitable<Result<void>> stream() {
        net::Response& response = call_.response;
        response.content_type = content_type_of(format_);
        list_.show_all();
        hold_history();
        std::string piece;
        if (format_ == ListFormat::kCsv) piece += csv_head();
        SNAPGATE_CO_ASSIGN(bool whole, next_piece(piece));
        const auto begun = co_await response.stream->begin();
        if (!begun || call_.request.method == "HEAD") co_return Result<void>();
        while (true) {
            if (!co_await response.stream->write(piece) || whole) break;
            // A filter may let little through.
            if (piece.empty()) co_await net::yield();
            piece.clear();
            const auto more = next_piece(piece);
            if (!more) {
                base::log::warning("a list was cut off", {{"error", more.error().message}});
                response.close = true;
                break;
            }
            whole = *more;
        }
        co_return Result<void>();
    }

  private:
    const query::FleetCluster& cluster_of(const query::FleetRow& row) const {
        return *list_.listing().clusters()[row.cluster];
    }

    Result<void> append_item(const query::FleetRow& row, std::string& out) {
        if (list_.items() > 0) out += ',';
        const size_t from = out.size();
        if (kubernetes_form_) {
            SNAPGATE_TRY(json::append_kubernetes_form(row.found.object, out));
        } else {
            out += row.found.object.text;
        }
        return json::put_cluster_name(cluster_of(row).name, out, from);
    }

    Result<bool> next_piece(std::string& out) {
        const facts::Seconds now = list_.listing().now();
        return list_.step(store_.read(), out, kPieceBytes,
                          [&](const query::FleetRow& row, std::string& text) {
                              if (format_ == ListFormat::kCsv) {
                                  append_csv_row(cluster_of(row), row, now, text);
                              } else {
                                  append_ndjson_row(cluster_of(row), row, now, text);
                              }
                              return Result<void>();
                          });
    }

    void append_end(std::string& out) const {
        out += R"(],"kind":"VirtualMachineSnapshotList","metadata":{)";
        if (const std::string token = list_.continue_token(); !token.empty()) {
            out += R"("continue":")";
            out += token;
            out += R"(",)";
            if (const auto remaining = list_.remaining())
                fmt::format_to(std::back_inserter(out), R"("remainingItemCount":{},)", *remaining);
        }
        fmt::format_to(std::back_inserter(out), R"("resourceVersion":"{}"}}}})",
                       list_.listing().state().revision);
    }

    // Of every cluster, once the answer takes more than one step.
    void hold_history() {
        if (!history_.empty()) return;
        const store::ReadView view = store_.read();
        for (const query::FleetCluster* cluster : list_.listing().clusters()) {
            // What cannot be read is told when its turn comes.
            if (const auto at = list_.listing().revision_of(view, *cluster); at && *at)
                history_.push_back(store_.hold_history(cluster->number, **at));
        }
    }

    Call& call_;
    store::Store& store_;
    FleetList list_;
    const ListFormat format_;
    const bool kubernetes_form_;
    std::vector<std::shared_ptr<void>> history_;
};

}  // namespace

bool wants_fleet_list(const Call& call) {
    return call.parameters[0] == kAllClusters || query::asks_for_facts(call.request.query) ||
           accepted_format(call.request) != ListFormat::kPage;
}

net::Awaitable<Result<void>> list_fleet_snapshots(Call& call) {
    const bool all = call.parameters[0] == kAllClusters;
    SNAPGATE_CO_ASSIGN(const auto fleet, find_fleet(call));
    SNAPGATE_CO_ASSIGN(auto request, query::parse_fleet_request(
                                         call.request.query,
                                         all ? query::Extent::kFleet : query::Extent::kCluster));
    const ListFormat format = request.format.value_or(accepted_format(call.request));
    request.kubernetes_form = call.form.shape == Shape::kObject;
    SNAPGATE_CO_TRY(co_await check_freshness(call, *fleet));
    const auto now = static_cast<facts::Seconds>(call.services.store.now_ms() / 1000);
    SNAPGATE_CO_ASSIGN(auto list, FleetList::plan(call.services.list_context(kFleetWords),
                                                  call.services.store.read(), fleet->fleet,
                                                  std::move(request), now));
    call.response.add_header("Vary", "Accept");
    call.response.add_header("Cache-Control", "private, no-cache");
    if (format != ListFormat::kPage) {
        FleetAnswer answer(call, std::move(list), format);
        co_return co_await answer.stream();
    }
    if (const std::string etag = list.etag(); !etag.empty()) {
        call.response.add_header("ETag", etag);
        if (none_match(call.request, etag)) {
            call.response.status = 304;
            co_return Result<void>();
        }
    }
    FleetAnswer answer(call, std::move(list), format);
    co_return co_await answer.page();
}

}  // namespace snapgate::api::palette
