// kill -9 while many threads write, import, relist, compact, make backups, and make and delete
// clusters: a child process does that and says through a pipe what was acknowledged. The parent
// kills it at a random moment, checks every row, opens the store and holds it to what was
// acknowledged. SNAPGATE_KILLS says how often (20 otherwise), SNAPGATE_SEED runs a series again.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <map>
#include <random>
#include <set>
#include <thread>
#include <tuple>

#include "model/names.h"
#include "store/check.h"
#include "store/objects_testing.h"
#include "store/store.h"

namespace snapgate::store {
namespace {

constexpr int kWriters = 16;
constexpr int kNames = 40;  // of each writer
// A store that keeps all of its past only grows: a series of kills begins a new one now and then.
constexpr uint64_t kKillsOfAStore = 25;

// The writers that do not write one object at a time.
enum SpecialWriter : int {
    kImporter = 0,
    kRelister = 1,
    kClusterMaker = 2,
    kBackupMaker = 3,
    kCompactor = 4,
};
constexpr int kSteps = 1'000'000;  // more than a child lives for

// What is written to the pipe for each acknowledged write: small enough to be written at once.
struct Acknowledged {
    int32_t writer = 0;
    int32_t name = 0;  // of kClusterMaker: the cluster's number
    int64_t step = 0;  // -1: erased or deleted
    uint64_t revision = 0;
};

StoreOptions options_for(const std::filesystem::path& directory, int64_t history_ms) {
    StoreOptions options;
    options.directory = directory;
    options.history = base::Millis(history_ms);
    options.background_compaction = true;
    return options;
}

std::string writer_namespace(int writer) {
    return "writer-" + std::to_string(writer);
}

void say(int pipe, const Acknowledged& row) {
    if (::write(pipe, &row, sizeof(row)) != sizeof(row)) _exit(4);
}

// Makes clusters, puts objects into them and deletes them again.
void make_clusters(Store& store, uint64_t seed, int pipe) {
    std::mt19937_64 random(seed);
    while (true) {
        ClusterNumber cluster = 0;
        auto done = store.write_and_wait(Priority::kRequest,
                                         [&cluster](WriteTxn& txn) -> base::Result<void> {
                                             SNAPGATE_ASSIGN(cluster, txn.create_cluster());
                                             return {};
                                         });
        if (!done) _exit(3);
        const auto number = static_cast<int32_t>(cluster);
        say(pipe, {kClusterMaker, number, 0, 0});
        for (size_t batch = random() % 4; batch > 0; --batch) {
            done = store.write_and_wait(
                Priority::kBatch, [cluster, batch](WriteTxn& txn) -> base::Result<void> {
                    for (int i = 0; i < 100; ++i) {
                        SNAPGATE_TRY(txn.put(cluster, Kind::kSnapshot,
                                             make_object("batch-" + std::to_string(batch),
                                                         std::to_string(i), "vm")));
                    }
                    return {};
                });
            if (!done) _exit(3);
        }
        done = store.write_and_wait(
            Priority::kRequest, [cluster](WriteTxn& txn) { return txn.delete_cluster(cluster); });
        if (!done) _exit(3);
        say(pipe, {kClusterMaker, number, -1, 0});
    }
}

void make_backups(Store& store) {
    std::string part;
    while (true) {
        auto backup = store.back_up({});
        if (!backup) _exit(5);
        while (true) {
            part.clear();
            auto more = (*backup)->next(part);
            if (!more) _exit(5);
            if (!*more) break;
        }
    }
}

void compact(Store& store) {
    while (true)
        if (!store.compact()) _exit(6);
}

// kImporter writes batches, kRelister stages and publishes or gives up, the rest writes one at a
// time.
void run_writer(Store& store, ClusterNumber cluster, ClusterNumber mirror, int writer,
                uint64_t seed, int pipe) {
    std::mt19937_64 random(seed);
    std::string ns = writer_namespace(writer);
    for (int64_t step = 0; step < kSteps; ++step) {
        std::vector<Acknowledged> said;
        const bool staged = writer == kRelister;
        const bool in_batches = staged || writer == kImporter;
        auto done = store.write_and_wait(
            in_batches ? Priority::kBatch : Priority::kRequest,
            [&](WriteTxn& txn) -> base::Result<void> {
                said.clear();
                ClusterNumber where = staged ? mirror : cluster;
                if (staged && step % 4 == 0) SNAPGATE_TRY(txn.open_stage(where));
                for (int i = 0; i < (in_batches ? 20 : 1); ++i) {
                    int name = static_cast<int>(random() % kNames);
                    std::string text = "s-" + std::to_string(name);
                    Acknowledged row{writer, name, step, 0};
                    if (random() % 4 == 0) {
                        SNAPGATE_TRY(txn.erase(where, Kind::kSnapshot, ns, text));
                        row.step = -1;
                    } else {
                        auto object = make_object(
                            ns, text, "vm-" + std::to_string(random() % 5),
                            std::to_string(step) + "." + std::string(random() % 5000, 'x'));
                        SNAPGATE_ASSIGN(row.revision, txn.put(where, Kind::kSnapshot, object));
                    }
                    said.push_back(row);
                }
                if (staged && step % 4 == 3)
                    return txn.publish_stage(where, "list-" + std::to_string(step));
                return {};
            });
        if (!done) _exit(3);
        if (staged) continue;
        for (const Acknowledged& row : said) say(pipe, row);
    }
}

[[noreturn]] void run_child(const StoreOptions& options, ClusterNumber cluster,
                            ClusterNumber mirror, uint64_t seed, int pipe) {
    auto store = Store::open(options);
    if (!store) _exit(2);
    std::vector<std::thread> writers;
    writers.reserve(kWriters);
    for (int writer = 0; writer < kWriters; ++writer) {
        writers.emplace_back([&, writer] {
            const uint64_t own_seed = seed + static_cast<uint64_t>(writer);
            if (writer == kClusterMaker) return make_clusters(**store, own_seed, pipe);
            if (writer == kBackupMaker) return make_backups(**store);
            if (writer == kCompactor) return compact(**store);
            run_writer(**store, cluster, mirror, writer, own_seed, pipe);
        });
    }
    for (std::thread& writer : writers) writer.join();
    _exit(0);
}

struct Stored {
    std::string vm;
    std::string filler;
    Revision revision = 0;
};
using Contents = std::map<std::pair<std::string, std::string>, Stored>;

// Everything of a cluster at its head, and that its counts, index and log say the same.
Contents check_whole(Store& store, ClusterNumber cluster) {
    ReadView view = store.read();
    auto head = view.head(cluster);
    EXPECT_TRUE(head && *head);
    Revision at = (*head)->revision;
    Contents contents;
    std::map<std::string, size_t> by_namespace;
    std::map<std::string, std::set<std::pair<std::string, std::string>>> by_vm;
    ReadView::Scan scan = view.scan(cluster, Kind::kSnapshot, at);
    auto more = scan.seek("", "");
    for (; more && *more; more = scan.next()) {
        const Found& found = scan.found();
        std::string text(found.object.text);
        size_t start = text.find("filler\":\"") + 9;
        std::pair<std::string, std::string> key{found.ns, found.name};
        contents[key] = {std::string(found.object.vm),
                         text.substr(start, text.find('"', start) - start), found.revision};
        ++by_namespace[key.first];
        by_vm[std::string(found.object.vm)].insert(key);
        EXPECT_EQ(found.object.version, std::to_string(found.revision));
    }
    EXPECT_TRUE(more) << more.error().message;
    EXPECT_EQ(view.count(cluster, Kind::kSnapshot), contents.size());
    for (int writer = 0; writer < kWriters; ++writer) {
        EXPECT_EQ(view.count(cluster, Kind::kSnapshot, writer_namespace(writer)),
                  by_namespace[writer_namespace(writer)]);
    }
    for (int vm = 0; vm < 5; ++vm) {
        std::string name = "vm-" + std::to_string(vm);
        std::set<std::pair<std::string, std::string>> listed;
        ReadView::Scan of_vm = view.scan_vm(cluster, name, at);
        auto found = of_vm.seek("", "");
        for (; found && *found; found = of_vm.next())
            listed.emplace(of_vm.found().ns, of_vm.found().name);
        EXPECT_EQ(listed, by_vm[name]);
    }
    // The log leads from nothing to what is there, if none of it was compacted.
    const auto from_nothing = view.log(cluster, 0, at, 1);
    if (!from_nothing) {
        EXPECT_EQ(from_nothing.error().code, base::Code::kExpired);
        return contents;
    }
    std::map<std::pair<std::string, std::string>, Revision> replayed;
    Revision last = 0;
    for (Revision after = 0;;) {
        auto entries = view.log(cluster, after, at, 1000);
        EXPECT_TRUE(entries) << entries.error().message;
        if (!entries || entries->empty()) break;
        for (const LogEntry& entry : *entries) {
            EXPECT_GT(entry.revision, last);
            last = entry.revision;
            std::pair<std::string, std::string> key{entry.key.ns, entry.key.name};
            auto known = replayed.find(key);
            EXPECT_EQ(entry.previous, known == replayed.end() ? 0 : known->second);
            EXPECT_EQ(entry.op == LogEntry::Op::kCreated, known == replayed.end());
            if (entry.op == LogEntry::Op::kDeleted) {
                replayed.erase(key);
            } else {
                replayed[key] = entry.revision;
            }
        }
        after = last;
    }
    EXPECT_EQ(replayed.size(), contents.size());
    for (const auto& [key, stored] : contents) EXPECT_EQ(replayed[key], stored.revision);
    return contents;
}

// A series of kills of one store.
class KilledStore {
  public:
    KilledStore(uint64_t seed, int64_t history_ms) : random_(seed), history_ms_(history_ms) {
        auto store = Store::open(options());
        EXPECT_TRUE(store) << store.error().message;
        EXPECT_TRUE(
            (*store)->write_and_wait(Priority::kRequest, [&](WriteTxn& txn) -> base::Result<void> {
                SNAPGATE_ASSIGN(cluster_, txn.create_cluster());
                SNAPGATE_ASSIGN(mirror_, txn.create_cluster());
                return {};
            }));
    }

    void kill_once() {
        ASSERT_NO_FATAL_FAILURE(run_and_kill());
        const auto checked =
            check_store(directory_.path(), [](std::string_view fault) { ADD_FAILURE() << fault; });
        ASSERT_TRUE(checked) << checked.error().message;
        EXPECT_TRUE(checked->rows_checked);

        auto store = Store::open(options());
        ASSERT_TRUE(store) << store.error().message;
        EXPECT_GE((*store)->statistics().revision, newest_);
        check_objects(check_whole(**store, cluster_));
        check_clusters(**store);
        // A mirror shows published states only, also after what was staged is removed.
        Contents published = check_whole(**store, mirror_);
        auto removed = (*store)->compact();
        EXPECT_TRUE(removed) << removed.error().message;
        EXPECT_EQ(check_whole(**store, mirror_).size(), published.size());
        auto version = (*(*store)->read().head(mirror_))->version;
        EXPECT_TRUE(version.starts_with("list-") || published.empty());
    }

    size_t writes() const { return writes_; }

  private:
    StoreOptions options() const { return options_for(directory_.path(), history_ms_); }

    // Runs a child, kills it, and takes in what it said.
    void run_and_kill() {
        int ends[2];
        ASSERT_EQ(pipe(ends), 0);
        const uint64_t child_seed = random_();
        const pid_t child = fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            close(ends[0]);
            run_child(options(), cluster_, mirror_, child_seed, ends[1]);
        }
        close(ends[1]);
        std::thread killer([&] {
            std::this_thread::sleep_for(std::chrono::milliseconds(30 + random_() % 300));
            kill(child, SIGKILL);
        });
        Acknowledged row;
        while (read(ends[0], &row, sizeof(row)) == sizeof(row)) {
            auto& known = row.writer == kClusterMaker ? clusters_ : objects_;
            known[{row.writer, row.name}] = row;
            newest_ = std::max(newest_, row.revision);
            ++writes_;
        }
        close(ends[0]);
        killer.join();
        int status = 0;
        ASSERT_EQ(waitpid(child, &status, 0), child);
        ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself: " << WEXITSTATUS(status);
    }

    void check_objects(const Contents& contents) {
        // What is gone was erased by an acknowledged write, or by the one that was on its way: each
        // writer has one of those at most.
        std::map<int, int> missing;
        for (auto& [key, last] : objects_) {
            const auto found =
                contents.find({writer_namespace(key.first), "s-" + std::to_string(key.second)});
            const bool there = found != contents.end();
            // A write that was on its way may be there, too: then it is a newer one.
            if (there && last.step >= 0) EXPECT_GE(found->second.revision, last.revision);
            if (there != (last.step >= 0)) ++missing[key.first];
            // The next round counts from what is there now.
            last.step = there ? 0 : -1;
            last.revision = there ? found->second.revision : 0;
        }
        for (const auto& [writer, count] : missing) EXPECT_LE(count, writer == kImporter ? 20 : 1);
    }

    void check_clusters(const Store& store) {
        int missing = 0;
        for (auto& [key, last] : clusters_) {
            const auto head = store.read().head(static_cast<ClusterNumber>(key.second));
            ASSERT_TRUE(head) << head.error().message;
            if (head->has_value() != (last.step >= 0)) ++missing;
            last.step = head->has_value() ? 0 : -1;
        }
        EXPECT_LE(missing, 1);
    }

    std::mt19937_64 random_;
    const int64_t history_ms_;
    TestDirectory directory_;
    ClusterNumber cluster_ = 0;
    ClusterNumber mirror_ = 0;
    // By writer and name, the newest write that was acknowledged.
    std::map<std::pair<int, int>, Acknowledged> objects_;
    std::map<std::pair<int, int>, Acknowledged> clusters_;
    Revision newest_ = 0;
    size_t writes_ = 0;
};

// The parameter is the store's history in milliseconds.
class KillTest : public testing::TestWithParam<int64_t> {};

TEST_P(KillTest, NothingAcknowledgedIsLostAndNothingIsHalfThere) {
    const uint64_t seed = environment_number("SNAPGATE_SEED", std::random_device()());
    SCOPED_TRACE("SNAPGATE_SEED=" + std::to_string(seed));
    const uint64_t kills = environment_number("SNAPGATE_KILLS", 20) / 2;
    size_t writes = 0;
    for (uint64_t done = 0; done < kills && !HasFailure();) {
        KilledStore store(seed + done, GetParam());
        const uint64_t end = std::min(kills, done + kKillsOfAStore);
        for (; done < end && !HasFailure(); ++done) store.kill_once();
        writes += store.writes();
    }
    EXPECT_GT(writes, kills);
    if (HasFailure()) ADD_FAILURE() << "run again with SNAPGATE_SEED=" << seed;
}

constexpr int64_t kAllOfThePast = 3'600'000;
constexpr int64_t kCompactsAtOnce = 50;
INSTANTIATE_TEST_SUITE_P(Histories, KillTest, testing::Values(kAllOfThePast, kCompactsAtOnce));

}  // namespace
}  // namespace snapgate::store
