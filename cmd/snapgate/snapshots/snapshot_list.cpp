#include "snapshots/snapshot_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/encoding.h"
#include "json/path.h"
#include "json/splitter.h"
#include "model/api_names.h"
#include "remote/pages.h"
#include "snapshots/snapshot_route.h"

namespace snapgate::cli {
namespace {

bool is_among(const std::vector<std::string>& wanted, std::string_view value) {
    return wanted.empty() || std::find(wanted.begin(), wanted.end(), value) != wanted.end();
}

// Escapes the characters that have a meaning in a selector (fields.EscapeValue of Kubernetes).
std::string escape_field_value(std::string_view value) {
    std::string out;
    for (const char c : value) {
        if (c == '\\' || c == ',' || c == '=') out += '\\';
        out += c;
    }
    return out;
}

bool selects_on_this_side(const SnapshotQuery& query) {
    return query.namespaces.size() > 1 || query.names.size() > 1 || !query.vms.empty();
}

Failure no_list(const Api& api, std::string_view why) {
    return {Exit::kUnreachable, fmt::format("{} did not answer with a whole list of snapshots "
                                            "({}): what was printed is not complete",
                                            api.server(), why)};
}

struct ListEnd {
    std::string resource_version;
    std::string continue_token;
};

Outcome<ListEnd> parse_end(const Api& api, std::string_view envelope) {
    auto value = json::parse(envelope);
    const json::Object* list = value ? value->if_object() : nullptr;
    if (list == nullptr || json::text_at(*list, {"kind"}) != model::kSnapshotListKind)
        return no_list(api, "it is not a VirtualMachineSnapshotList");
    ListEnd end{std::string(json::text_at(*list, {"metadata", "resourceVersion"})),
                std::string(json::text_at(*list, {"metadata", "continue"}))};
    if (end.resource_version.empty()) return no_list(api, "it has no resourceVersion");
    return end;
}

// Reads all pages of a list; at exactly `at_version`, unless that is "".
Outcome<std::optional<std::string>> list_pages(Api& api, const SnapshotQuery& query,
                                               const std::string& at_version,
                                               const net::StreamOptions& options,
                                               const ItemSink& sink, StaleNote* stale) {
    const bool filtered = selects_on_this_side(query);
    std::string more;
    if (!at_version.empty())
        more = "resourceVersionMatch=Exact&resourceVersion=" + base::percent_encode(at_version);
    std::string version;
    std::string token;
    do {
        json::ItemSplitter splitter(
            [&](std::string_view item) -> base::Result<void> {
                if (!filtered) return sink(item);
                SNAPGATE_ASSIGN(auto value, json::parse(item));
                const json::Object* object = value.if_object();
                if (object == nullptr || !selects(query, *object)) return {};
                return sink(item);
            },
            kMostItemBytes);
        SNAPGATE_ASSIGN(auto streamed, api.kube_stream(list_target(query, more), options,
                                                       [&](std::string_view piece) {
                                                           return splitter.feed(piece);
                                                       }));
        if (streamed.end == net::StreamEnd::kStopped) return std::optional<std::string>();
        if (streamed.end != net::StreamEnd::kWhole)
            return no_list(api, streamed.end == net::StreamEnd::kCut
                                    ? "the connection ended within it"
                                    : "nothing more came");
        if (auto finished = splitter.finish(); !finished)
            return no_list(api, finished.error().message);
        SNAPGATE_ASSIGN(ListEnd end, parse_end(api, splitter.envelope()));
        if (stale != nullptr) stale->look(streamed.response);
        // Every page shows the state of the first.
        if (version.empty()) version = std::move(end.resource_version);
        token = std::move(end.continue_token);
        more = "continue=" + base::percent_encode(token);
    } while (!token.empty());
    return std::optional<std::string>(std::move(version));
}

using FoundItems = std::map<std::pair<std::string, std::string>, std::string>;

// One list for each name, all of them at one version. kRefused with status 410 if the server does
// not keep that version long enough.
Outcome<std::optional<std::string>> find_names(Api& api, const SnapshotQuery& query,
                                               const net::StreamOptions& options, FoundItems& found,
                                               StaleNote* stale) {
    std::string version;
    for (const std::string& name : query.names) {
        SnapshotQuery one = query;
        one.names = {name};
        const ItemSink keep = [&found](std::string_view item) -> base::Result<void> {
            SNAPGATE_ASSIGN(const auto value, json::parse(item));
            const json::Object* object = value.if_object();
            if (object == nullptr) return {};
            found.insert_or_assign({std::string(json::text_at(*object, {"metadata", "namespace"})),
                                    std::string(json::text_at(*object, {"metadata", "name"}))},
                                   std::string(item));
            return {};
        };
        SNAPGATE_ASSIGN(auto listed, list_pages(api, one, version, options, keep, stale));
        if (!listed) return std::optional<std::string>();
        version = std::move(*listed);
    }
    return std::optional<std::string>(std::move(version));
}

Outcome<std::optional<std::string>> list_names(Api& api, const SnapshotQuery& query,
                                               const net::StreamOptions& options,
                                               const ItemSink& sink, StaleNote* stale) {
    FoundItems found;
    auto version = find_names(api, query, options, found, stale);
    for (int again = 0; !version && version.error().is_expired() && again < kMostRestarts;
         ++again) {
        found.clear();
        version = find_names(api, query, options, found, stale);
    }
    if (!version || !*version) return version;
    for (const auto& [key, item] : found) SNAPGATE_TRY(sink(item));
    return version;
}

}  // namespace

std::vector<std::string> split_values(const std::vector<std::string>& values) {
    std::vector<std::string> out;
    for (std::string_view rest : values) {
        while (!rest.empty()) {
            std::string_view part = rest.substr(0, rest.find(','));
            rest.remove_prefix(std::min(rest.size(), part.size() + 1));
            size_t first = part.find_first_not_of(' ');
            if (first == std::string_view::npos) continue;
            part = part.substr(first, part.find_last_not_of(' ') - first + 1);
            if (std::find(out.begin(), out.end(), part) == out.end()) out.emplace_back(part);
        }
    }
    return out;
}

std::string list_target(const SnapshotQuery& query, std::string_view more) {
    std::string target = kube_collection(
        query.cluster.uid, query.namespaces.size() == 1 ? query.namespaces.front() : "");
    char separator = '?';
    auto add = [&](std::string_view parameters) {
        target += separator;
        target += parameters;
        separator = '&';
    };
    if (!query.selector.empty()) add("labelSelector=" + base::percent_encode(query.selector));
    if (query.names.size() == 1)
        add("fieldSelector=" +
            base::percent_encode("metadata.name=" + escape_field_value(query.names.front())));
    if (!more.empty()) add(more);
    return target;
}

bool selects(const SnapshotQuery& query, const json::Object& snapshot) {
    return is_among(query.namespaces, json::text_at(snapshot, {"metadata", "namespace"})) &&
           is_among(query.names, json::text_at(snapshot, {"metadata", "name"})) &&
           is_among(query.vms, json::text_at(snapshot, {"spec", "source", "name"}));
}

std::string none_found(const SnapshotQuery& query) {
    const bool filtered = !query.namespaces.empty() || !query.vms.empty() || !query.names.empty() ||
                          !query.selector.empty();
    return fmt::format("No snapshots found in cluster {}{}.", query.cluster.name,
                       filtered ? " that match" : "");
}

Outcome<std::optional<std::string>> list_snapshots(Api& api, const SnapshotQuery& query,
                                                   const net::StreamOptions& options,
                                                   const ItemSink& sink, StaleNote* stale) {
    if (query.names.size() > 1) return list_names(api, query, options, sink, stale);
    return list_pages(api, query, {}, options, sink, stale);
}

}  // namespace snapgate::cli
