#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "etcd/cluster_testing.h"
#include "replica/move_in.h"
#include "replica/move_out.h"
#include "replica/replica_store.h"
#include "replica/truth.h"
#include "replica/truth_keys.h"
#include "store/objects_testing.h"
#include "store/temporary_store_testing.h"

namespace snapgate::replica {
namespace {

using base::Code;
using base::Result;
using model::ClusterNumber;
using model::Kind;
using store::make_object;
using store::NoteType;
using store::RecordType;
using store::WriteTxn;

bool is_listed(const ReplicaStore& replica) {
    std::promise<bool> told;
    replica.list_replicas([&told](const Result<std::vector<Replica>>& listed) {
        told.set_value(listed && std::ranges::any_of(*listed, &Replica::self));
    });
    return told.get_future().get();
}

// A replica writes its record soon after it was opened.
void wait_until_listed(const ReplicaStore& replica) {
    using namespace std::chrono_literals;
    const auto give_up = std::chrono::steady_clock::now() + 10s;
    while (!is_listed(replica)) {
        if (std::chrono::steady_clock::now() > give_up)
            throw std::runtime_error("a replica has no record after ten seconds");
        std::this_thread::sleep_for(5ms);
    }
}

class MoveTest : public ::testing::Test {
  protected:
    static std::unique_ptr<store::Store> open_store(const store::TestDirectory& directory) {
        return store::open_or_throw(store::small_options(directory.path()));
    }
    Options options(const store::TestDirectory& directory, const std::string& secret = "s") const {
        Options options;
        options.endpoints = etcd_.client_options().endpoints;
        options.secret = secret;
        options.txn_operations = 32;
        options.copy.directory = directory.path();
        options.copy.map_bytes = 1ULL << 30;
        return options;
    }
    // Two clusters and the hole of a deleted one between them, notes and records.
    static void fill(store::Store& store) {
        const auto filled =
            store.write_and_wait(store::Priority::kRequest, [](WriteTxn& txn) -> Result<void> {
                for (int i = 0; i < 3; ++i) SNAPGATE_TRY(txn.create_cluster());
                for (int i = 0; i < 100; ++i) {
                    const std::string name = "s" + std::to_string(i);
                    SNAPGATE_TRY(txn.put(1, Kind::kSnapshot, make_object("shop", name, "vm")));
                    SNAPGATE_TRY(txn.put(3, Kind::kContent, make_object("a.b", name, "")));
                }
                SNAPGATE_TRY(txn.put(3, Kind::kNamespace, make_object("", "shop", "")));
                SNAPGATE_TRY(txn.put_note(3, NoteType::kCollect, "k/1", "v"));
                SNAPGATE_TRY(txn.put_record(RecordType::kKey, "k", "{}"));
                SNAPGATE_TRY(txn.put_record(RecordType::kProject, "p", "{\"a\":1}"));
                return txn.delete_cluster(2);
            });
        ASSERT_TRUE(filled) << filled.error().message;
    }
    // By their addresses, the texts without versions.
    static std::map<std::string, std::string> objects(const store::Store& store) {
        std::map<std::string, std::string> all;
        const store::ReadView view = store.read();
        for (const ClusterNumber cluster : {1U, 3U}) {
            const auto head = view.head(cluster);
            if (!head || !*head) continue;
            for (const Kind kind : model::kKinds) {
                auto scan = view.scan(cluster, kind, (*head)->revision);
                for (auto more = scan.seek("", ""); more && *more; more = scan.next()) {
                    std::string text(scan.found().object.text);
                    const std::string_view version = scan.found().object.version;
                    text.erase(
                        static_cast<size_t>(version.data() - scan.found().object.text.data()),
                        version.size());
                    all[std::to_string(cluster) + "/" + std::string(scan.found().ns) + "/" +
                        std::string(scan.found().name)] = text;
                }
            }
        }
        return all;
    }
    Result<MovedIn> move(const store::Store& from, const Options& to) {
        return move_in({.store = from, .mirrors = {}, .token_key = "earlier"}, to, [](uint64_t) {});
    }

    etcd::TestCluster etcd_;
    store::TestDirectory from_;
    store::TestDirectory to_;
    store::TestDirectory other_;
};

TEST_F(MoveTest, AReplicaHasAllThatTheStoreHad) {
    const auto store = open_store(from_);
    fill(*store);
    const auto moved = move(*store, options(to_));
    ASSERT_TRUE(moved) << moved.error().message;
    EXPECT_EQ(moved->objects, 201U);
    EXPECT_FALSE(moved->before);
    const auto replica = ReplicaStore::open(options(to_));
    ASSERT_TRUE(replica) << replica.error().message;
    EXPECT_EQ(objects(**replica), objects(*store));
    EXPECT_EQ((*replica)->earlier_token_key(), "earlier");
    const store::ReadView view = (*replica)->read();
    EXPECT_EQ(*view.record(RecordType::kKey, "k"), "{}");
    EXPECT_EQ(*view.record(RecordType::kProject, "p"), "{\"a\":1}");
    const auto notes = view.notes(3, NoteType::kCollect, {}, {}, 9);
    ASSERT_TRUE(notes);
    ASSERT_EQ(notes->size(), 1U);
    EXPECT_EQ(notes->at(0).first, "k/1");
    EXPECT_FALSE(*view.head(2));
    // No number is used twice.
    auto made = std::make_shared<ClusterNumber>();
    ASSERT_TRUE((*replica)->write_and_wait(store::Priority::kRequest,
                                           [made](WriteTxn& txn) -> Result<void> {
                                               SNAPGATE_ASSIGN(*made, txn.create_cluster());
                                               return {};
                                           }));
    EXPECT_EQ(*made, 4U);
}

TEST_F(MoveTest, OfTwoMovesAtOnceOneEnds) {
    const auto store = open_store(from_);
    fill(*store);
    const Options to = options(to_);
    // The second begins and ends within the first.
    bool begun = false;
    Result<MovedIn> second;
    const auto first =
        move_in({.store = *store, .mirrors = {}, .token_key = "k"}, to, [&](uint64_t) {
            if (std::exchange(begun, true)) return;
            second = move(*store, to);
        });
    ASSERT_TRUE(second) << second.error().message;
    ASSERT_FALSE(first);
    EXPECT_EQ(first.error().code, Code::kConflict) << first.error().message;
    const auto replica = ReplicaStore::open(to);
    ASSERT_TRUE(replica);
    EXPECT_EQ(objects(**replica), objects(*store));
}

TEST_F(MoveTest, WhatWasMovedOutIsClosedAndCanBeMovedOutAgain) {
    const auto store = open_store(from_);
    fill(*store);
    ASSERT_TRUE(move(*store, options(to_)));
    {
        const auto replica = ReplicaStore::open(options(to_));
        ASSERT_TRUE(replica);
        wait_until_listed(**replica);
        const auto refused = move_out(options(other_), {});
        ASSERT_FALSE(refused);
    }
    const auto forbidden = move_out(options(other_, "another"), {});
    ASSERT_FALSE(forbidden);
    EXPECT_EQ(forbidden.error().code, Code::kForbidden);
    for (int turn = 0; turn < 2; ++turn) {
        const store::TestDirectory copy;
        const auto out = move_out(options(copy), {});
        ASSERT_TRUE(out) << out.error().message;
        EXPECT_EQ(objects(*out->copy), objects(*store));
        const auto closed = ReplicaStore::open(options(to_));
        ASSERT_FALSE(closed);
        EXPECT_EQ(closed.error().code, Code::kConflict) << closed.error().message;
    }
    const auto again = move(*store, options(to_));
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, Code::kConflict) << again.error().message;
}

}  // namespace
}  // namespace snapgate::replica
