#include "query/kube_fleet_list.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "base/ascii.h"
#include "query/fingerprint.h"

namespace snapgate::query {
namespace {

using base::Code;
using base::Error;
using base::Result;

std::string digest(const KubeListRequest& request) {
    Fingerprint parts("a list of a fleet's Kubernetes objects");
    parts.number(static_cast<uint8_t>(request.kind)).text(request.ns).text(request.selector_text);
    return parts.digest(kListingDigestBytes);
}

SnapshotFilter filter_of(const KubeListRequest& request) {
    SnapshotFilter filter;
    filter.labels = request.selector;
    if (const auto ns = request.only_namespace()) filter.namespaces = {*ns};
    // Most objects are passed over by it without a look at more than their names.
    if (const auto name = request.selector.only_name()) filter.name = base::to_lower(*name);
    return filter;
}

// The older state that the first page has to show.
Result<std::optional<model::Revision>> find_state(const ListContext& context,
                                                  const store::ReadView& view,
                                                  const KubeListRequest& request) {
    const model::Revision version = request.version.value_or(0);
    if (version == 0) return std::nullopt;
    if (!request.continue_token.empty()) return context.words.with_version();
    SNAPGATE_ASSIGN(const store::StoreState newest, view.newest_state());
    if (version > newest.revision) {
        return context.words.version_ahead(fmt::format_int(version).str(),
                                           fmt::format_int(newest.revision).str());
    }
    if (!request.exact() || version == newest.revision) return std::nullopt;
    return std::optional(version);
}

}  // namespace

Result<FleetList> plan_kube_fleet_list(const ListContext& context, const store::ReadView& view,
                                       std::shared_ptr<const Fleet> fleet,
                                       const KubeListRequest& request, facts::Seconds now) {
    FleetRequest wanted;
    SNAPGATE_ASSIGN(wanted.at, find_state(context, view, request));
    wanted.kind = request.kind;
    wanted.nothing = request.nothing();
    if (!wanted.nothing) wanted.filter = filter_of(request);
    // Any state comes as a whole, as in kube-apiserver.
    const bool whole =
        request.limit == 0 || (request.version == 0 && request.continue_token.empty());
    wanted.limit = whole ? FleetList::kNoLimit : request.limit;
    wanted.continue_token = request.continue_token;
    wanted.query = digest(request);
    SNAPGATE_ASSIGN(FleetList list,
                    FleetList::plan(context, view, std::move(fleet), std::move(wanted), now));
    list.show_in_pieces();
    return list;
}

}  // namespace snapgate::query
