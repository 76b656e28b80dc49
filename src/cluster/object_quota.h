#pragma once

#include <cstdint>
#include <functional>
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

// By how much a write changes the number of objects, and the sum of the sizes of their texts.
struct ObjectGrowth {
    int64_t objects = 0;
    int64_t bytes = 0;

    ObjectGrowth& operator+=(const ObjectGrowth& other) {
        objects += other.objects;
        bytes += other.bytes;
        return *this;
    }

    // An object whose text will be `size` bytes long comes, in the place of `before` if there is
    // one.
    void put(uint64_t size, const model::StoredObject* before);
};

// Those of what there is.
struct ObjectSum {
    uint64_t objects = 0;
    uint64_t bytes = 0;

    // As if that had been written. Less than nothing is nothing.
    void grow(const ObjectGrowth& growth);
};

// How long the text of a hosted object will be as it is stored: with the resource version, for
// which there is room as `before` has it, or for the longest.
uint64_t stored_size(const model::PreparedObject& object, const model::StoredObject* before);

// Where the objects of a project are that count for its quota: of every kind that is kept, in all
// its clusters. The namespaces of hosted clusters are among them; those of connected ones are not
// kept.
std::vector<std::pair<model::ClusterNumber, model::Kind>> counted_objects(
    const std::string& project, const ClusterTable::Rows& clusters);

// How many objects a project may have, and of what size together, and where those are that count.
// As the registry was when it was made; a cluster that was made since counts from the next one on.
// Any thread.
class ObjectQuota {
  public:
    // Null if the project has no such quota.
    static std::shared_ptr<const ObjectQuota> of(const access::Project& project,
                                                 const ClusterTable::Rows& clusters);
    // The same; null also if there is no such project.
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

    // The same with what there is, which is counted where it matters alone.
    template <class Reader>
    base::Result<void> check_growth(Reader& reader, const ObjectGrowth& growth) const {
        if (!bounds(growth)) return {};
        SNAPGATE_ASSIGN(const ObjectSum sum, used(reader));
        return check(sum, growth);
    }

  private:
    // A cluster that was deleted meanwhile has none.
    static base::Result<void> add(base::Result<uint64_t> count, uint64_t& sum);

    std::string project_;  // its name
    std::optional<uint64_t> objects_;
    std::optional<uint64_t> bytes_;
    std::vector<std::pair<model::ClusterNumber, model::Kind>> counted_;
};

// Finds the quota that holds now, for what goes on for long; null: there is none. Any thread.
using FindQuota = std::function<std::shared_ptr<const ObjectQuota>()>;

}  // namespace snapgate::cluster
