#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <stdexcept>
#include <thread>
#include <utility>

#include "store/store_testing.h"

namespace snapgate::store {
namespace {

using base::Code;
using base::Error;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

class WriterTest : public StoreFixture {
  protected:
    void SetUp() override {
        StoreFixture::SetUp();
        cluster_ = make_cluster();
    }

    WriteFunction put_function(std::string name) {
        return [this, name = std::move(name)](WriteTxn& txn) -> base::Result<void> {
            SNAPGATE_TRY(txn.put(cluster_, Kind::kSnapshot, make_object("ns", name, "vm")));
            return {};
        };
    }

    // Holds the writer in one commit, so that what is queued meanwhile makes the next group.
    class Gate {
      public:
        explicit Gate(Store& store) {
            store.write(
                Priority::kRequest,
                [this](WriteTxn&) {
                    entered_.set_value();
                    open_.get_future().wait();
                    return base::Result<void>();
                },
                [](const base::Result<void>&) {});
            entered_.get_future().wait();
        }
        void open() { open_.set_value(); }

      private:
        std::promise<void> entered_;
        std::promise<void> open_;
    };

    ClusterNumber cluster_ = 0;
};

TEST_F(WriterTest, WritesThatComeTogetherAreOneCommit) {
    uint64_t before = store_->statistics().commits;
    std::atomic<int> done = 0;
    {
        Gate gate(*store_);
        for (int i = 0; i < 50; ++i) {
            store_->write(Priority::kRequest, put_function("s" + std::to_string(i)),
                          [&done](const base::Result<void>& result) {
                              EXPECT_TRUE(result);
                              ++done;
                          });
        }
        EXPECT_EQ(store_->statistics().queued_requests, 50U);
        gate.open();
        must([](WriteTxn&) { return base::Result<void>(); });
    }
    EXPECT_EQ(done, 50);
    EXPECT_EQ(store_->statistics().queued_requests, 0U);
    EXPECT_EQ(store_->statistics().longest_queued, base::Millis(0));
    EXPECT_EQ(store_->statistics().commits, before + 1);
    uint64_t timed = 0;
    for (const uint64_t count : store_->statistics().commit_times.of_bucket) timed += count;
    EXPECT_EQ(timed, before + 1);
    EXPECT_EQ(list(cluster_, head(cluster_)).size(), 50U);
}

TEST_F(WriterTest, OneThatFailsAfterWritingLeavesNothingAndHarmsNobody) {
    std::vector<std::string> answers;
    auto note = [&answers](std::string name) {
        return [&answers, name = std::move(name)](const base::Result<void>& result) {
            answers.push_back(name + (result ? " ok" : " " + result.error().message));
        };
    };
    std::vector<bool> seen;
    {
        Gate gate(*store_);
        store_->write(Priority::kRequest, put_function("a"), note("a"));
        for (const char* name : {"bad1", "bad2", "bad3"}) {
            store_->write(
                Priority::kRequest,
                [&, name](WriteTxn& txn) -> base::Result<void> {
                    SNAPGATE_TRY(put_function(name)(txn));
                    return Error(Code::kConflict, "no");
                },
                note(name));
        }
        // What this one decides must not rest on what was rolled back.
        store_->write(
            Priority::kRequest,
            [&](WriteTxn& txn) -> base::Result<void> {
                SNAPGATE_ASSIGN(auto bad, txn.get(cluster_, Kind::kSnapshot, "ns", "bad1"));
                if (bad) return Error(Code::kAlreadyExists, "saw it");
                return put_function("b")(txn);
            },
            note("b"));
        store_->write(
            Priority::kRequest,
            [](WriteTxn&) -> base::Result<void> { return Error(Code::kNotFound, "none"); },
            note("c"));
        gate.open();
        must([](WriteTxn&) { return base::Result<void>(); });
    }
    EXPECT_THAT(answers, testing::UnorderedElementsAre("a ok", "bad1 no", "bad2 no", "bad3 no",
                                                       "b ok", "c none"));
    EXPECT_THAT(list(cluster_, head(cluster_)), ElementsAre("ns/a", "ns/b"));
    EXPECT_EQ(store_->read().count(cluster_, Kind::kSnapshot), 2U);
}

TEST_F(WriterTest, AnExceptionEndsItsWriteOnly) {
    auto done = write([&](WriteTxn& txn) -> base::Result<void> {
        SNAPGATE_TRY(put_function("a")(txn));
        throw std::runtime_error("inner matter");
    });
    EXPECT_EQ(done.error().code, Code::kInternal);
    EXPECT_THAT(done.error().message, testing::Not(HasSubstr("inner")));
    put(cluster_, "ns", "b");
    EXPECT_THAT(list(cluster_, head(cluster_)), ElementsAre("ns/b"));
}

TEST_F(WriterTest, AWriteThatChangesNothingMovesNothing) {
    Revision before = head(cluster_);
    uint64_t commits = store_->statistics().commits;
    must([&](WriteTxn& txn) -> base::Result<void> {
        SNAPGATE_ASSIGN(bool erased, txn.erase(cluster_, Kind::kSnapshot, "ns", "none"));
        EXPECT_FALSE(erased);
        return {};
    });
    EXPECT_EQ(head(cluster_), before);
    EXPECT_EQ(store_->statistics().commits, commits);
}

TEST_F(WriterTest, RequestsGoBeforeBatchesAndBatchesDoNotStarve) {
    std::vector<std::string> order;
    auto note = [&order](std::string name) {
        return
            [&order, name = std::move(name)](const base::Result<void>&) { order.push_back(name); };
    };
    {
        Gate gate(*store_);
        for (int i = 0; i < 3; ++i)
            store_->write(Priority::kBatch, put_function("batch"), note("batch"));
        for (int i = 0; i < 3; ++i)
            store_->write(Priority::kRequest, put_function("request"), note("request"));
        gate.open();
        auto last = store_->write_and_wait(Priority::kBatch,
                                           [](WriteTxn&) { return base::Result<void>(); });
        EXPECT_TRUE(last);
    }
    ASSERT_THAT(order, SizeIs(6));
    EXPECT_THAT(std::vector<std::string>(order.begin(), order.begin() + 3), Each("request"));

    // Requests without a pause, and a batch beside them.
    std::atomic<bool> stop = false;
    std::vector<std::thread> requests;
    requests.reserve(4);
    for (int i = 0; i < 4; ++i) {
        requests.emplace_back([&] {
            while (!stop)
                EXPECT_TRUE(store_->write_and_wait(Priority::kRequest, put_function("request")));
        });
    }
    for (int i = 0; i < 5; ++i)
        EXPECT_TRUE(store_->write_and_wait(Priority::kBatch, put_function("batch")));
    stop = true;
    for (std::thread& thread : requests) thread.join();
}

TEST_F(WriterTest, SubscribersHearOfTheClustersThatMoved) {
    ClusterNumber other = make_cluster();
    std::vector<std::vector<ClusterNumber>> heard;
    uint64_t id =
        store_->subscribe([&heard](const HeadsMoved& moved) { heard.push_back(moved.clusters); });
    put(cluster_, "ns", "a");
    must([&](WriteTxn& txn) -> base::Result<void> {
        SNAPGATE_TRY(txn.put(other, Kind::kSnapshot, make_object("ns", "a", "vm")));
        SNAPGATE_TRY(txn.put(cluster_, Kind::kSnapshot, make_object("ns", "b", "vm")));
        return {};
    });
    must([](WriteTxn& txn) { return txn.put_record(RecordType::kKey, "k", "v"); });
    must([&](WriteTxn& txn) { return txn.open_stage(other); });
    must([&](WriteTxn& txn) { return txn.delete_cluster(other); });
    store_->unsubscribe(id);
    put(cluster_, "ns", "c");
    EXPECT_THAT(heard, ElementsAre(ElementsAre(cluster_), ElementsAre(cluster_, other),
                                   ElementsAre(other)));
}

TEST_F(WriterTest, EveryWriteIsAnsweredOnceAlsoOnShutdown) {
    std::atomic<int> answers = 0;
    std::atomic<int> refused = 0;
    std::atomic<bool> closing = false;
    std::atomic<int> asked = 0;
    auto answer = [&](const base::Result<void>& result) {
        ++answers;
        if (result) return;
        EXPECT_EQ(result.error().code, Code::kUnavailable);
        ++refused;
    };
    // Cleaning up after a stage is cut short by the shutdown, and so is who waits for it.
    must([&](WriteTxn& txn) { return txn.open_stage(cluster_); });
    for (int batch = 0; batch < 20; ++batch) {
        must([&](WriteTxn& txn) -> base::Result<void> {
            for (int i = 0; i < 256; ++i)
                SNAPGATE_TRY(put_function(std::to_string(batch) + "-" + std::to_string(i))(txn));
            return {};
        });
    }
    for (int i = 0; i < 200; ++i) {
        store_->write(
            i % 2 == 0 ? Priority::kRequest : Priority::kBatch,
            [](WriteTxn& txn) { return txn.put_record(RecordType::kKey, "k", "v"); }, answer);
        ++asked;
    }
    store_->write(
        Priority::kRequest, [&](WriteTxn& txn) { return txn.give_up_stage(cluster_); }, answer);
    store_->write(Priority::kRequest, put_function("late"), answer);
    asked += 2;
    closing = true;
    store_.reset();
    EXPECT_EQ(answers, asked);
    open();
    EXPECT_EQ(store_->read().count(cluster_, Kind::kSnapshot), refused == 0 ? 1U : 0U);
}

TEST_F(WriterTest, AFullMapIsStorageFullAndReadsGoOn) {
    StoreOptions tiny = options();
    tiny.map_bytes = 2 << 20;
    open(tiny);
    put(cluster_, "ns", "first");
    base::Result<void> done;
    int stored = 0;
    for (; stored < 10'000 && done; ++stored) {
        done = write([&](WriteTxn& txn) -> base::Result<void> {
            SNAPGATE_TRY(txn.put(
                cluster_, Kind::kSnapshot,
                make_object("ns", "s" + std::to_string(stored), "vm", std::string(3000, 'x'))));
            return {};
        });
    }
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, Code::kStorageFull);
    EXPECT_THAT(list(cluster_, head(cluster_)), SizeIs(static_cast<size_t>(stored)));
    EXPECT_THAT(list(cluster_, head(cluster_)), Contains("ns/first"));
    open();  // with room again
    put(cluster_, "ns", "zlast");
    EXPECT_THAT(list(cluster_, head(cluster_)), SizeIs(static_cast<size_t>(stored) + 1));
    EXPECT_EQ(store_->read().count(cluster_, Kind::kSnapshot), static_cast<uint64_t>(stored) + 1);
}

TEST_F(WriterTest, ManyThreadsWriteReadAndCompact) {
    constexpr int kThreads = 6;
    constexpr int kWrites = 100;
    std::atomic<bool> stop = false;
    std::thread reader([&] {
        while (!stop) {
            ReadView view = store_->read();
            auto now = view.head(cluster_);
            ASSERT_TRUE(now && *now);
            auto names = drain(view.scan(cluster_, Kind::kSnapshot, (*now)->revision));
            EXPECT_EQ(view.count(cluster_, Kind::kSnapshot), names.size());
            EXPECT_EQ(drain(view.scan_vm(cluster_, "vm", (*now)->revision)), names);
        }
    });
    std::thread compactor([&] {
        while (!stop) {
            clock_.advance(kHistoryMs / 10);
            EXPECT_TRUE(store_->compact());
        }
    });
    std::vector<std::thread> writers;
    writers.reserve(kThreads);
    for (int t = 0; t < kThreads; ++t) {
        writers.emplace_back([&, t] {
            for (int i = 0; i < kWrites; ++i) {
                std::string name = std::to_string(t) + "-" + std::to_string(i % 10);
                auto done = store_->write_and_wait(
                    Priority::kRequest, [&](WriteTxn& txn) -> base::Result<void> {
                        if (i % 7 == 6)
                            SNAPGATE_TRY(txn.erase(cluster_, Kind::kSnapshot, "ns", name));
                        return put_function(name)(txn);
                    });
                EXPECT_TRUE(done);
            }
        });
    }
    for (std::thread& writer : writers) writer.join();
    stop = true;
    reader.join();
    compactor.join();
    EXPECT_EQ(list(cluster_, head(cluster_)).size(), static_cast<size_t>(kThreads * 10));
}

}  // namespace
}  // namespace snapgate::store
