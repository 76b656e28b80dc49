#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "access/projects.h"
#include "base/result.h"
#include "cluster/registry.h"
#include "model/object.h"
#include "model/types.h"
#include "store/store.h"

namespace snapgate::cluster {

// The number of objects, and the sum of the sizes of their texts as they are stored.
struct ObjectSum {
    uint64_t objects = 0;
    uint64_t bytes = 0;
};

// By how much a write changes that.
struct ObjectGrowth {
    int64_t objects = 0;
    int64_t bytes = 0;

    // An object whose text will be `size` bytes long comes, in the place of `before` if there is
    // one.
    void put(uint64_t size, const model::StoredObject* before);
};

// How long the text of a hosted object will be as it is stored: with the resource version, for
// which there is room as `before` has it, or for the longest.
uint64_t stored_size(const model::PreparedObject& object, const model::StoredObject* before);

// How many objects a project may have, and of what size together, and where those are that count:
// of every kind that is kept, but for namespaces, in all its clusters. As the registry was when it
// was made; a cluster that was made since counts from the next one on. Any thread.
class ObjectQuota {
  public:
    // Null if the project has no such quota.
    static std::shared_ptr<const ObjectQuota> of(const std::string& project,
                                                 const access::ProjectTable::Rows& projects,
                                                 const ClusterTable::Rows& clusters);

    // What there is, at the newest state; what is not bounded is not counted. Reader is a ReadView
    // or a WriteTxn, which sees what its own group of writes has changed.
    template <class Reader>
    base::Result<ObjectSum> used(Reader& reader) const {
        ObjectSum sum;
        for (const auto& [number, kind] : counted_) {
            if (objects_) SNAPGATE_TRY(add(reader.count(number, kind), sum.objects));
            if (bytes_) SNAPGATE_TRY(add(reader.bytes(number, kind), sum.bytes));
        }
        return sum;
    }

    // Whether check() may refuse that much: if not, nobody needs to know what is used.
    bool bounds(const ObjectGrowth& growth) const {
        return (objects_ && growth.objects > 0) || (bytes_ && growth.bytes > 0);
    }

    // kQuotaExceeded unless that much may come to what is used. What does not grow is never
    // refused.
    base::Result<void> check(const ObjectSum& used, const ObjectGrowth& growth) const;

  private:
    // A cluster that was deleted meanwhile has none.
    static base::Result<void> add(base::Result<uint64_t> count, uint64_t& sum);

    std::string project_;  // its name
    std::optional<uint64_t> objects_;
    std::optional<uint64_t> bytes_;
    std::vector<std::pair<model::ClusterNumber, model::Kind>> counted_;
};

}  // namespace snapgate::cluster
