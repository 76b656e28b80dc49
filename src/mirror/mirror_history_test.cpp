// Random events, lists and crashes against a map: what the mirror lists is what the cluster had.
// SNAPGATE_SEED runs a history again.
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "mirror/mirror_testing.h"

namespace snapgate::mirror {
namespace {

// Events, lists with differences, ones that are given up, and crashes, at random.
class MirrorHistoryTest : public MirrorFixture {
  protected:
    MirrorHistoryTest() {
        const char* seed = std::getenv("SNAPGATE_SEED");
        seed_ = seed == nullptr ? std::random_device()() : std::strtoull(seed, nullptr, 10);
        random_.seed(seed_);
    }

    size_t pick(size_t below) {
        return std::uniform_int_distribution<size_t>(0, below - 1)(random_);
    }
    ObjectKey random_key() {
        return {"ns-" + std::to_string(pick(3)), "s" + std::to_string(pick(40))};
    }
    std::string next_version() {
        // Now and then the cluster was restored from a backup.
        if (pick(100) == 0) number_ = 1000 + pick(1000);
        return std::to_string(++number_);
    }

    // One change of the cluster, as its watch tells it.
    Change change() {
        const ObjectKey key = random_key();
        const std::string version = next_version();
        const auto known = state_.find(key);
        const size_t action = pick(10);
        if (action < 2) return version_only(version);
        if (action < 5) {
            state_.erase(key);
            return delete_event(key, version);
        }
        Object object{"u" + std::to_string(pick(1'000'000)), version, {}};
        if (known != state_.end() && action < 9) object.uid = known->second.uid;
        // Of one uid and version there is one content, also after a backup.
        object.filler.assign(std::hash<std::string>()(object.uid + version) % 90, 'x');
        state_[key] = object;
        return put_event(key, object);
    }

    void add_some(const State& state, size_t most) {
        std::vector<PreparedObject> objects;
        for (const auto& [key, object] : state) objects.push_back(prepared(key, object));
        std::ranges::shuffle(objects, random_);
        if (objects.size() > most) objects.resize(most);
        const size_t half = objects.size() / 2;
        std::vector<PreparedObject> first(objects.begin(),
                                          objects.begin() + static_cast<ptrdiff_t>(half));
        std::vector<PreparedObject> second(objects.begin() + static_cast<ptrdiff_t>(half),
                                           objects.end());
        must_run(sink_->add(std::move(first)));
        must_run(sink_->add(std::move(second)));
    }

    uint64_t seed_ = 0;
    std::mt19937_64 random_;
    State state_;
    uint64_t number_ = 1000;
};

TEST_F(MirrorHistoryTest, TheMirrorIsWhatTheClusterHad) {
    SCOPED_TRACE("SNAPGATE_SEED=" + std::to_string(seed_));
    replace(state_, "1000");
    std::string at = "1000";
    std::map<Revision, std::map<ObjectKey, std::string>> earlier;
    for (int step = 0; step < 600 && !HasFailure(); ++step) {
        SCOPED_TRACE("step " + std::to_string(step));
        clock_.advance(static_cast<int64_t>(pick(50)));
        const size_t action = pick(20);
        if (action < 12) {
            std::vector<Change> events;
            for (size_t count = 1 + pick(5); count > 0; --count) events.push_back(change());
            at = events.back().version;
            apply(std::move(events));
        } else if (action < 15) {  // the watch broke, and things happened
            for (size_t count = pick(30); count > 0; --count) change();
            at = next_version();
            must_run(sink_->begin_replacement());
            add_some(state_, SIZE_MAX);
            EXPECT_EQ(must_run(sink_->publish(at, ToldVersions::kKept)).objects, state_.size());
        } else if (action < 17) {  // a list that does not come to its end
            State other = state_;
            std::swap(state_, other);
            for (size_t count = pick(30); count > 0; --count) change();
            must_run(sink_->begin_replacement());
            add_some(state_, pick(60));
            std::swap(state_, other);
            if (pick(2) == 0) must_run(sink_->begin_replacement());  // gives the first one up
            crash();
        } else if (action < 18) {
            crash();
        } else if (action < 19) {
            ASSERT_TRUE(store_->compact());
        } else {
            expect(state_, at);
            earlier[head(cluster_)] = listed(head(cluster_));
        }
    }
    expect(state_, at);
    // The history is longer than the test: what was listed once can be listed still.
    for (const auto& [revision, texts] : earlier) EXPECT_EQ(listed(revision), texts) << revision;
    if (HasFailure()) ADD_FAILURE() << "run again with SNAPGATE_SEED=" << seed_;
}

}  // namespace
}  // namespace snapgate::mirror
