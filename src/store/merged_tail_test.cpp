#include "store/merged_tail.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <thread>

#include "store/store_testing.h"
#include "store/tailer.h"

namespace snapgate::store {
namespace {

using base::Code;
using testing::ElementsAre;
using testing::IsEmpty;

class MergedTailTest : public StoreFixture {
  protected:
    void SetUp() override {
        StoreFixture::SetUp();
        clusters_ = {make_cluster(), make_cluster()};
    }

    void put(size_t cluster, std::string_view name) {
        StoreFixture::put(clusters_[cluster], "n", name, "v");
    }
    void open_stage(size_t cluster) {
        must([&](WriteTxn& txn) { return txn.open_stage(clusters_[cluster]); });
    }
    void publish_stage(size_t cluster) {
        must([&](WriteTxn& txn) { return txn.publish_stage(clusters_[cluster], ""); });
    }
    void follow(MergedTail& tail) {
        members_ = std::make_shared<const std::vector<ClusterNumber>>(clusters_);
        tail.members_changed();
    }
    MergedTail::Members members() {
        if (!members_) members_ = std::make_shared<const std::vector<ClusterNumber>>(clusters_);
        return members_;
    }

    struct Seen {
        std::string text;  // the cluster's index and the object's name
        PublishedPlace place;
    };
    // Everything after a place, in order.
    std::vector<Seen> read(MergedTail& tail, PublishedPlace& place) {
        std::vector<Seen> seen;
        while (true) {
            const auto up_to =
                tail.read(place, [&](const PublishedChange& change) -> base::Result<bool> {
                    const auto index = std::ranges::find(clusters_, change.cluster);
                    seen.push_back(
                        {std::to_string(index - clusters_.begin()) + "/" + change.entry.key.name,
                         MergedTail::position_of(change)});
                    return true;
                });
            EXPECT_TRUE(up_to) << up_to.error().message;
            if (!up_to || *up_to == place) return seen;
            EXPECT_GT(*up_to, place);
            place = *up_to;
        }
    }
    std::vector<std::string> texts(MergedTail& tail, PublishedPlace place) {
        std::vector<std::string> texts;
        for (const Seen& seen : read(tail, place)) texts.push_back(seen.text);
        return texts;
    }

    std::vector<ClusterNumber> clusters_;
    MergedTail::Members members_;
};

TEST_F(MergedTailTest, ChangesOfAllClustersComeInTheOrderOfPublication) {
    MergedTail tail(*store_, [this] { return members(); }, {});
    const PublishedPlace begin = *tail.head();
    put(0, "a");
    open_stage(1);
    put(1, "staged-1");
    put(0, "b");
    put(1, "staged-2");
    EXPECT_THAT(texts(tail, begin), ElementsAre("0/a", "0/b"));
    const PublishedPlace before = *tail.head();
    publish_stage(1);
    put(0, "c");
    EXPECT_THAT(texts(tail, begin), ElementsAre("0/a", "0/b", "1/staged-1", "1/staged-2", "0/c"));
    EXPECT_THAT(texts(tail, before), ElementsAre("1/staged-1", "1/staged-2", "0/c"));
    EXPECT_THAT(texts(tail, *tail.head()), IsEmpty());
}

TEST_F(MergedTailTest, AClusterThatIsMadeLaterIsTakenInAndOneThatIsGoneIsPassedOver) {
    int wakes = 0;
    MergedTail tail(*store_, [this] { return members(); }, [&] { ++wakes; });
    const PublishedPlace begin = *tail.head();
    put(0, "a");
    clusters_.push_back(make_cluster());
    follow(tail);
    put(2, "new");
    EXPECT_THAT(texts(tail, begin), ElementsAre("0/a", "2/new"));
    must([&](WriteTxn& txn) { return txn.delete_cluster(clusters_[0]); });
    EXPECT_THAT(texts(tail, begin), ElementsAre("2/new"));
    // Only what a member does wakes.
    const ClusterNumber other = make_cluster();
    wakes = 0;
    must([&](WriteTxn& txn) -> base::Result<void> {
        SNAPGATE_TRY(txn.put(other, Kind::kSnapshot, make_object("n", "x", "v")));
        return {};
    });
    put(1, "b");
    EXPECT_EQ(wakes, 1);
    EXPECT_THAT(texts(tail, begin), ElementsAre("2/new", "1/b"));
}

TEST_F(MergedTailTest, BehindHistoryIsExpired) {
    MergedTail tail(*store_, [this] { return members(); }, {});
    const PublishedPlace begin = *tail.head();
    put(0, "a");
    put(0, "b");
    clock_.advance(120'000);
    ASSERT_TRUE(store_->compact());
    const auto read = tail.read(begin, [](const PublishedChange&) { return true; });
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, Code::kExpired);
    // Of a cluster without changes nothing is missing.
    put(1, "c");
    EXPECT_THAT(texts(tail, *MergedTail(*store_, [this] { return members(); }, {}).head()),
                IsEmpty());
}

// Random commits of several clusters and stages: whoever reads as they come, through a ring or
// not, and whoever goes on from any place, also after a restart, sees one order.
TEST_F(MergedTailTest, EveryPlaceGoesOnInTheSameOrder) {
    std::mt19937 dice(3);
    while (clusters_.size() < 5) clusters_.push_back(make_cluster());
    auto tail = std::make_unique<MergedTail>(*store_, [this] { return members(); }, nullptr);
    const PublishedPlace begin = *tail->head();
    PublishedPlace place = begin;
    std::vector<Seen> live;
    std::vector<bool> staged(clusters_.size());
    size_t published = 0;
    std::vector<size_t> waiting(clusters_.size());
    for (int step = 0; step < 400; ++step) {
        const size_t one = dice() % clusters_.size();
        const size_t count = dice() % 4 == 0 ? dice() % 90 : 1;
        if (dice() % 10 == 0 && !staged[one]) {
            open_stage(one);
            staged[one] = true;
        } else if (dice() % 4 == 0 && staged[one]) {
            publish_stage(one);
            staged[one] = false;
            published += std::exchange(waiting[one], 0);
        } else {
            must([&](WriteTxn& txn) -> base::Result<void> {
                for (size_t i = 0; i < count; ++i) {
                    const size_t cluster = count == 1 ? one : i % clusters_.size();
                    SNAPGATE_TRY(txn.put(clusters_[cluster], Kind::kSnapshot,
                                         make_object("n", std::to_string(dice() % 50), "v")));
                }
                return {};
            });
            for (size_t i = 0; i < count; ++i) {
                const size_t cluster = count == 1 ? one : i % clusters_.size();
                ++(staged[cluster] ? waiting[cluster] : published);
            }
        }
        if (dice() % 3 != 0) continue;
        for (Seen& seen : read(*tail, place)) live.push_back(std::move(seen));
    }
    for (Seen& seen : read(*tail, place)) live.push_back(std::move(seen));
    EXPECT_EQ(live.size(), published);
    EXPECT_TRUE(std::ranges::is_sorted(live, std::less<>{}, &Seen::place));
    tail.reset();
    open();
    tail = std::make_unique<MergedTail>(*store_, [this] { return members(); }, nullptr);
    for (size_t from = 0; from < live.size(); from += 1 + dice() % 40) {
        PublishedPlace after = from == 0 ? begin : live[from - 1].place;
        const std::vector<Seen> again = read(*tail, after);
        ASSERT_EQ(again.size(), live.size() - from);
        for (size_t i = 0; i < again.size(); ++i) {
            ASSERT_EQ(again[i].text, live[from + i].text);
            ASSERT_EQ(again[i].place, live[from + i].place);
        }
    }
}

// Pollers of one ring while a writer commits: each sees everything once.
TEST_F(MergedTailTest, PollersBesideAWriterMissNothing) {
    using Texts = Tailer<std::string, MergedTail>;
    Texts tailer(
        *store_, [this] { return members_; },
        [](const PublishedChange& change) -> base::Result<std::optional<std::string>> {
            return change.entry.key.name;
        },
        {.events = 8, .bytes = 1 << 20});
    members_ = std::make_shared<const std::vector<ClusterNumber>>(clusters_);
    const PublishedPlace begin = *tailer.tail().head();
    constexpr size_t kWrites = 300;
    std::vector<std::thread> pollers;
    pollers.reserve(3);
    std::array<std::vector<std::string>, 3> seen;
    for (auto& mine : seen) {
        pollers.emplace_back([&] {
            PublishedPlace place = begin;
            while (mine.size() < kWrites) {
                const auto batch = tailer.poll(place, {.events = 5});
                ASSERT_TRUE(batch) << batch.error().message;
                for (const auto& event : batch->events) mine.push_back(event->payload);
                place = batch->up_to;
            }
        });
    }
    std::vector<std::string> written;
    for (size_t i = 0; i < kWrites; ++i) {
        written.push_back(std::to_string(i));
        put(i % 2, written.back());
    }
    for (std::thread& poller : pollers) poller.join();
    for (const auto& mine : seen) EXPECT_EQ(mine, written);
}

}  // namespace
}  // namespace snapgate::store
