// Random histories against a simple model in memory. SNAPGATE_STEPS makes it longer.
#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

#include "store/history_testing.h"

namespace snapgate::store {
namespace {

using base::Code;

class HistoryTest : public HistoryFixture {
  protected:
    // One change that a write function makes, and what became of it.
    struct Change {
        ClusterNumber cluster = 0;
        Place place;
        std::optional<model::PreparedObject> object;  // none: erase
        Revision revision = 0;                        // 0: nothing was there to erase
    };

    Change random_change(ClusterNumber cluster) {
        Change change{cluster, random_place(), {}, 0};
        if (chance(4)) return change;
        std::string vm = change.place.kind == Kind::kSnapshot ? random_vm() : "";
        size_t size = chance(5) ? pick(6000) : pick(60);
        change.object = make_object(change.place.ns, change.place.name, vm,
                                    std::string(size, static_cast<char>('a' + pick(26))));
        return change;
    }

    static WriteFunction apply(std::vector<Change>& changes, bool fail_at_the_end) {
        return [&changes, fail_at_the_end](WriteTxn& txn) -> base::Result<void> {
            for (Change& change : changes) {
                const Place& place = change.place;
                if (change.object) {
                    SNAPGATE_ASSIGN(change.revision,
                                    txn.put(change.cluster, place.kind, *change.object));
                    continue;
                }
                SNAPGATE_ASSIGN(bool erased,
                                txn.erase(change.cluster, place.kind, place.ns, place.name));
                change.revision = 0;
                if (!erased) continue;
                SNAPGATE_ASSIGN(auto left,
                                txn.get(change.cluster, place.kind, place.ns, place.name));
                if (left) return base::Error(Code::kInternal, "still there after erase");
                change.revision = 1;  // looked up in the log below
            }
            if (fail_at_the_end) return base::Error(Code::kConflict, "on purpose");
            return {};
        };
    }

    // What the changes of a committed write make of the model. The revision of an erase is the next
    // one after the change before it, as all of a function's changes follow each other.
    void note(const std::vector<Change>& changes, Revision before) {
        Revision revision = before;
        for (const Change& change : changes) {
            if (change.revision == 0) continue;
            revision = change.object ? change.revision : revision + 1;
            std::optional<Content> content;
            if (change.object) {
                content = Content{change.object->vm, change.object->text};
                content->text.insert(change.object->version_offset, std::to_string(revision));
            }
            StoreModel::change(model_.clusters.at(change.cluster), change.place, revision, content);
        }
    }

    void note_head(ClusterNumber number) {
        StoreModel::Cluster& cluster = model_.clusters.at(number);
        auto head = store_->read().head(number);
        ASSERT_TRUE(head && *head);
        if (!cluster.heads.empty() && cluster.heads.back().revision == (*head)->revision) return;
        EXPECT_TRUE(cluster.heads.empty() || cluster.heads.back().revision < (*head)->revision);
        EXPECT_EQ((*head)->since_ms, store_->history_time_ms());
        cluster.heads.push_back({.revision = (*head)->revision,
                                 .since_ms = (*head)->since_ms,
                                 .version = (*head)->version});
    }

    // Events of a mirror in one write: changes, and behind each a list version of its own. Some
    // versions come again, some change nothing.
    void follow() {
        ClusterNumber number = 0;
        StoreModel::Cluster* cluster = random_cluster(number);
        if (cluster == nullptr || cluster->stage_open) return;
        struct Event {
            std::vector<Change> changes;
            std::string version;
        };
        std::vector<Event> events(1 + pick(4));
        for (Event& event : events) {
            event.changes.resize(pick(3));
            for (Change& change : event.changes) change = random_change(number);
            event.version = "v" + std::to_string(chance(3) ? pick(5) : pick(1'000'000'000));
        }
        const Revision before = newest();
        ASSERT_TRUE(
            store_->write_and_wait(Priority::kRequest, [&](WriteTxn& txn) -> base::Result<void> {
                for (Event& event : events) {
                    SNAPGATE_TRY(apply(event.changes, false)(txn));
                    SNAPGATE_TRY(txn.set_list_version(number, event.version));
                }
                return {};
            }));
        Revision revision = before;
        StoreModel::HeadAt newest = cluster->heads.back();
        for (const Event& event : events) {
            for (const Change& change : event.changes) {
                if (change.revision == 0) continue;
                note({change}, revision++);
                newest.revision = revision;
            }
            if (cluster->mirrored && event.version == newest.version) continue;
            if (newest.revision == cluster->heads.back().revision) newest.revision = ++revision;
            cluster->mirrored = true;
            newest.version = event.version;
            newest.since_ms = store_->history_time_ms();
            cluster->heads.push_back(newest);
        }
        note_head(number);
    }

    Revision newest() { return store_->statistics().revision; }

    void change_objects() {
        ClusterNumber number = 0;
        StoreModel::Cluster* cluster = random_cluster(number);
        if (cluster == nullptr) return;
        std::vector<Change> changes(1 + pick(5));
        for (Change& change : changes) change = random_change(number);
        bool fail = chance(12);
        Revision before = newest();
        auto done = store_->write_and_wait(chance(2) ? Priority::kRequest : Priority::kBatch,
                                           apply(changes, fail));
        ASSERT_EQ(done.has_value(), !fail) << (done ? "" : done.error().message);
        if (fail) return;
        note(changes, before);
        if (!cluster->stage_open) note_head(number);
    }

    // Several writes at once: how they are grouped is the writer's choice, and one of them fails.
    void change_objects_together() {
        struct Write {
            std::vector<Change> changes;
            bool fails = false;
            Revision before = 0;
            base::Result<void> result;
            std::atomic<bool> done = false;
        };
        std::vector<Write> writes(2 + pick(6));
        for (Write& write : writes) {
            write.fails = chance(5);
            ClusterNumber number = 0;
            if (random_cluster(number) == nullptr) return;
            write.changes.resize(1 + pick(3));
            for (Change& change : write.changes) change = random_change(number);
        }
        // Each function notes where it began through an object of its own, put first.
        for (Write& write : writes) {
            Change first;
            first.cluster = write.changes[0].cluster;
            first.place = random_place();
            first.object = make_object(first.place.ns, first.place.name,
                                       first.place.kind == Kind::kSnapshot ? random_vm() : "");
            write.changes.insert(write.changes.begin(), first);
        }
        for (Write& write : writes) {
            store_->write(Priority::kRequest, apply(write.changes, write.fails),
                          [&write](base::Result<void> result) {
                              write.result = std::move(result);
                              write.done = true;
                          });
        }
        ASSERT_TRUE(store_->write_and_wait(Priority::kRequest,
                                           [](WriteTxn&) { return base::Result<void>(); }));
        std::set<ClusterNumber> touched;
        for (Write& write : writes) {
            while (!write.done) std::this_thread::yield();
            ASSERT_EQ(write.result.has_value(), !write.fails);
            if (write.fails) continue;
            note(write.changes, write.changes[0].revision - 1);
            touched.insert(write.changes[0].cluster);
        }
        for (ClusterNumber number : touched)
            if (!model_.clusters.at(number).stage_open) note_head(number);
    }

    void change_clusters() {
        ClusterNumber number = 0;
        if (model_.clusters.size() < 3 || (chance(3) && model_.clusters.size() < 6)) {
            ASSERT_TRUE(store_->write_and_wait(Priority::kRequest,
                                               [&](WriteTxn& txn) -> base::Result<void> {
                                                   SNAPGATE_ASSIGN(number, txn.create_cluster());
                                                   return {};
                                               }));
            EXPECT_GT(number, newest_cluster_);
            newest_cluster_ = number;
            model_.clusters[number];
            note_head(number);
            return;
        }
        if (!chance(4) || random_cluster(number) == nullptr) return;
        ASSERT_TRUE(store_->write_and_wait(
            Priority::kRequest, [&](WriteTxn& txn) { return txn.delete_cluster(number); }));
        model_.clusters.erase(number);
        EXPECT_FALSE(store_->read().head(number)->has_value());
    }

    void change_stage() {
        ClusterNumber number = 0;
        StoreModel::Cluster* cluster = random_cluster(number);
        if (cluster == nullptr) return;
        if (!cluster->stage_open || chance(6)) {
            ASSERT_TRUE(store_->write_and_wait(
                Priority::kBatch, [&](WriteTxn& txn) { return txn.open_stage(number); }));
            if (cluster->stage_open) StoreModel::give_up_stage(*cluster);
            cluster->stage_open = true;
        } else if (chance(3)) {
            ASSERT_TRUE(store_->write_and_wait(
                Priority::kBatch, [&](WriteTxn& txn) { return txn.give_up_stage(number); }));
            StoreModel::give_up_stage(*cluster);
        } else {
            std::string version = "list-" + std::to_string(pick(1'000'000'000));
            ASSERT_TRUE(store_->write_and_wait(Priority::kRequest, [&](WriteTxn& txn) {
                return txn.publish_stage(number, version);
            }));
            cluster->stage_open = false;
            cluster->mirrored = true;
            note_head(number);
            EXPECT_EQ(cluster->heads.back().version, version);
        }
    }

    void restart() {
        for (auto& [number, cluster] : model_.clusters)
            if (cluster.stage_open) StoreModel::give_up_stage(cluster);
        open();
    }

    void compact() {
        clock_.advance(static_cast<int64_t>(pick(kHistoryMs / 2)));
        heal_times();
        auto done = store_->compact();
        ASSERT_TRUE(done) << done.error().message;
        for (auto& [number, cluster] : model_.clusters) {
            ReadView view = store_->read();
            // A head goes only after all before it, though after a step back of the clock a later
            // one may have been replaced at an earlier time.
            bool old = true;
            for (size_t i = 0; i < cluster.heads.size(); ++i) {
                auto replaced = view.replaced_ms(number, cluster.heads[i].revision);
                old &= i + 1 < cluster.heads.size() &&
                       cluster.heads[i + 1].since_ms < store_->history_time_ms() - kHistoryMs;
                cluster.heads[i].compacted |= old;
                EXPECT_EQ(replaced.has_value(), !cluster.heads[i].compacted)
                    << "head " << cluster.heads[i].revision << " of cluster " << number;
            }
        }
    }

    // In the model: no head is dated later than the present.
    void heal_times() {
        int64_t now = store_->history_time_ms();
        if (now - clock_.now_ms() > 60'000) now = clock_.now_ms();
        for (auto& [number, cluster] : model_.clusters)
            for (StoreModel::HeadAt& head : cluster.heads)
                head.since_ms = std::min(head.since_ms, now);
    }

    // The system's clock is wrong by another time than before, or right again.
    void set_clock() {
        constexpr int64_t kHour = 3'600'000;
        constexpr std::array<int64_t, 5> kErrors{0, -2 * kHour, 400 * 24 * kHour,
                                                 10 * 365 * 24 * kHour, -30'000};
        const int64_t error = kErrors[pick(kErrors.size())];
        clock_.step(error - clock_error_);
        clock_error_ = error;
    }

    void run_history(size_t steps) {
        SCOPED_TRACE("SNAPGATE_SEED=" + std::to_string(seed_));
        for (size_t step = 0; step < steps && !HasFailure(); ++step) {
            SCOPED_TRACE("step " + std::to_string(step));
            clock_.advance(static_cast<int64_t>(pick(200)));
            size_t action = pick(100);
            if (action < 45) {
                change_objects();
            } else if (action < 52) {
                change_objects_together();
            } else if (action < 58) {
                follow();
            } else if (action < 66) {
                change_stage();
            } else if (action < 68) {
                change_clusters();
            } else if (action < 71) {
                compact();
            } else if (action < 72) {
                restart();
            } else if (action < 73) {
                set_clock();
            } else {
                check();
            }
        }
        if (HasFailure()) ADD_FAILURE() << "run again with SNAPGATE_SEED=" << seed_;
    }

    ClusterNumber newest_cluster_ = 0;
    int64_t clock_error_ = 0;
};

TEST_F(HistoryTest, RandomOperationsMatchTheModel) {
    run_history(environment_number("SNAPGATE_STEPS", 10'000));
}

}  // namespace
}  // namespace snapgate::store
