#include "cluster/object_quota.h"

#include <algorithm>
#include <limits>

#include "cluster/reflected_kind.h"

namespace snapgate::cluster {

using base::Code;
using base::Result;

void ObjectGrowth::put(uint64_t size, const model::StoredObject* before) {
    bytes += static_cast<int64_t>(size);
    if (before == nullptr) {
        ++objects;
    } else {
        bytes -= static_cast<int64_t>(before->text.size());
    }
}

void ObjectSum::grow(const ObjectGrowth& growth) {
    const auto grown = [](uint64_t sum, int64_t by) {
        return static_cast<uint64_t>(std::max(static_cast<int64_t>(sum) + by, int64_t{0}));
    };
    objects = grown(objects, growth.objects);
    bytes = grown(bytes, growth.bytes);
}

uint64_t stored_size(const model::PreparedObject& object, const model::StoredObject* before) {
    constexpr size_t kLongestRevision = std::numeric_limits<model::Revision>::digits10 + 1;
    return object.text.size() + (before == nullptr ? kLongestRevision : before->version.size());
}

std::vector<std::pair<model::ClusterNumber, model::Kind>> counted_objects(
    const std::string& project, const ClusterTable::Rows& clusters) {
    std::vector<std::pair<model::ClusterNumber, model::Kind>> counted;
    for (const auto& [uid, cluster] : clusters) {
        if (cluster.project != project) continue;
        for (const ReflectedKind& kind : reflected_kinds())
            counted.emplace_back(cluster.number_of(kind.stored), kind.stored);
        if (cluster.connected()) continue;
        counted.emplace_back(cluster.number_of(model::Kind::kNamespace), model::Kind::kNamespace);
    }
    return counted;
}

std::shared_ptr<const ObjectQuota> ObjectQuota::of(const access::Project& project,
                                                   const ClusterTable::Rows& clusters) {
    if (!project.quota.bounds_objects()) return nullptr;
    auto quota = std::make_shared<ObjectQuota>();
    quota->project_ = project.name;
    quota->objects_ = project.quota.objects;
    quota->bytes_ = project.quota.bytes;
    quota->counted_ = counted_objects(project.uid, clusters);
    return quota;
}

std::shared_ptr<const ObjectQuota> ObjectQuota::of(const std::string& project,
                                                   const access::ProjectTable::Rows& projects,
                                                   const ClusterTable::Rows& clusters) {
    const auto owner = projects.find(project);
    return owner == projects.end() ? nullptr : of(owner->second, clusters);
}

Result<void> ObjectQuota::check(const ObjectSum& used, const ObjectGrowth& growth) const {
    if (growth.objects > 0) {
        SNAPGATE_TRY(access::check_quota(project_, "objects", used.objects,
                                         static_cast<uint64_t>(growth.objects), objects_));
    }
    if (growth.bytes <= 0) return {};
    return access::check_quota(project_, "bytes", used.bytes, static_cast<uint64_t>(growth.bytes),
                               bytes_);
}

Result<void> ObjectQuota::add(Result<uint64_t> count, uint64_t& sum) {
    if (!count && count.error().code == Code::kNotFound) return {};
    if (!count) return std::move(count).error();
    sum += *count;
    return {};
}

}  // namespace snapgate::cluster
