#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "access/projects.h"
#include "base/result.h"
#include "cluster/registry.h"
#include "model/types.h"
#include "store/store.h"

namespace snapgate::cluster {

// How many objects a project may have, and where those are that count: of every kind that is kept,
// but for namespaces, in all its clusters. As the registry was when it was made; a cluster that was
// made since counts from the next one on. Any thread.
class ObjectQuota {
  public:
    // Null if the project has no such quota.
    static std::shared_ptr<const ObjectQuota> of(const std::string& project,
                                                 const access::ProjectTable::Rows& projects,
                                                 const ClusterTable::Rows& clusters);

    // The objects that there are, at the newest state. Reader is a ReadView or a WriteTxn, which
    // sees what its own group of writes has changed. Without those of `except`, the number of one
    // kind of a cluster in the store.
    template <class Reader>
    base::Result<uint64_t> used(Reader& reader, model::ClusterNumber except = 0) const {
        uint64_t sum = 0;
        for (const auto& [number, kind] : counted_) {
            if (number == except) continue;
            auto count = reader.count(number, kind);
            // A cluster that was deleted meanwhile has none.
            if (!count && count.error().code == base::Code::kNotFound) continue;
            if (!count) return std::move(count).error();
            sum += *count;
        }
        return sum;
    }

    // kQuotaExceeded unless `more` objects may come to the `used` ones.
    base::Result<void> check(uint64_t used, uint64_t more) const {
        return access::check_quota(project_, "objects", used, more, allowed_);
    }

  private:
    std::string project_;  // its name
    uint64_t allowed_ = 0;
    std::vector<std::pair<model::ClusterNumber, model::Kind>> counted_;
};

}  // namespace snapgate::cluster
