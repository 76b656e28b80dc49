#include "replica/replica_store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "etcd/cluster_testing.h"
#include "store/objects_testing.h"

namespace snapgate::replica {
namespace {

using base::Code;
using base::Result;
using model::ClusterNumber;
using model::Kind;
using store::make_object;
using store::Priority;
using store::WriteTxn;

class ReplicaStoreTest : public ::testing::Test {
  protected:
    Options options(const store::TestDirectory& directory, const std::string& secret = "s") const {
        Options options;
        options.endpoints = etcd_.client_options().endpoints;
        options.secret = secret;
        options.copy.directory = directory.path();
        options.copy.map_bytes = 1ULL << 30;
        return options;
    }
    std::unique_ptr<ReplicaStore> open(const store::TestDirectory& directory) const {
        auto opened = ReplicaStore::open(options(directory));
        if (!opened) throw std::runtime_error(opened.error().message);
        return std::move(*opened);
    }
    static Result<void> write(store::Store& store, store::WriteFunction function) {
        return store.write_and_wait(Priority::kRequest, std::move(function));
    }
    static ClusterNumber make_cluster(store::Store& store) {
        auto made = std::make_shared<ClusterNumber>();
        EXPECT_TRUE(write(store, [made](WriteTxn& txn) -> Result<void> {
            SNAPGATE_ASSIGN(*made, txn.create_cluster());
            return {};
        }));
        return *made;
    }
    static Result<void> put(store::Store& store, ClusterNumber cluster, const std::string& name,
                            const std::string& filler = {}) {
        return write(store, [=](WriteTxn& txn) -> Result<void> {
            SNAPGATE_TRY(
                txn.put(cluster, Kind::kSnapshot, make_object("shop", name, "vm", filler), {}));
            return {};
        });
    }
    static Result<base::Millis> age_of(const store::Store& store) {
        std::promise<Result<base::Millis>> done;
        store.catch_up([&done](Result<base::Millis> age) { done.set_value(std::move(age)); });
        return done.get_future().get();
    }
    static Result<void> catch_up(const store::Store& store) {
        const auto age = age_of(store);
        if (!age) return age.error();
        if (age->count() > 0) return base::Error(Code::kTimeout, "the copy is old");
        return {};
    }
    // The bytes of an object, and "" for none.
    static std::string value(const store::Store& store, ClusterNumber cluster,
                             const std::string& name) {
        const store::ReadView view = store.read();
        const auto found = view.newest(cluster, Kind::kSnapshot, "shop", name);
        return found && *found ? std::string((*found)->object.value) : std::string();
    }
    static std::string version(const store::Store& store, ClusterNumber cluster) {
        const auto head = store.read().head(cluster);
        return head && *head ? (*head)->version : std::string();
    }

    etcd::TestCluster etcd_;
    store::TestDirectory one_;
    store::TestDirectory two_;
};

TEST_F(ReplicaStoreTest, WhatOneWritesTheOtherHasOnceItHasCaughtUp) {
    const auto first = open(one_);
    const auto second = open(two_);
    EXPECT_EQ(first->truth_id(), second->truth_id());
    EXPECT_NE(first->id(), second->id());
    EXPECT_EQ(first->token_key(), second->token_key());
    const ClusterNumber cluster = make_cluster(*first);
    for (int i = 0; i < 20; ++i) {
        const std::string name = "s" + std::to_string(i);
        ASSERT_TRUE(put(i % 2 == 0 ? *first : *second, cluster, name));
        for (const store::Store* store : {first.get(), second.get()}) {
            ASSERT_TRUE(catch_up(*store));
            EXPECT_NE(value(*store, cluster, name), "");
        }
        EXPECT_EQ(value(*first, cluster, name), value(*second, cluster, name));
        EXPECT_EQ(version(*first, cluster), version(*second, cluster));
    }
}

TEST_F(ReplicaStoreTest, AWriteThatReadWhatChangedMeanwhileRunsAgain) {
    const auto first = open(one_);
    const auto second = open(two_);
    const ClusterNumber cluster = make_cluster(*first);
    ASSERT_TRUE(put(*first, cluster, "counter", "0"));
    ASSERT_TRUE(catch_up(*second));
    // Each adds to what it reads: none may be lost.
    constexpr int kEach = 25;
    const auto count = [cluster](store::Store& store) {
        for (int i = 0; i < kEach; ++i) {
            EXPECT_TRUE(write(store, [cluster](WriteTxn& txn) -> Result<void> {
                SNAPGATE_ASSIGN(const auto found,
                                txn.get(cluster, Kind::kSnapshot, "shop", "counter"));
                const std::string_view text = found->object.text;
                const size_t begin = text.find(R"("filler":")") + 10;
                const int next = std::stoi(std::string(text.substr(begin))) + 1;
                SNAPGATE_TRY(txn.put(cluster, Kind::kSnapshot,
                                     make_object("shop", "counter", "vm", std::to_string(next)),
                                     {}));
                return {};
            }));
        }
    };
    std::thread other([&] { count(*second); });
    count(*first);
    other.join();
    ASSERT_TRUE(catch_up(*first));
    EXPECT_NE(value(*first, cluster, "counter").find(R"("filler":"50")"), std::string::npos);
}

TEST_F(ReplicaStoreTest, WritesAreInFlightTogetherUnlessOneReadsWhatAnotherWrites) {
    const auto store = open(one_);
    const ClusterNumber cluster = make_cluster(*store);
    ASSERT_TRUE(put(*store, cluster, "a", "old"));
    struct Write {
        std::promise<void> ran;
        std::once_flag told;
        std::promise<Result<void>> done;
        std::string seen;  // of object "a", by its last run
    };
    const auto begin = [&](const char* name, const char* filler) {
        auto write = std::make_shared<Write>();
        store->write(
            Priority::kRequest,
            [write, cluster, name, filler](WriteTxn& txn) -> Result<void> {
                SNAPGATE_ASSIGN(const auto before, txn.get(cluster, Kind::kSnapshot, "shop", name));
                write->seen = before ? std::string(before->object.text) : std::string();
                std::call_once(write->told, [&] { write->ran.set_value(); });
                SNAPGATE_TRY(
                    txn.put(cluster, Kind::kSnapshot, make_object("shop", name, "vm", filler), {}));
                return {};
            },
            [write](Result<void> result) { write->done.set_value(std::move(result)); });
        return write;
    };
    // Nothing is answered; so the other one runs only if it does not wait for the first.
    etcd_.pause(0);
    const auto first = begin("a", "new");
    first->ran.get_future().wait();
    const auto other = begin("b", "");
    other->ran.get_future().wait();
    const auto same = begin("a", "newest");
    etcd_.go_on(0);
    for (const auto& write : {first, other, same}) {
        const Result<void> done = write->done.get_future().get();
        EXPECT_TRUE(done) << done.error().message;
    }
    EXPECT_NE(first->seen.find(R"("old")"), std::string::npos);
    EXPECT_EQ(other->seen, "");
    EXPECT_NE(same->seen.find(R"("new")"), std::string::npos);
    EXPECT_NE(value(*store, cluster, "a").find(R"("newest")"), std::string::npos);
    EXPECT_EQ(store->replica_statistics().conflicts, 0U);
}

TEST_F(ReplicaStoreTest, ManyAtOnceAreAllDoneAndCountedOnce) {
    const auto first = open(one_);
    const auto second = open(two_);
    const ClusterNumber cluster = make_cluster(*first);
    ASSERT_TRUE(catch_up(*second));
    constexpr int kWrites = 300;
    constexpr uint64_t kRoom = 100;
    std::atomic<int> left = kWrites;
    std::promise<void> all;
    std::atomic<uint64_t> done = 0;
    // As a quota counts: each is refused once there are enough.
    for (int i = 0; i < kWrites; ++i) {
        store::Store& store = i % 2 == 0 ? *first : *second;
        store.write(
            Priority::kRequest,
            [cluster, i](WriteTxn& txn) -> Result<void> {
                SNAPGATE_ASSIGN(const uint64_t count, txn.count(cluster, Kind::kSnapshot));
                if (count == kRoom) return base::Error(Code::kQuotaExceeded, "no room");
                const std::string name = "s" + std::to_string(i);
                SNAPGATE_TRY(
                    txn.put(cluster, Kind::kSnapshot, make_object("shop", name, "vm"), {}));
                return {};
            },
            [&](const Result<void>& result) {
                if (result) ++done;
                if (--left == 0) all.set_value();
            });
    }
    all.get_future().wait();
    EXPECT_EQ(done.load(), kRoom);
    for (const store::Store* store : {first.get(), second.get()}) {
        ASSERT_TRUE(catch_up(*store));
        EXPECT_EQ(*store->read().count(cluster, Kind::kSnapshot), kRoom);
    }
}

TEST_F(ReplicaStoreTest, AFunctionThatFailsAfterItHasWrittenSpoilsNothing) {
    const auto store = open(one_);
    const ClusterNumber cluster = make_cluster(*store);
    std::vector<std::future<Result<void>>> waits;
    for (int i = 0; i < 30; ++i) {
        auto done = std::make_shared<std::promise<Result<void>>>();
        waits.push_back(done->get_future());
        store->write(
            Priority::kRequest,
            [cluster, i](WriteTxn& txn) -> Result<void> {
                const std::string name = "s" + std::to_string(i);
                SNAPGATE_TRY(
                    txn.put(cluster, Kind::kSnapshot, make_object("shop", name, "vm"), {}));
                if (i % 3 == 0) return base::Error(Code::kConflict, "no");
                return {};
            },
            [done](Result<void> result) { done->set_value(std::move(result)); });
    }
    for (size_t i = 0; i < waits.size(); ++i)
        EXPECT_EQ(waits[i].get().has_value(), i % 3 != 0) << i;
    EXPECT_EQ(*store->read().count(cluster, Kind::kSnapshot), 20U);
}

TEST_F(ReplicaStoreTest, ACopyThatMissesWhatEtcdCompactedIsBuiltAgain) {
    auto first = open(one_);
    ClusterNumber cluster = 0;
    ClusterNumber gone = 0;
    {
        const auto second = open(two_);
        cluster = make_cluster(*first);
        gone = make_cluster(*first);
        for (const char* name : {"stays", "changes", "goes"})
            ASSERT_TRUE(put(*first, cluster, name));
        ASSERT_TRUE(catch_up(*second));
    }
    ASSERT_TRUE(put(*first, cluster, "changes", "now"));
    ASSERT_TRUE(write(*first, [&](WriteTxn& txn) -> Result<void> {
        SNAPGATE_TRY(txn.erase(cluster, Kind::kSnapshot, "shop", "goes"));
        SNAPGATE_TRY(txn.delete_cluster(gone));
        return txn.put_note(cluster, store::NoteType::kCollect, "work", "1");
    }));
    const ClusterNumber made = make_cluster(*first);
    ASSERT_TRUE(put(*first, made, "new"));
    const auto range = etcd_.client()->range({"x", {}, 0, 0, false, false, false, {}});
    ASSERT_TRUE(range);
    etcd_.post(0, "/v3/kv/compaction",
               R"({"revision": )" + std::to_string(range->header.revision) + "}");

    const auto second = open(two_);
    for (const char* name : {"stays", "changes", "goes"})
        EXPECT_EQ(value(*second, cluster, name), value(*first, cluster, name)) << name;
    EXPECT_EQ(value(*second, made, "new"), value(*first, made, "new"));
    EXPECT_EQ(version(*second, cluster), version(*first, cluster));
    EXPECT_EQ(version(*second, made), version(*first, made));
    EXPECT_EQ(version(*second, gone), "");
    EXPECT_EQ(*second->read().count(cluster, Kind::kSnapshot), 2U);
    EXPECT_EQ(second->read().notes(cluster, store::NoteType::kCollect, {}, {}, 9)->size(), 1U);
    // It goes on from there.
    ASSERT_TRUE(put(*first, cluster, "later"));
    ASSERT_TRUE(catch_up(*second));
    EXPECT_EQ(value(*second, cluster, "later"), value(*first, cluster, "later"));
}

TEST_F(ReplicaStoreTest, WithoutEtcdNothingIsSaidToBeDoneAndReadsAreOfTheCopy) {
    const auto store = open(one_);
    const ClusterNumber cluster = make_cluster(*store);
    etcd_.kill(0);
    const auto written = put(*store, cluster, "lost");
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, Code::kUnavailable);
    // What the copy has may be read, and says that it is old.
    const auto age = age_of(*store);
    ASSERT_TRUE(age);
    EXPECT_GT(age->count(), 0);
    EXPECT_TRUE(store->follows());
    EXPECT_FALSE(store->writable());
    EXPECT_FALSE(store->replica_statistics().current);
}

TEST_F(ReplicaStoreTest, WithoutEtcdNothingIsReadWhereThatIsTurnedOff) {
    auto chosen = options(one_);
    chosen.stale_reads = base::Millis(0);
    const auto store = ReplicaStore::open(chosen);
    ASSERT_TRUE(store);
    etcd_.kill(0);
    const auto age = age_of(**store);
    ASSERT_FALSE(age);
    EXPECT_EQ(age.error().code, Code::kUnavailable);
    EXPECT_FALSE((*store)->follows());
}

TEST_F(ReplicaStoreTest, LinesOfTheAuditTrailAreInTheStoreOfTheMachineThatWrote) {
    const auto first = open(one_);
    const auto second = open(two_);
    const ClusterNumber cluster = make_cluster(*first);
    const std::string line = R"({"outcome":"done"})";
    EXPECT_TRUE(write(*first, [&](WriteTxn& txn) -> Result<void> {
        SNAPGATE_TRY(txn.put(cluster, Kind::kSnapshot, make_object("shop", "a", "vm"), {}));
        return txn.add_audit_line(line);
    }));
    // One without a write, and one of a function that fails.
    EXPECT_TRUE(write(*first, [&](WriteTxn& txn) { return txn.add_audit_line(line); }));
    EXPECT_FALSE(write(*first, [&](WriteTxn& txn) -> Result<void> {
        SNAPGATE_TRY(txn.add_audit_line(line));
        return base::Error(Code::kConflict, "no");
    }));
    EXPECT_EQ(first->local().read().audit_lines(0, 1 << 20)->size(), 2U);
    ASSERT_TRUE(catch_up(*second));
    EXPECT_NE(value(*second, cluster, "a"), "");
    EXPECT_EQ(second->local().read().audit_lines(0, 1 << 20)->size(), 0U);
}

TEST_F(ReplicaStoreTest, OneLeadsAndAnotherDoesOnceItIsGone) {
    auto first = open(one_);
    const auto wait_for_lead = [](ReplicaStore& store) {
        const auto taken = std::make_shared<std::promise<void>>();
        const auto once = std::make_shared<std::atomic<bool>>(false);
        auto future = taken->get_future();
        store.tell_of_lead([taken, once](bool) {
            if (!once->exchange(true)) taken->set_value();
        });
        future.wait();
        store.tell_of_lead({});
    };
    wait_for_lead(*first);
    EXPECT_TRUE(first->leads());
    const auto second = open(two_);
    second->announce("here:1", "c0ffee", true);
    const auto names = [&] {
        std::promise<Result<std::vector<Replica>>> listed;
        second->list_replicas(
            [&](Result<std::vector<Replica>> all) { listed.set_value(std::move(all)); });
        return listed.get_future().get();
    };
    // Its record comes when its lease is there.
    auto known = names();
    while (known && known->size() < 2) known = names();
    ASSERT_TRUE(known);
    EXPECT_FALSE(second->leads());
    EXPECT_EQ(std::ranges::count_if(*known, &Replica::leads), 1);
    const auto told = [&] { return *std::ranges::find_if(*known, &Replica::self); };
    EXPECT_EQ(told().record.address, "here:1");
    EXPECT_EQ(told().record.certificate, "c0ffee");
    EXPECT_TRUE(told().proven);
    // The first has told nobody of an address.
    EXPECT_FALSE(std::ranges::find(*known, false, &Replica::self)->proven);
    first.reset();
    wait_for_lead(*second);
    EXPECT_TRUE(second->leads());
    known = names();
    ASSERT_TRUE(known);
    ASSERT_EQ(known->size(), 1U);
    EXPECT_TRUE(known->front().self && known->front().leads);
}

TEST_F(ReplicaStoreTest, AnotherSecretIsRefused) {
    const auto store = open(one_);
    const auto other = ReplicaStore::open(options(two_, "another"));
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().code, Code::kForbidden);
}

TEST_F(ReplicaStoreTest, AStoreThatIsNoCopyIsLeftAsItIs) {
    store::StoreOptions embedded;
    embedded.directory = one_.path();
    embedded.map_bytes = 1ULL << 30;
    {
        auto store = store::Store::open(embedded);
        ASSERT_TRUE(store);
        ASSERT_TRUE(write(**store, [](WriteTxn& txn) {
            return txn.put_record(store::RecordType::kProject, "p", "{}");
        }));
    }
    const auto opened = ReplicaStore::open(options(one_));
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Code::kConflict);
    auto store = store::Store::open(embedded);
    ASSERT_TRUE(store);
    EXPECT_TRUE(*(*store)->read().record(store::RecordType::kProject, "p"));
}

}  // namespace
}  // namespace snapgate::replica
