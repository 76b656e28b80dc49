#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/types.h"
#include "store/store.h"

namespace snapgate::query {

// Walks the objects of one kind in one cluster as they were at a revision, by namespace and name:
// all of them, or those in some namespaces; of snapshots also those of some VMs, merged. The walk
// goes in steps, each in a view of its own. Belongs to one thread at a time.
//
//   ObjectWalk walk(cluster, Kind::kSnapshot, revision, vms, namespaces, {});
//   bool standing = walk.begin(view, rows).value();
//   while (standing) { use(walk.found()); standing = walk.advance().value(); }
//   walk.end();  // then begin() again with a later view, if walk.paused()
class ObjectWalk {
  public:
    // `cluster`: the number that the objects of the kind have. `vms` (of kSnapshot alone) and
    // `namespaces`: sorted, each once; none means all. `from`: the first place that is looked at.
    ObjectWalk(model::ClusterNumber cluster, model::Kind kind, model::Revision at,
               const std::vector<std::string>& vms, std::vector<std::string> namespaces,
               const model::ObjectKey& from);

    // Begins a step that looks at about `rows` rows. True if the walk stands on an object; false if
    // there is none, or if it paused.
    base::Result<bool> begin(const store::ReadView& view, size_t rows);
    // The object that the walk stands on: views, good until the next call.
    const store::Found& found() const { return merge_.front()->scan->found(); }
    // Moves to the next object. Returns as begin().
    base::Result<bool> advance();
    // Says that the step is over although the walk stands on an object: the next one begins with
    // it.
    void pause() { paused_ = true; }
    // Ends the step: each source keeps the place where a later step goes on.
    void end();
    // Whether the step ended before the end of the objects.
    bool paused() const { return paused_; }

  private:
    // One ordered run of objects: the whole cluster, or one VM's. `at` is the place where it goes
    // on in a later view.
    struct Source {
        std::string vm;  // "" for the whole cluster
        model::ObjectKey at;
        bool ended = false;
        std::optional<store::ReadView::Scan> scan;  // within one step
    };

    // Moves to the first object at or after `source.at` that the namespace filter accepts. False if
    // there is none, or if the budget ran out (then source.scan is exhausted).
    base::Result<bool> settle(Source& source, const store::ReadView& view, size_t budget);
    base::Result<bool> skip_other_namespaces(Source& source) const;

    model::ClusterNumber cluster_;
    model::Kind kind_;
    model::Revision at_;
    std::vector<std::string> namespaces_;
    std::vector<Source> sources_;
    // A heap of the sources that stand on an object, the first object in front.
    std::vector<Source*> merge_;
    bool paused_ = false;
};

}  // namespace snapgate::query
