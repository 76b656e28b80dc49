#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "query/list_request.h"
#include "query/listing.h"
#include "query/object_walk.h"
#include "query/page_count.h"
#include "store/store.h"

namespace snapgate::query {

// One page of Palette's list: the snapshots of some VMs in some namespaces, merged by namespace and
// name. Every page of one listing shows the head at its first page. Belongs to one thread at a
// time; keeps no read view between its calls, so that a long page can be made in steps with other
// work between them.
//
//   auto page = PaletteList::plan(context, view, cluster, request);   // then page->etag()
//   while (true) { auto view = store.read(); if (page->step(view, body, append).value()) break; }
class PaletteList {
  public:
    // Finds the revision and the place to begin. kNotFound: the store has no such cluster;
    // kInvalidParameter: the token is broken or belongs to another query; kExpired, with a new
    // token: the token's revision is too old, or of another store.
    static base::Result<PaletteList> plan(const ListContext& context, const store::ReadView& view,
                                          ListedCluster cluster, ListRequest request);

    // Identifies the content of this page: equal requests at one state have one ETag. It is a weak
    // ETag.
    const std::string& etag() const { return etag_; }

    // Passes objects to `append`, which writes them: base::Result<void>(const store::Found&,
    // std::string& out). Stops once `out` holds `full` bytes, the objects of the page weigh
    // kMostPageBytes, or about Listing::kStepRows rows were looked at. True when the page is
    // complete. kExpired, with a token, if its state was compacted since the last step: hold its
    // history to prevent that. After an error discard the appended bytes.
    template <class Append>
    base::Result<bool> step(const store::ReadView& view, std::string& out, size_t full,
                            const Append& append) {
        SNAPGATE_TRY(check_readable(view));
        begun_ = true;
        SNAPGATE_ASSIGN(bool standing, walk_->begin(view, Listing::kStepRows));
        std::optional<store::Found> last;
        while (standing && page_.items < request_.limit && bytes_ < kMostPageBytes) {
            if (out.size() >= full) {
                walk_->pause();
                break;
            }
            last = walk_->found();
            const size_t before = out.size();
            SNAPGATE_TRY(append(*last, out));
            bytes_ += out.size() - before;
            ++page_.items;
            SNAPGATE_ASSIGN(standing, walk_->advance());
        }
        return end_step(standing, last);
    }

    // A place between two steps, from which the same objects can be passed again.
    struct Mark {
        std::optional<model::ObjectKey> after;
        uint64_t items = 0;
        size_t bytes = 0;
    };
    Mark mark() const { return {after_, page_.items, bytes_}; }
    void return_to(const Mark& mark);

    // The number of objects that were passed to `append`.
    uint64_t items() const { return page_.items; }
    // The store's indexes lead to all that is shown (KubeList::searches).
    static bool searches() { return false; }
    // Next to no memory is kept between the steps.
    static size_t kept_bytes() { return 0; }
    const Listing& listing() const { return listing_; }
    // The list's resource version.
    const std::string& version() const { return listing_.version(); }
    // For a complete page: the token of the next one; "" if this is the last.
    std::string continue_token() const;
    // The number of objects after a complete page that is not the last; nullopt if it is not known.
    std::optional<uint64_t> remaining() const { return page_.remaining(); }

  private:
    PaletteList(const ListContext& context, ListedCluster cluster, ListRequest request);

    base::Result<void> count_items(const store::ReadView& view);
    void make_etag();
    // Lets the walk begin behind after_.
    void start_walk();
    // Whether the state of the page can still be read, if this is not its first step.
    base::Result<void> check_readable(const store::ReadView& view) const;
    // Leaves the walk at the place where a later step goes on. True if the page is complete.
    base::Result<bool> end_step(bool standing, const std::optional<store::Found>& last);

    ListRequest request_;
    Listing listing_;
    std::string etag_;
    std::optional<model::ObjectKey> after_;  // the page begins after this object
    std::optional<ObjectWalk> walk_;         // once it is planned
    PageCount page_;
    size_t bytes_ = 0;  // that `append` wrote
    bool begun_ = false;
};

}  // namespace snapgate::query
