#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "base/annotations.h"
#include "model/types.h"

namespace snapgate::store {

// The revisions that compaction must leave readable, and until when. Any thread. A hold may outlive
// the store.
class Holds : public std::enable_shared_from_this<Holds> {
  public:
    // Holds `revision` until the result is destroyed, or until `until_ms`.
    std::shared_ptr<void> hold(model::ClusterNumber cluster, model::Revision revision,
                               int64_t until_ms);
    // The oldest held revision of the cluster; UINT64_MAX if there is none.
    model::Revision oldest(model::ClusterNumber cluster, int64_t now_ms) const;

  private:
    struct Hold {
        model::ClusterNumber cluster = 0;
        model::Revision revision = 0;
        int64_t until_ms = 0;
    };

    void release(uint64_t id);

    mutable base::Mutex mutex_;
    std::map<uint64_t, Hold> holds_ SNAPGATE_GUARDED_BY(mutex_);
    uint64_t next_ SNAPGATE_GUARDED_BY(mutex_) = 1;
};

}  // namespace snapgate::store
