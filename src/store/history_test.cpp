// Random histories against a simple model in memory. SNAPGATE_SEED runs one again; SNAPGATE_STEPS
// makes it longer.
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "store/store.h"
#include "store/store_model.h"
#include "store/test_objects.h"

namespace snapgate::store {
namespace {

using base::Code;
using Place = StoreModel::Place;
using Content = StoreModel::Content;

constexpr int64_t kHistoryMs = 60'000;

uint64_t environment_number(const char* name, uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

class HistoryTest : public testing::Test {
  protected:
    HistoryTest()
        : seed_(environment_number("SNAPGATE_SEED", std::random_device()())), random_(seed_) {}

    void SetUp() override { open(); }

    void open() {
        store_.reset();
        StoreOptions options;
        options.directory = directory_.path();
        options.clock = &clock_;
        options.history = base::Millis(kHistoryMs);
        options.background_compaction = false;
        auto opened = Store::open(options);
        ASSERT_TRUE(opened) << opened.error().message;
        store_ = std::move(*opened);
    }

    size_t pick(size_t below) {
        return std::uniform_int_distribution<size_t>(0, below - 1)(random_);
    }
    bool chance(size_t in) { return pick(in) == 0; }

    Place random_place() {
        if (chance(10)) return {Kind::kNamespace, "", "ns-" + std::to_string(pick(6))};
        return {Kind::kSnapshot, "ns-" + std::to_string(pick(4)), random_name()};
    }
    // Some names are the beginnings of others.
    std::string random_name() {
        std::string name = "s-" + std::to_string(pick(20));
        return chance(2) ? name : name + "-b";
    }
    std::string random_vm() { return "vm-" + std::to_string(pick(8)); }

    StoreModel::Cluster* random_cluster(ClusterNumber& number) {
        if (model_.clusters.empty()) return nullptr;
        auto chosen = model_.clusters.begin();
        std::advance(chosen, static_cast<std::ptrdiff_t>(pick(model_.clusters.size())));
        number = chosen->first;
        return &chosen->second;
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
        EXPECT_EQ((*head)->since_ms, clock_.now_ms());
        cluster.heads.push_back({(*head)->revision, (*head)->since_ms, (*head)->version});
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
            newest.since_ms = clock_.now_ms();
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
        auto done = store_->compact();
        ASSERT_TRUE(done) << done.error().message;
        for (const auto& [number, cluster] : model_.clusters) {
            ReadView view = store_->read();
            for (size_t i = 0; i < cluster.heads.size(); ++i) {
                auto superseded = view.superseded_ms(number, cluster.heads[i].revision);
                bool old = i + 1 < cluster.heads.size() &&
                           cluster.heads[i + 1].since_ms < clock_.now_ms() - kHistoryMs;
                EXPECT_EQ(superseded.has_value(), !old)
                    << "head " << cluster.heads[i].revision << " of cluster " << number;
            }
        }
    }

    // Everything that can be seen of a cluster at one of its heads, against the model.
    void check() {
        ClusterNumber number = 0;
        StoreModel::Cluster* cluster = random_cluster(number);
        if (cluster == nullptr) return;
        size_t which = chance(2) ? cluster->heads.size() - 1 : pick(cluster->heads.size());
        const StoreModel::HeadAt& head = cluster->heads[which];
        bool is_last = which + 1 == cluster->heads.size();
        ReadView view = store_->read();
        auto superseded = view.superseded_ms(number, head.revision);
        if (!superseded) {
            ASSERT_EQ(superseded.error().code, Code::kExpired);
            ASSERT_FALSE(is_last);
            EXPECT_LT(cluster->heads[which + 1].since_ms, clock_.now_ms() - kHistoryMs);
            return;
        }
        ASSERT_EQ(superseded->has_value(), !is_last);
        check_versions(view, number, *cluster, head);
        check_lists(view, number, *cluster, head.revision);
        check_log(view, number, *cluster, head.revision);
        if (is_last) check_head(view, number, *cluster);
    }

    void check_versions(const ReadView& view, ClusterNumber number,
                        const StoreModel::Cluster& cluster, const StoreModel::HeadAt& head) {
        auto named = view.revision_of(number, head.version);
        ASSERT_TRUE(named);
        // A mirror's versions are its cluster's alone, and the first head with one has it.
        const bool decimal = head.version == std::to_string(head.revision);
        if (cluster.mirrored && decimal) {
            EXPECT_EQ(named->has_value(), false);
        } else {
            for (const StoreModel::HeadAt& other : cluster.heads) {
                if (other.version != head.version || !view.superseded_ms(number, other.revision))
                    continue;
                EXPECT_EQ(*named, other.revision) << head.version;
                break;
            }
        }
        const Revision last = cluster.heads.back().revision;
        const Revision at = head.revision + pick(last - head.revision + 1);
        // Writes that came together may have made heads that the model does not know: they differ
        // from those it knows in the versions of a cluster alone that was no mirror yet.
        const std::string seen = StoreModel::version_at(cluster, at);
        if (!cluster.mirrored || seen.front() > '9') EXPECT_EQ(view.version_at(number, at), seen);
        const std::string visible = StoreModel::visible_version(cluster, at);
        if (!cluster.mirrored || visible.front() > '9')
            EXPECT_EQ(view.visible_version(number, at), visible);
        EXPECT_EQ(view.version_at(number, last + 1).error().code, Code::kFutureVersion);
        EXPECT_EQ(view.visible_version(number, last + 1).error().code, Code::kFutureVersion);
    }

    void check_lists(const ReadView& view, ClusterNumber number, const StoreModel::Cluster& cluster,
                     Revision at) {
        for (Kind kind : {Kind::kSnapshot, Kind::kNamespace}) {
            auto expected = StoreModel::list(cluster, kind, at);
            std::map<Place, Content> listed;
            model::ObjectKey from;
            while (true) {  // pages of a small budget, each by a view of its own
                ReadView page = store_->read();
                ReadView::Scan scan = page.scan(number, kind, at, 1 + pick(30));
                Place last;
                auto more = scan.seek(from.ns, from.name);
                for (; more && *more; more = scan.next()) {
                    Place place{kind, std::string(scan.found().ns), std::string(scan.found().name)};
                    EXPECT_LT(last.ns + '\0' + last.name, place.ns + '\0' + place.name);
                    last = place;
                    bool is_new =
                        listed
                            .emplace(place, Content{std::string(scan.found().object.vm),
                                                    std::string(scan.found().object.text)})
                            .second;
                    EXPECT_TRUE(is_new) << place.name << " twice";
                }
                ASSERT_TRUE(more) << more.error().message;
                if (!scan.exhausted()) break;
                EXPECT_LT(from, scan.resume_key());
                from = scan.resume_key();
            }
            EXPECT_EQ(listed, expected);
        }
        Place place = random_place();
        auto got = view.get(number, place.kind, place.ns, place.name, at);
        ASSERT_TRUE(got);
        auto wanted = StoreModel::at(cluster, place, at);
        ASSERT_EQ(got->has_value(), wanted.has_value());
        if (wanted) EXPECT_EQ((*got)->object.text, wanted->text);

        std::string vm = random_vm();
        std::map<Place, Content> of_vm;
        for (auto& [key, content] : StoreModel::list(cluster, Kind::kSnapshot, at))
            if (content.vm == vm) of_vm.emplace(key, content);
        std::map<Place, Content> found;
        model::ObjectKey from;
        while (true) {
            ReadView::Scan scan = view.scan_vm(number, vm, at, 1 + pick(10));
            auto more = scan.seek(from.ns, from.name);
            for (; more && *more; more = scan.next()) {
                found.emplace(Place{Kind::kSnapshot, std::string(scan.found().ns),
                                    std::string(scan.found().name)},
                              Content{std::string(scan.found().object.vm),
                                      std::string(scan.found().object.text)});
            }
            ASSERT_TRUE(more) << more.error().message;
            if (!scan.exhausted()) break;
            from = scan.resume_key();
        }
        EXPECT_EQ(found, of_vm);
    }

    void check_log(const ReadView& view, ClusterNumber number, const StoreModel::Cluster& cluster,
                   Revision after) {
        Revision up_to = cluster.heads[pick(cluster.heads.size())].revision;
        std::vector<LogEntry> expected;
        for (const LogEntry& entry : cluster.log)
            if (entry.revision > after && entry.revision <= up_to) expected.push_back(entry);
        std::vector<LogEntry> read;
        Revision from = after;
        while (true) {
            size_t most = 1 + pick(20);
            auto entries = view.log(number, from, up_to, most);
            ASSERT_TRUE(entries) << entries.error().message;
            ASSERT_LE(entries->size(), most);
            if (entries->empty()) break;
            from = entries->back().revision;
            read.insert(read.end(), entries->begin(), entries->end());
        }
        ASSERT_EQ(read.size(), expected.size());
        for (size_t i = 0; i < read.size(); ++i) {
            EXPECT_EQ(read[i].revision, expected[i].revision);
            EXPECT_EQ(read[i].previous, expected[i].previous);
            EXPECT_EQ(read[i].op, expected[i].op);
            EXPECT_EQ(read[i].kind, expected[i].kind);
            EXPECT_EQ(read[i].key, expected[i].key);
        }
    }

    void check_head(const ReadView& view, ClusterNumber number,
                    const StoreModel::Cluster& cluster) {
        for (Kind kind : {Kind::kSnapshot, Kind::kNamespace}) {
            auto objects = StoreModel::list(cluster, kind, cluster.heads.back().revision);
            EXPECT_EQ(view.count(number, kind), objects.size());
            std::map<std::string, size_t> by_namespace;
            for (const auto& [place, content] : objects) ++by_namespace[place.ns];
            for (size_t i = 0; i < 4; ++i) {
                std::string ns = kind == Kind::kNamespace ? "" : "ns-" + std::to_string(i);
                EXPECT_EQ(view.count(number, kind, ns), by_namespace[ns]);
            }
        }
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
            } else {
                check();
            }
        }
        if (HasFailure()) ADD_FAILURE() << "run again with SNAPGATE_SEED=" << seed_;
    }

    uint64_t seed_;
    std::mt19937_64 random_;
    TestDirectory directory_;
    TestClock clock_;
    std::unique_ptr<Store> store_;
    StoreModel model_;
    ClusterNumber newest_cluster_ = 0;
};

TEST_F(HistoryTest, RandomOperationsMatchTheModel) {
    run_history(environment_number("SNAPGATE_STEPS", 10'000));
}

}  // namespace
}  // namespace snapgate::store
