#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "cluster/reflected_kind.h"
#include "json/cluster_answers.h"
#include "json/list_reader.h"
#include "mirror/collector.h"
#include "mirror/setback.h"
#include "mirror/skipped_objects.h"
#include "mirror/upstream.h"
#include "net/http/http.h"

namespace snapgate::mirror {

// One page of a list, as it arrives: its objects go to the collector, and those that cannot be
// shown to `skipped`. One thread; what it is given outlives it.
class ListPage {
  public:
    ListPage(const cluster::ReflectedKind& kind, Collector& objects, SkippedObjects& skipped);
    ListPage(const ListPage&) = delete;
    ListPage& operator=(const ListPage&) = delete;

    // A Setback for what no Kubernetes API server answers.
    Outcome<void> feed(std::string_view piece);
    // At the end of the answer.
    Outcome<json::ListHead> finish();

  private:
    base::Result<void> take(std::string_view item);

    const cluster::ReflectedKind& kind_;
    Collector& objects_;
    SkippedObjects& skipped_;
    std::optional<Setback> failed_;
    json::ListReader list_;
};

struct ListParts {
    Upstream& upstream;
    const cluster::ReflectedKind& kind;
    Collector& objects;
    SkippedObjects& skipped;
    std::string path;                   // of the kind
    std::chrono::milliseconds silence;  // the longest wait for the next byte
};
// Takes in a list of everything, page by page, and returns its version. Whether it is published is
// the caller's to decide. What `parts` names outlives it.
net::Awaitable<Outcome<std::string>> take_list(ListParts parts, std::string query);

// What a list is asked for with: the newest state, or one that is not older than `version`, the
// last one that was seen ("" for none).
std::string list_query(std::string_view version, bool newest);

}  // namespace snapgate::mirror
