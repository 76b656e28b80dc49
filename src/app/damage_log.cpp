#include "app/damage_log.h"

#include <chrono>
#include <map>
#include <memory>
#include <string>

#include "base/annotations.h"
#include "base/log.h"

namespace snapgate::app {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kQuiet{60};
// So many rows are remembered; of a store with more damage some are logged more often.
constexpr size_t kMostRemembered = 1000;

class DamageLog {
  public:
    explicit DamageLog(const cluster::ClusterTable& clusters) : clusters_(clusters) {}

    void note(const store::DamagedRow& row) {
        if (!is_due(row)) return;
        std::string uid;
        std::string name;
        const auto clusters = clusters_.snapshot();
        for (const auto& [one, cluster] : *clusters) {
            if (!row.cluster || !cluster.has_number(*row.cluster)) continue;
            uid = one;
            name = cluster.name;
        }
        base::log::error(row.of_page ? "the store is damaged: a page lacks rows, see snapgate fsck"
                                     : "the store is damaged: a row does not have its checksum",
                         {{"row", row.what},
                          {"cluster", uid},
                          {"clusterName", name},
                          {"namespace", row.key.ns},
                          {"name", row.key.name}});
    }

  private:
    bool is_due(const store::DamagedRow& row) SNAPGATE_EXCLUDES(mutex_) {
        const base::MutexLock lock(mutex_);
        const Clock::time_point now = Clock::now();
        if (told_.size() >= kMostRemembered) told_.clear();
        auto& last = told_[{row.cluster.value_or(0), row.what}];
        if (last != Clock::time_point() && now - last < kQuiet) return false;
        last = now;
        return true;
    }

    const cluster::ClusterTable& clusters_;
    base::Mutex mutex_;
    std::map<std::pair<model::ClusterNumber, std::string>, Clock::time_point> told_
        SNAPGATE_GUARDED_BY(mutex_);
};

}  // namespace

void log_damage(store::Store& store, const cluster::ClusterTable& clusters) {
    const auto log = std::make_shared<DamageLog>(clusters);
    store.tell_of_damage([log](const store::DamagedRow& row) { log->note(row); });
}

}  // namespace snapgate::app
