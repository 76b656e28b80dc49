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

// What a list of Kubernetes' API was asked for.
struct KubeListRequest {
    enum class Match { kUnset, kExact, kNotOlderThan };

    model::Kind kind = model::Kind::kSnapshot;
    std::string ns;  // "": all namespaces
    Selector selector;
    std::string selector_text;  // as it was given: tells one listing from another
    uint64_t limit = 0;         // 0: all
    std::string continue_token;
    // The state to show: nullopt the newest; 0 any (and then all of it, whatever the limit).
    std::optional<model::Revision> version;
    std::string mirror_version;  // instead of it on a mirror: one of the cluster's own
    Match match = Match::kUnset;
};

// A list of a cluster's objects as Kubernetes' API gives it, in pages or whole, by the rules of
// kube-apiserver's storage; also the state that a watch begins with. Belongs to one thread at a
// time; keeps no read view between its calls.
class KubeList {
  public:
    // Finds the revision and the place to begin. kNotFound: no such cluster in the store;
    // kInvalidParameter: a token that is broken, of another cluster or kind; kExpired: the version
    // is no longer kept (with a token to go on from, if it came from one); kFutureVersion: it is
    // not reached yet: plan again later.
    static base::Result<KubeList> plan(const ListContext& context, const store::ReadView& view,
                                       ListedCluster cluster, KubeListRequest request);

    // Appends one object to `out`.
    using Item = std::function<base::Result<void>(const store::Found&, std::string& out)>;

    // Appends objects until `out` holds `full` bytes, or about kStepRows rows were looked at. True
    // when the page is whole. kExpired if its state went away since the last step: hold its history
    // to prevent that.
    base::Result<bool> step(const store::ReadView& view, const Item& item, size_t full,
                            std::string& out);

    model::Revision revision() const { return listing_.revision(); }
    // The list's resource version.
    const std::string& version() const { return listing_.version(); }
    // Of a whole page: where the next one begins; "" if this is the last.
    std::string continue_token() const;
    // How many objects come after a whole page, if that is known; never with a selector.
    std::optional<uint64_t> remaining() const;

    static constexpr size_t kStepRows = 20'000;

  private:
    KubeList(const ListContext& context, ListedCluster cluster, KubeListRequest request);

    base::Result<void> begin(const store::ReadView& view);
    // At the version that the request names: one of this store, or of a mirror's cluster.
    base::Result<void> begin_at_version(const store::ReadView& view);
    base::Result<void> begin_at_mirrored(const store::ReadView& view);
    base::Result<void> resume(const store::ReadView& view);
    base::Error version_ahead(std::string_view version) const;
    // Whether the version is an exact one.
    bool exact() const;
    // No name can be what is asked for.
    bool nothing() const;
    // Where a page after `after` begins.
    model::ObjectKey place_after(const model::ObjectKey& after) const;
    // `newest`: the head's revision, whose objects are counted.
    base::Result<void> count_first(const store::ReadView& view, model::Revision newest);
    base::Result<void> count_rest(const store::ReadView& view);
    // Whether an object may be of the list, by the only namespace and name that there can be:
    // kOn; kEnd behind all that may be; kSeek if the next that may be is at at_.
    store::Step place(const store::Found& object);

    KubeListRequest request_;
    Listing listing_;
    std::optional<std::string> one_ns_;    // the only namespace there can be
    std::optional<std::string> one_name_;  // the only name
    std::optional<uint64_t> left_;         // from the first object of this page on
    model::ObjectKey at_;                  // where the next step begins
    model::ObjectKey last_;                // of this page, once more_ is true
    uint64_t items_ = 0;
    bool begun_ = false;
    bool more_ = false;  // the page is full, and there are objects behind it
};

}  // namespace snapgate::query
