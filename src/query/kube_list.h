#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "query/listing.h"
#include "query/selector.h"
#include "store/store.h"
#include "store/walk.h"

namespace snapgate::query {

// The request of a list of Kubernetes' API.
struct KubeListRequest {
    enum class Match { kUnset, kExact, kNotOlderThan };

    model::Kind kind = model::Kind::kSnapshot;
    std::string ns;  // "": all namespaces
    Selector selector;
    std::string selector_text;  // as the client sent it; distinguishes listings
    uint64_t limit = 0;         // 0: all
    std::string continue_token;
    // The state to show. nullopt: the newest; 0: any state, and then the whole list whatever the
    // limit.
    std::optional<model::Revision> version;
    std::string mirror_version;  // on a mirror, instead of `version`: one of the cluster's own
    Match match = Match::kUnset;

    // Whether the list must show exactly the version.
    bool exact() const;
    // Whether no object can match.
    bool nothing() const;
    // The only namespace that objects can be in; nullopt if there may be several.
    std::optional<std::string> only_namespace() const;
};

// A list of a cluster's objects in Kubernetes' API, in pages or as a whole, by the rules of
// kube-apiserver's storage. A watch uses it for the state that it begins with. Belongs to one
// thread at a time; keeps no read view between its calls.
class KubeList {
  public:
    // Finds the revision and the place to begin. kNotFound: the store has no such cluster;
    // kInvalidParameter: the token is broken, or of another cluster or kind; kExpired: the version
    // is no longer kept (with a new token, if the version came from a token); kFutureVersion: the
    // cluster has not reached the version yet, so plan again later.
    static base::Result<KubeList> plan(const ListContext& context, const store::ReadView& view,
                                       ListedCluster cluster, KubeListRequest request);

    // Appends one object to `out`.
    using Item = std::function<base::Result<void>(const store::Found&, std::string& out)>;

    // Appends objects until `out` holds `full` bytes, or about Listing::kStepRows rows were looked
    // at. True when the page is complete. kExpired if its state was compacted since the last step:
    // hold its history to prevent that.
    base::Result<bool> step(const store::ReadView& view, std::string& out, size_t full,
                            const Item& item);

    // A place between two steps, from which the same objects can be passed again.
    struct Mark {
        model::ObjectKey at;
        uint64_t items = 0;
    };
    Mark mark() const { return {at_, page_.items}; }
    void return_to(const Mark& mark) {
        at_ = mark.at;
        page_.items = mark.items;
        page_.more = false;
    }

    // Whether many objects may have to be read for each one that is shown.
    bool searches() const { return request_.selector.searches(); }
    // Next to no memory is kept between the steps.
    static size_t kept_bytes() { return 0; }
    const Listing& listing() const { return listing_; }
    // The list's resource version.
    const std::string& version() const { return listing_.version(); }
    // For a complete page: the token of the next one; "" if this is the last.
    std::string continue_token() const;
    // The number of objects after a complete page, if it is known; never with a selector.
    std::optional<uint64_t> remaining() const { return page_.remaining(); }

  private:
    KubeList(const ListContext& context, ListedCluster cluster, KubeListRequest request);

    base::Result<void> begin(const store::ReadView& view);
    // Begins at the version that the request names: a version of this store, or of a mirror's
    // cluster.
    base::Result<void> begin_at_version(const store::ReadView& view);
    base::Result<void> begin_at_mirrored(const store::ReadView& view);
    base::Result<void> resume(const store::ReadView& view);
    base::Error version_ahead(std::string_view version) const;
    // The place where a page after `after` begins.
    model::ObjectKey place_after(const model::ObjectKey& after) const;
    // Counts the objects; `newest` is the head's revision.
    base::Result<void> count_first(const store::ReadView& view, model::Revision newest);
    base::Result<void> count_rest(const store::ReadView& view);
    // Whether an object can be in the list, by the only possible namespace and name. kOn: it can;
    // kEnd: it is after all that can; kSeek: the next one that can is at at_.
    store::Step place(const store::Found& object);

    KubeListRequest request_;
    Listing listing_;
    std::optional<std::string> one_ns_;    // the only possible namespace
    std::optional<std::string> one_name_;  // the only possible name
    PageCount page_;
    model::ObjectKey at_;    // the place where the next step begins
    model::ObjectKey last_;  // the last object of a page that is not the last
    bool begun_ = false;
};

}  // namespace snapgate::query
