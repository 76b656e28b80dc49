#include "store/tailer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <thread>

#include "store/store_testing.h"

namespace snapgate::store {
namespace {

using base::Code;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

using Texts = Tailer<std::string>;

class TailerTest : public StoreFixture {
  protected:
    void SetUp() override {
        StoreFixture::SetUp();
        cluster_ = make_cluster();
    }

    void put(std::string_view name, std::string_view filler = {}) {
        StoreFixture::put(cluster_, "ns", name, "vm", filler);
    }
    void erase(std::string_view name) { StoreFixture::erase(cluster_, "ns", name); }
    Revision head() { return StoreFixture::head(cluster_); }

    // "+name", "name", "-name", and counts how often it is asked.
    Texts::Encoder encoder() {
        return [this](const TailChange& change) -> base::Result<std::optional<std::string>> {
            ++encoded_;
            EXPECT_EQ(change.object == nullptr, change.entry.op == LogEntry::Op::kDeleted);
            EXPECT_EQ(change.previous == nullptr, change.entry.op == LogEntry::Op::kCreated);
            if (change.previous) EXPECT_EQ(change.previous->revision, change.entry.previous);
            if (change.object) EXPECT_EQ(change.object->revision, change.entry.revision);
            const char* sign = change.object == nullptr     ? "-"
                               : change.previous == nullptr ? "+"
                                                            : "";
            return sign + change.entry.key.name;
        };
    }

    static std::vector<std::string> texts(const Texts::Batch& batch) {
        std::vector<std::string> texts;
        texts.reserve(batch.events.size());
        for (const auto& event : batch.events) texts.push_back(event->payload);
        return texts;
    }
    static Texts::Batch must_poll(Texts& tailer, Revision after, size_t max = 100) {
        auto batch = tailer.poll(after, {.events = max});
        EXPECT_TRUE(batch) << batch.error().message;
        return batch ? *batch : Texts::Batch();
    }

    ClusterNumber cluster_ = 0;
    std::atomic<int> encoded_ = 0;
};

TEST_F(TailerTest, EventsAreEncodedOnceForAll) {
    Texts tailer(*store_, cluster_, encoder(), {});
    Revision start = head();
    EXPECT_THAT(must_poll(tailer, start).events, IsEmpty());
    put("a");
    put("b");
    put("a", "two");
    erase("b");
    Texts::Batch one = must_poll(tailer, start);
    Texts::Batch two = must_poll(tailer, start);
    EXPECT_THAT(texts(one), ElementsAre("+a", "+b", "a", "-b"));
    EXPECT_EQ(one.events, two.events);
    EXPECT_EQ(one.up_to, head());
    EXPECT_EQ(encoded_, 4);
    EXPECT_THAT(must_poll(tailer, one.up_to).events, IsEmpty());
    EXPECT_THAT(texts(must_poll(tailer, one.events[1]->position)), ElementsAre("a", "-b"));
}

TEST_F(TailerTest, AtMostMaxAtATime) {
    Texts tailer(*store_, cluster_, encoder(), {});
    Revision at = head();
    must_poll(tailer, at);
    for (const char* name : {"a", "b", "c"}) put(name);
    Texts::Batch batch = must_poll(tailer, at, 2);
    EXPECT_THAT(texts(batch), ElementsAre("+a", "+b"));
    EXPECT_EQ(batch.up_to, batch.events.back()->position);
    batch = must_poll(tailer, batch.up_to, 2);
    EXPECT_THAT(texts(batch), ElementsAre("+c"));
    EXPECT_EQ(batch.up_to, head());
}

TEST_F(TailerTest, BehindTheRingTheLogIsRead) {
    Texts tailer(*store_, cluster_, encoder(), {.events = 2, .bytes = 1000});
    Revision start = head();
    must_poll(tailer, start);
    for (const char* name : {"a", "b", "c", "d"}) put(name);
    Revision last = must_poll(tailer, start).up_to;
    EXPECT_EQ(last, head());
    encoded_ = 0;
    std::vector<std::string> all;
    for (Revision at = start; at < last;) {
        Texts::Batch batch = must_poll(tailer, at, 1);
        ASSERT_THAT(batch.events, SizeIs(1));
        all.push_back(batch.events[0]->payload);
        at = batch.up_to;
    }
    EXPECT_THAT(all, ElementsAre("+a", "+b", "+c", "+d"));
    EXPECT_EQ(encoded_, 2);  // a and b; c and d are in the ring
}

TEST_F(TailerTest, TheRingIsBoundedInBytes) {
    Texts tailer(*store_, cluster_,
                 [&](const TailChange&) -> base::Result<std::optional<std::string>> {
                     ++encoded_;
                     return std::string(600, 'x');
                 },
                 {.events = 100, .bytes = 1000});
    Revision start = head();
    must_poll(tailer, start);
    put("a");
    put("b");
    must_poll(tailer, start);
    encoded_ = 0;
    EXPECT_THAT(must_poll(tailer, start).events, SizeIs(2));
    EXPECT_EQ(encoded_, 2);  // from the log
    encoded_ = 0;
    EXPECT_THAT(must_poll(tailer, head() - 1).events, SizeIs(1));
    EXPECT_EQ(encoded_, 0);
}

TEST_F(TailerTest, BehindHistoryIsExpired) {
    Texts tailer(*store_, cluster_, encoder(), {.events = 1, .bytes = 1000});
    Revision start = head();
    must_poll(tailer, start);
    put("a");
    put("b");
    must_poll(tailer, start);
    clock_.advance(120'000);
    ASSERT_TRUE(store_->compact());
    auto batch = tailer.poll(start, {.events = 10});
    ASSERT_FALSE(batch);
    EXPECT_EQ(batch.error().code, Code::kExpired);
    EXPECT_THAT(must_poll(tailer, head()).events, IsEmpty());
}

TEST_F(TailerTest, ATailerThatSleptThroughHistoryBeginsAnew) {
    Texts tailer(*store_, cluster_, encoder(), {});
    must_poll(tailer, head());
    for (const char* name : {"a", "b", "c"}) put(name);
    clock_.advance(120'000);
    ASSERT_TRUE(store_->compact());
    Revision at = head();
    EXPECT_THAT(must_poll(tailer, at).events, IsEmpty());
    put("d");
    EXPECT_THAT(texts(must_poll(tailer, at)), ElementsAre("+d"));
}

TEST_F(TailerTest, AStageIsSeenWhenItIsPublished) {
    Texts tailer(*store_, cluster_, encoder(), {});
    Revision start = head();
    must_poll(tailer, start);
    must([&](WriteTxn& txn) { return txn.open_stage(cluster_); });
    put("a");
    EXPECT_THAT(must_poll(tailer, start).events, IsEmpty());
    put("b");
    EXPECT_THAT(must_poll(tailer, start).events, IsEmpty());
    must([&](WriteTxn& txn) { return txn.publish_stage(cluster_, "v2"); });
    EXPECT_THAT(texts(must_poll(tailer, start)), ElementsAre("+a", "+b"));
}

TEST_F(TailerTest, AClusterThatIsGoneIsNotFound) {
    std::atomic<int> woken = 0;
    Texts tailer(*store_, cluster_, encoder(), {}, [&] { ++woken; });
    Revision start = head();
    must_poll(tailer, start);
    must([&](WriteTxn& txn) { return txn.delete_cluster(cluster_); });
    must([&](WriteTxn&) { return base::Result<void>(); });  // the call of the last one is over
    EXPECT_EQ(woken, 1);
    auto batch = tailer.poll(start, {.events = 10});
    ASSERT_FALSE(batch);
    EXPECT_EQ(batch.error().code, Code::kNotFound);
}

TEST_F(TailerTest, AnEncoderThatFailsIsAskedAgain) {
    bool broken = true;
    Texts tailer(*store_, cluster_,
                 [&](const TailChange&) -> base::Result<std::optional<std::string>> {
                     if (broken) return base::Error(Code::kCorrupt, "no");
                     return std::string("yes");
                 },
                 {});
    Revision start = head();
    must_poll(tailer, start);
    put("a");
    EXPECT_FALSE(tailer.poll(start, {.events = 10}));
    broken = false;
    EXPECT_THAT(texts(must_poll(tailer, start)), ElementsAre("yes"));
}

TEST_F(TailerTest, BatchesAreBoundedInBytes) {
    Texts tailer(*store_, cluster_, encoder(), {});
    Revision start = head();
    must_poll(tailer, start);
    for (const char* name : {"a", "b", "a-long-one", "c"}) put(name);
    auto batch = tailer.poll(start, {.events = 10, .bytes = 5});
    ASSERT_TRUE(batch);
    EXPECT_THAT(texts(*batch), ElementsAre("+a", "+b"));
    batch = tailer.poll(batch->up_to, {.events = 10, .bytes = 5});
    ASSERT_TRUE(batch);
    EXPECT_THAT(texts(*batch), ElementsAre("+a-long-one"));
    EXPECT_THAT(texts(must_poll(tailer, batch->up_to)), ElementsAre("+c"));
}

TEST_F(TailerTest, WhatIsNotForTheseWatchersIsPassedOver) {
    Texts tailer(*store_, cluster_,
                 [&](const TailChange& change) -> base::Result<std::optional<std::string>> {
                     if (change.entry.key.name != "b") return std::nullopt;
                     return change.entry.key.name;
                 },
                 {});
    Revision start = head();
    must_poll(tailer, start);
    put("a");
    Texts::Batch batch = must_poll(tailer, start);
    EXPECT_THAT(batch.events, IsEmpty());
    EXPECT_EQ(batch.up_to, head());
    put("b");
    put("c");
    batch = must_poll(tailer, batch.up_to);
    EXPECT_THAT(texts(batch), ElementsAre("b"));
    EXPECT_EQ(batch.up_to, head());
}

// Several changes share a commit: a watch may begin after any of them, from the ring and from the
// log, and between two heads of the cluster.
TEST_F(TailerTest, AnyRevisionIsAPlaceToGoOnFrom) {
    Revision start = head();
    std::vector<Revision> revisions;
    for (int commit = 0; commit < 3; ++commit) {
        must([&](WriteTxn& txn) -> base::Result<void> {
            for (const char* name : {"a", "b", "c"}) {
                SNAPGATE_ASSIGN(Revision revision,
                                txn.put(cluster_, Kind::kSnapshot, make_object("ns", name, "vm")));
                revisions.push_back(revision);
            }
            return {};
        });
        must([&](WriteTxn& txn) {
            return base::Result<void>(txn.create_cluster().map([](auto) {}));
        });
    }
    Texts ring(*store_, cluster_, encoder(), {});
    must_poll(ring, start);
    Texts log(*store_, cluster_, encoder(), {.events = 1});
    for (Revision after = start; after <= head(); ++after) {
        for (Texts* tailer : {&ring, &log}) {
            Texts::Batch batch = must_poll(*tailer, after);
            std::vector<Revision> seen;
            seen.reserve(batch.events.size());
            for (const auto& event : batch.events) seen.push_back(event->position);
            std::vector<Revision> expected(std::ranges::upper_bound(revisions, after),
                                           revisions.end());
            EXPECT_EQ(seen, expected) << after;
        }
    }
}

TEST_F(TailerTest, TheRingBeginsWhereTheFirstOneWantsIt) {
    Revision start = head();
    for (const char* name : {"a", "b"}) put(name);
    Texts tailer(*store_, cluster_, encoder(), {});
    EXPECT_THAT(must_poll(tailer, start).events, SizeIs(2));
    EXPECT_THAT(must_poll(tailer, start).events, SizeIs(2));
    EXPECT_EQ(encoded_, 2);
}

// Every watcher, slow or fast, woken or not, sees every change once and in order.
TEST_F(TailerTest, ManyWatchersSeeEveryChangeInOrder) {
    constexpr int kChanges = 400;
    constexpr int kWatchers = 6;
    struct Sleeper {
        base::Mutex mutex;
        base::Condition wake;
        bool woken = true;
    };
    std::array<Sleeper, kWatchers> sleepers;
    Texts tailer(*store_, cluster_, encoder(), {.events = 16, .bytes = 1 << 20}, [&] {
        for (Sleeper& sleeper : sleepers) {
            base::MutexLock lock(sleeper.mutex);
            sleeper.woken = true;
            sleeper.wake.notify_one();
        }
    });
    Revision start = head();
    must_poll(tailer, start);

    std::vector<std::thread> watchers;
    watchers.reserve(kWatchers);
    std::vector<std::vector<Revision>> seen(kWatchers);
    for (int i = 0; i < kWatchers; ++i) {
        watchers.emplace_back([&, i] {
            Sleeper& sleeper = sleepers[static_cast<size_t>(i)];
            auto& revisions = seen[static_cast<size_t>(i)];
            for (Revision at = start; revisions.size() < kChanges;) {
                auto batch = tailer.poll(at, {.events = 1 + (static_cast<size_t>(i) * 7)});
                ASSERT_TRUE(batch) << batch.error().message;
                for (const auto& event : batch->events) revisions.push_back(event->position);
                if (batch->up_to > at) {
                    at = batch->up_to;
                    continue;
                }
                base::MutexLock lock(sleeper.mutex);
                while (!sleeper.woken) sleeper.wake.wait(sleeper.mutex);
                sleeper.woken = false;
            }
        });
    }
    std::vector<std::thread> writers;
    writers.reserve(4);
    for (int w = 0; w < 4; ++w) {
        writers.emplace_back([&, w] {
            for (int i = 0; i < kChanges / 4; ++i) put("w" + std::to_string(w), std::to_string(i));
        });
    }
    for (std::thread& writer : writers) writer.join();
    for (std::thread& watcher : watchers) watcher.join();

    auto entries = store_->read().log(cluster_, start, head(), 10'000);
    ASSERT_TRUE(entries);
    std::vector<Revision> expected;
    for (const LogEntry& entry : *entries) expected.push_back(entry.revision);
    EXPECT_THAT(expected, SizeIs(kChanges));
    for (const auto& revisions : seen) EXPECT_EQ(revisions, expected);
}

}  // namespace
}  // namespace snapgate::store
