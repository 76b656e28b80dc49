#include "objects/cluster_collector.h"

#include <memory>
#include <utility>
#include <vector>

#include "objects/owner_notes.h"
#include "objects/ownership.h"
#include "store/walk.h"

namespace snapgate::objects {

using base::Code;
using base::Result;
using model::Kind;

// After work failed.
constexpr std::chrono::seconds kOwnerRetry{10};

Result<ClusterCollector::Progress> ClusterCollector::step() {
    if (!complete_) {
        SNAPGATE_TRY(note_some());
        return Progress::kMore;
    }
    if (!pass_) {
        SNAPGATE_ASSIGN(const Progress next, next_pass());
        if (next != Progress::kMore || !pass_) return next;
    }
    SNAPGATE_ASSIGN(const auto progress, pass_->step());
    switch (progress) {
        case CollectorPass::Progress::kMore:
            return Progress::kMore;
        case CollectorPass::Progress::kDone:
            did_any_ = true;
            after_ = pass_->work().key;
            break;
        case CollectorPass::Progress::kAgain:
            break;
        case CollectorPass::Progress::kFailed:
            after_ = pass_->work().key;
            failed_[after_] = std::chrono::steady_clock::now() + kOwnerRetry;
            break;
    }
    end_pass();
    return Progress::kMore;
}

void ClusterCollector::end_pass() {
    removed_ += pass_->removed();
    updated_ += pass_->updated();
    pass_.reset();
}

Result<ClusterCollector::Progress> ClusterCollector::next_pass() {
    const store::ReadView view = store_.read();
    SNAPGATE_ASSIGN(const auto head, view.head(cluster_));
    if (!head) return base::Error(Code::kNotFound, "the cluster is gone");
    SNAPGATE_ASSIGN(auto work, next_work(view, cluster_, after_));
    if (work && is_put_off(work->key)) {
        after_ = std::move(work->key);
        return Progress::kMore;
    }
    if (work) {
        pass_.emplace(store_, cluster_, std::move(*work), audit_);
        return Progress::kMore;
    }
    after_.clear();
    // What was done may have brought more.
    if (std::exchange(did_any_, false)) return Progress::kMore;
    return failed_.empty() ? Progress::kIdle : Progress::kLater;
}

bool ClusterCollector::is_put_off(const std::string& work) {
    const auto failed = failed_.find(work);
    if (failed == failed_.end()) return false;
    if (std::chrono::steady_clock::now() < failed->second) return true;
    failed_.erase(failed);
    return false;
}

Result<void> ClusterCollector::note_some() {
    constexpr size_t kRows = 5'000;
    auto found = std::make_shared<std::vector<model::ObjectKey>>();
    bool more = false;
    {
        const store::ReadView view = store_.read();
        SNAPGATE_ASSIGN(const auto head, view.head(cluster_));
        if (!head) return base::Error(Code::kNotFound, "the cluster is gone");
        SNAPGATE_ASSIGN(complete_, is_complete(view, cluster_));
        if (complete_) return {};
        const auto look = [this, &found](const store::Found& object) -> Result<store::Step> {
            if (found->size() == store_.batch_objects()) return store::Step::kPause;
            SNAPGATE_ASSIGN(const Ownership is, read_ownership(object.object));
            if (!is.owners.empty() || is.going)
                found->push_back({std::string(object.ns), std::string(object.name)});
            return store::Step::kOn;
        };
        SNAPGATE_ASSIGN(more,
                        store::walk(view.scan(cluster_, Kind::kSnapshot, head->revision, kRows),
                                    note_from_, look));
    }
    if (more && found->empty()) return {};
    SNAPGATE_TRY(store_.write_and_wait(
        store::Priority::kBatch, [this, found, more](store::WriteTxn& txn) -> Result<void> {
            SNAPGATE_ASSIGN(const bool there, txn.has_cluster(cluster_));
            if (!there) return base::Error(Code::kNotFound, "the cluster is gone");
            for (const auto& [ns, name] : *found) {
                SNAPGATE_ASSIGN(const auto snapshot, txn.get(cluster_, Kind::kSnapshot, ns, name));
                if (snapshot) SNAPGATE_TRY(note_existing(txn, cluster_, *snapshot));
            }
            return more ? Result<void>() : note_complete(txn, cluster_);
        }));
    complete_ = !more;
    return {};
}

}  // namespace snapgate::objects
