#include <algorithm>

#include "api/kube/accept.h"
#include "api/kube/operations.h"
#include "json/value.h"

namespace snapgate::api::kube {

using base::Code;
using base::Error;
using base::Result;

net::Awaitable<Result<void>> list_events(Call& call) {
    const std::string_view accept = call.request.header("Accept").value_or("");
    const auto clauses = parse_accept(accept.empty() ? "*/*" : accept);
    const bool json = std::ranges::any_of(
        clauses, [](const AcceptClause& clause) { return clause.covers("json"); });
    if (!json) {
        co_return Error(Code::kNotAcceptable,
                        "only the following media types are accepted: application/json", "Accept");
    }
    if (call.cluster.connected()) {
        call.response.add_header(
            "Warning", "299 - \"this server keeps no events: ask the cluster itself for them\"");
    }
    SNAPGATE_CO_ASSIGN(const auto head, call.services.store.read().head(call.store_number()));
    json::Object metadata;
    if (head) metadata["resourceVersion"] = head->version;
    respond_json(call, 200,
                 json::Object{{"kind", "EventList"},
                              {"apiVersion", "v1"},
                              {"metadata", std::move(metadata)},
                              {"items", json::Array()}});
    co_return Result<void>{};
}

}  // namespace snapgate::api::kube
