#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "store/history_testing.h"

namespace snapgate::store {

// Random operations on a store, each of which changes the model in the same way.
class RandomHistory : public ModelledStore {
  public:
    using ModelledStore::ModelledStore;

    // Opens the store and runs that many operations, or until a test has failed.
    void run(size_t steps) {
        start();
        for (size_t number = 0; number < steps && !testing::Test::HasFailure(); ++number) {
            SCOPED_TRACE("step " + std::to_string(number));
            clock_.advance(static_cast<int64_t>(pick(200)));
            step();
        }
    }

  protected:
    using Action = void (RandomHistory::*)();
    using ModelChange = std::function<void(StoreModel&)>;

    // How often each operation comes.
    struct Weights {
        size_t change_objects = 45;
        size_t change_objects_together = 7;
        size_t follow = 6;
        size_t change_stage = 8;
        size_t change_clusters = 2;
        size_t drop_lines = 3;
        size_t compact = 3;
        size_t restart = 1;
        size_t set_clock = 1;
        size_t check = 27;
    };

    virtual void start() {
        const auto opened = open();
        ASSERT_TRUE(opened) << opened.error().message;
    }

    virtual void step() { act({}); }

    void act(const Weights& weights) {
        const std::array<std::pair<size_t, Action>, 10> choices{
            {{weights.change_objects, &RandomHistory::change_objects},
             {weights.change_objects_together, &RandomHistory::change_objects_together},
             {weights.follow, &RandomHistory::follow},
             {weights.change_stage, &RandomHistory::change_stage},
             {weights.change_clusters, &RandomHistory::change_clusters},
             {weights.drop_lines, &RandomHistory::drop_lines},
             {weights.compact, &RandomHistory::compact},
             {weights.restart, &RandomHistory::restart},
             {weights.set_clock, &RandomHistory::set_clock},
             {weights.check, &RandomHistory::check}}};
        size_t all = 0;
        for (const auto& [weight, action] : choices) all += weight;
        size_t left = pick(all);
        for (const auto& [weight, action] : choices) {
            if (left < weight) return (this->*action)();
            left -= weight;
        }
    }

    // The end of an operation: its result, and what it does to the model if it took place.
    virtual void settle(const base::Result<void>& done, const ModelChange& change) {
        ASSERT_TRUE(done) << done.error().message;
        change(model_);
        EXPECT_TRUE(heads_match(model_));
    }

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

    // Each change has a line in the audit trail.
    static std::string line_of(const Change& change) {
        return "{\"cluster\":" + std::to_string(change.cluster) + ",\"name\":\"" + change.place.ns +
               "/" + change.place.name + (change.object ? "\"}" : "\",\"erased\":true}");
    }

    static WriteFunction apply(std::vector<Change>& changes, bool fail_at_the_end) {
        return [&changes, fail_at_the_end](WriteTxn& txn) -> base::Result<void> {
            for (Change& change : changes) {
                const Place& place = change.place;
                if (change.object) {
                    SNAPGATE_ASSIGN(change.revision,
                                    txn.put(change.cluster, place.kind, *change.object));
                    SNAPGATE_TRY(txn.add_audit_line(line_of(change)));
                    continue;
                }
                SNAPGATE_ASSIGN(bool erased,
                                txn.erase(change.cluster, place.kind, place.ns, place.name));
                change.revision = 0;
                if (!erased) continue;
                SNAPGATE_TRY(txn.add_audit_line(line_of(change)));
                SNAPGATE_ASSIGN(auto left,
                                txn.get(change.cluster, place.kind, place.ns, place.name));
                if (left) return base::Error(base::Code::kInternal, "still there after erase");
                change.revision = 1;  // looked up in the log below
            }
            if (fail_at_the_end) return base::Error(base::Code::kConflict, "on purpose");
            return {};
        };
    }

    // What the changes of a committed write make of the model; returns the last one's revision. The
    // revision of an erase is the next one after the change before it, as all of a function's
    // changes follow each other.
    static Revision note(StoreModel& model, const std::vector<Change>& changes, Revision before) {
        Revision revision = before;
        for (const Change& change : changes) {
            if (change.revision == 0) continue;
            model.audit.insert(line_of(change));
            revision = change.object ? change.revision : revision + 1;
            std::optional<Content> content;
            if (change.object) {
                content = Content{change.object->vm, change.object->text};
                content->text.insert(change.object->version_offset, std::to_string(revision));
            }
            StoreModel::change(model.clusters.at(change.cluster), change.place, revision, content);
        }
        return revision;
    }

    Revision newest() const { return store_->statistics().revision; }

    void change_objects() {
        ClusterNumber number = 0;
        if (random_cluster(number) == nullptr) return;
        std::vector<Change> changes(1 + pick(5));
        for (Change& change : changes) change = random_change(number);
        const bool fail = chance(12);
        const Revision before = newest();
        const auto done = store_->write_and_wait(chance(2) ? Priority::kRequest : Priority::kBatch,
                                                 apply(changes, fail));
        if (fail) {
            EXPECT_FALSE(done);
            return;
        }
        settle(done, [&](StoreModel& model) {
            const Revision last = note(model, changes, before);
            if (last == before) return;
            StoreModel::move_head(model.clusters.at(number), last, store_->history_time_ms());
        });
    }

    // Several writes at once: how they are grouped is the writer's choice, and one of them fails.
    void change_objects_together() {
        struct Write {
            std::vector<Change> changes;
            bool fails = false;
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
        const auto all = store_->write_and_wait(Priority::kRequest,
                                                [](WriteTxn&) { return base::Result<void>(); });
        for (Write& write : writes) {
            while (!write.done) std::this_thread::yield();
            ASSERT_EQ(write.result.has_value(), !write.fails);
        }
        settle(all, [&](StoreModel& model) {
            std::map<ClusterNumber, Revision> heads;
            for (const Write& write : writes) {
                if (write.fails) continue;
                const Revision last = note(model, write.changes, write.changes[0].revision - 1);
                Revision& head = heads[write.changes[0].cluster];
                head = std::max(head, last);
            }
            for (const auto& [number, last] : heads)
                StoreModel::move_head(model.clusters.at(number), last, store_->history_time_ms());
        });
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
        const auto done =
            store_->write_and_wait(Priority::kRequest, [&](WriteTxn& txn) -> base::Result<void> {
                for (Event& event : events) {
                    SNAPGATE_TRY(apply(event.changes, false)(txn));
                    SNAPGATE_TRY(txn.set_list_version(number, event.version));
                }
                return {};
            });
        settle(done, [&](StoreModel& model) {
            StoreModel::Cluster& changed = model.clusters.at(number);
            Revision revision = before;
            StoreModel::HeadAt head = changed.heads.back();
            head.since_ms = store_->history_time_ms();
            for (const Event& event : events) {
                const Revision last = note(model, event.changes, revision);
                if (last > revision) head.revision = last;
                revision = last;
                if (changed.mirrored && event.version == head.version) continue;
                if (head.revision == changed.heads.back().revision) head.revision = ++revision;
                changed.mirrored = true;
                head.version = event.version;
                changed.heads.push_back(head);
            }
            if (head.revision > changed.heads.back().revision) changed.heads.push_back(head);
        });
    }

    void change_clusters() {
        ClusterNumber number = 0;
        if (model_.clusters.size() < 3 || (chance(3) && model_.clusters.size() < 6)) {
            const Revision before = newest();
            const auto done = store_->write_and_wait(
                Priority::kRequest, [&](WriteTxn& txn) -> base::Result<void> {
                    SNAPGATE_ASSIGN(number, txn.create_cluster());
                    return {};
                });
            settle(done, [&](StoreModel& model) {
                if (number == 0) return;  // the write did not begin
                EXPECT_GT(number, model.newest_cluster);
                model.newest_cluster = number;
                StoreModel::move_head(model.clusters[number], before + 1,
                                      store_->history_time_ms());
            });
            return;
        }
        if (!chance(4) || random_cluster(number) == nullptr) return;
        const auto done = store_->write_and_wait(
            Priority::kRequest, [&](WriteTxn& txn) { return txn.delete_cluster(number); });
        settle(done, [&](StoreModel& model) { model.clusters.erase(number); });
    }

    void change_stage() {
        ClusterNumber number = 0;
        StoreModel::Cluster* cluster = random_cluster(number);
        if (cluster == nullptr) return;
        if (!cluster->stage_open || chance(6)) {
            const auto done = store_->write_and_wait(
                Priority::kBatch, [&](WriteTxn& txn) { return txn.open_stage(number); });
            settle(done, [&](StoreModel& model) {
                StoreModel::Cluster& changed = model.clusters.at(number);
                if (changed.stage_open) StoreModel::give_up_stage(changed);
                changed.stage_open = true;
            });
        } else if (chance(3)) {
            const auto done = store_->write_and_wait(
                Priority::kBatch, [&](WriteTxn& txn) { return txn.give_up_stage(number); });
            settle(done, [&](StoreModel& model) {
                StoreModel::give_up_stage(model.clusters.at(number));
            });
        } else {
            const std::string version = "list-" + std::to_string(pick(1'000'000'000));
            const Revision before = newest();
            const auto done = store_->write_and_wait(Priority::kRequest, [&](WriteTxn& txn) {
                return txn.publish_stage(number, version);
            });
            settle(done, [&](StoreModel& model) {
                StoreModel::Cluster& changed = model.clusters.at(number);
                changed.stage_open = false;
                changed.mirrored = true;
                changed.heads.push_back({.revision = before + 1,
                                         .since_ms = store_->history_time_ms(),
                                         .version = version});
            });
        }
    }

    // Some of the oldest lines of the audit trail were copied out.
    void drop_lines() {
        const auto lines = store_->read().audit_lines(0, 1 + pick(2000));
        ASSERT_TRUE(lines);
        if (lines->empty()) return;
        const auto done =
            store_->write_and_wait(Priority::kBatch, [&](WriteTxn& txn) -> base::Result<void> {
                SNAPGATE_ASSIGN(const bool more, txn.drop_audit_lines(lines->back().number));
                EXPECT_FALSE(more);
                return {};
            });
        settle(done, [&](StoreModel& model) {
            for (const AuditLine& line : *lines) {
                const auto known = model.audit.find(line.text);
                ASSERT_NE(known, model.audit.end());
                model.audit.erase(known);
            }
        });
    }

    void restart() {
        check_rows();
        const auto opened = open();
        settle(opened, [](StoreModel& model) { model.give_up_stages(); });
    }

    void compact() {
        clock_.advance(static_cast<int64_t>(pick(kHistoryMs / 2)));
        const auto done = store_->compact();
        settle(done, [&](StoreModel& model) {
            heal_times(model);
            for (auto& [number, cluster] : model.clusters) forget_old_heads(cluster);
        });
        if (!done) return;
        const ReadView view = store_->read();
        for (const auto& [number, cluster] : model_.clusters) {
            for (const StoreModel::HeadAt& head : cluster.heads) {
                EXPECT_EQ(view.replaced_ms(number, head.revision).has_value(), !head.compacted)
                    << "head " << head.revision << " of cluster " << number;
            }
        }
    }

    // A head goes only after all before it that are left, though after a step back of the clock a
    // later one may have been replaced at an earlier time.
    void forget_old_heads(StoreModel::Cluster& cluster) const {
        bool old = true;
        for (size_t i = 0; i < cluster.heads.size(); ++i) {
            if (cluster.heads[i].compacted) continue;
            old &= i + 1 < cluster.heads.size() &&
                   cluster.heads[i + 1].since_ms < store_->history_time_ms() - kHistoryMs;
            cluster.heads[i].compacted |= old;
        }
    }

    // No head is dated later than the present.
    void heal_times(StoreModel& model) const {
        int64_t now = store_->history_time_ms();
        if (now - clock_.now_ms() > 60'000) now = clock_.now_ms();
        for (auto& [number, cluster] : model.clusters)
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

  private:
    int64_t clock_error_ = 0;
};

}  // namespace snapgate::store
