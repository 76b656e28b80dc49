#include "snapshots/snapshot_pages.h"

#include <fmt/format.h>

#include <utility>

#include "base/encoding.h"
#include "json/path.h"
#include "json/splitter.h"
#include "json/whole_number.h"
#include "model/api_names.h"
#include "remote/pages.h"
#include "snapshots/snapshot_route.h"
#include "terminal/typed_line.h"

namespace snapgate::cli {
namespace {

std::string no_list(std::string_view server) {
    return fmt::format(
        "{} did not answer with a list of snapshots: check the server's address, and any proxy in "
        "between",
        server);
}

}  // namespace

std::string page_target(const SnapshotSelection& selection, std::string_view continue_token) {
    std::string target = fmt::format("/v1/spectroclusters/{}/vms/snapshot",
                                     base::percent_encode(selection.cluster.uid));
    char separator = '?';
    auto add = [&](std::string_view name, std::string_view value) {
        target += separator;
        target += name;
        target += '=';
        target += base::percent_encode(value);
        separator = '&';
    };
    for (const std::string& vm : selection.vms) add("vmName", vm);
    for (const std::string& ns : selection.namespaces) add("namespace", ns);
    if (!selection.limit.empty()) add("limit", selection.limit);
    if (!continue_token.empty()) add("continue", continue_token);
    return target;
}

Outcome<SnapshotPage> parse_page(net::ClientResponse response, std::string_view server) {
    SnapshotPage page;
    json::ItemSplitter splitter(
        [&](std::string_view item) -> base::Result<void> {
            page.items.emplace_back(item);
            return {};
        },
        kMostItemBytes);
    bool read = splitter.feed(response.body) && splitter.finish();
    auto envelope = read && !splitter.envelope().empty() ? json::parse(splitter.envelope())
                                                         : base::Result<json::Value>(json::Value());
    if (!envelope || !envelope->is_object() ||
        json::text_at(envelope->get_object(), {"kind"}) != model::kSnapshotListKind)
        return Failure(Exit::kUnreachable, no_list(server));
    const json::Object& list = envelope->get_object();
    page.resource_version = json::text_at(list, {"metadata", "resourceVersion"});
    page.continue_token = json::text_at(list, {"metadata", "continue"});
    page.remaining = json::whole_number(json::value_at(list, {"metadata", "remainingItemCount"}));
    page.response = std::move(response);
    return page;
}

SnapshotPages::SnapshotPages(Api& api, Console& console, SnapshotSelection selection, bool restart)
    : api_(api),
      console_(console),
      selection_(std::move(selection)),
      token_(selection_.continue_token),
      restart_(restart),
      stale_(api, console, selection_.cluster) {}

Outcome<SnapshotPage> SnapshotPages::next() {
    auto response = request();
    auto page = response ? parse_page(std::move(*response), api_.server())
                         : Outcome<SnapshotPage>(std::move(response).error());
    if (!page) {
        Failure failure = std::move(page).error();
        if (!failure.continue_token.empty()) {
            failure.message += "; continue at the newest state with: " +
                               continuing_line(selection_.typed, failure.continue_token);
        } else if (begun_) {
            failure.message += "; the list is not complete: continue where it stopped with: " +
                               continuing_line(selection_.typed, token_);
        }
        return failure;
    }
    begun_ = true;
    stale_.look(page->response);
    token_ = page->continue_token;
    done_ = token_.empty();
    return page;
}

Outcome<net::ClientResponse> SnapshotPages::request() {
    const auto target = [this](std::string_view token) { return page_target(selection_, token); };
    if (!restart_) return api_.get(target(token_));
    return get_page(api_, console_, target, token_);
}

}  // namespace snapgate::cli
