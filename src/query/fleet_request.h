#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "query/list_request.h"
#include "query/snapshot_filter.h"
#include "query/sort_order.h"
#include "query/verdict.h"

namespace snapgate::query {

// How a list is written.
enum class ListFormat : uint8_t {
    kPage,    // a page of objects
    kCsv,     // every match, a line each
    kNdjson,  // every match, a flat object each
    kRows,    // a page of those flat objects
    kEvents,  // every match, and then each change, as server-sent events
};

// What is asked about the snapshots of a fleet.
enum class Question : uint8_t {
    kList,
    kSummary,
    kProtection,  // of VMs by their snapshots
    kSources,     // how old what is known of each cluster is; it has no parameters
};

// The request of a question that filters by facts, sorts, or goes over a fleet.
struct FleetRequest {
    static constexpr uint32_t kUsualLimit = kMaxLimit;
    static constexpr uint32_t kMostOfFleet = 1000;
    static constexpr uint32_t kMostOfCluster = kMaxLimit;

    SnapshotFilter filter;
    std::optional<SortOrder> order;
    uint64_t limit = kUsualLimit;
    std::string continue_token;  // "" for the first page
    // As the parameter `format` says; else the caller sets what is wanted.
    std::optional<ListFormat> format;
    // The columns of a flat table that are wanted, in their order; none of them means all.
    std::vector<std::string> columns;
    bool kubernetes_form = false;  // objects in the form of Kubernetes' API
    std::string query;             // kListingDigestBytes of all that a token is bound to

    // As rows of a flat table.
    bool is_flat() const {
        return format == ListFormat::kCsv || format == ListFormat::kNdjson ||
               format == ListFormat::kRows;
    }
    // Of a stream of events: whether what is there at its beginning comes first.
    bool initial_events = true;

    // Of a list in Kubernetes' API alone (kube_fleet_list.h):
    model::Kind kind = model::Kind::kSnapshot;
    bool nothing = false;               // no object can be selected
    std::optional<model::Revision> at;  // the older state that the first page shows

    // Of kProtection alone:
    static constexpr facts::Seconds kUsualMaxAge = 24 * 3600;
    facts::Seconds max_age = kUsualMaxAge;
    SetOf<Verdict> verdicts;
    std::optional<VmOrder> vm_order;
    // Only a snapshot that is application-consistent, or of a VM that was off, is good enough.
    bool application_only = false;
    bool gone = false;     // also VMs that are not there any more
    bool ignored = false;  // also VMs that are marked to be left out
};

// Reads the query of a URL about the cluster with the uid `cluster`, or kAllClusters. An unknown
// parameter is refused, but for a list of one cluster, where it is ignored, as it always was.
// kInvalidParameter names the parameter and the value.
base::Result<FleetRequest> parse_fleet_request(std::string_view query, std::string_view cluster,
                                               Question question);

// Refuses a choice of columns where the answer is no flat table. `request.format` is what the
// answer has. kInvalidParameter.
base::Result<void> check_columns(const FleetRequest& request);

// Whether the request can be answered by a stream of events, which has neither order nor pages, and
// to which time alone brings nothing. kInvalidParameter names what cannot be.
base::Result<void> check_is_stream(const FleetRequest& request);

// Whether the query of a list of one cluster has a parameter that only parse_fleet_request() knows.
// Without one, list_request.h reads it.
bool asks_for_facts(std::string_view query);

}  // namespace snapgate::query
