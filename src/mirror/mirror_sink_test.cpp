// The sink of a reflector against a map: what the mirror lists is what the cluster had.
// SNAPGATE_SEED runs a random history again.

#include "mirror/mirror_sink.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <map>
#include <random>

#include "json/object.h"
#include "store/store_fixture.h"

namespace snapgate::mirror {
namespace {

using base::Code;
using base::Result;
using cluster::Checksum;
using cluster::Event;
using cluster::Replaced;
using model::ClusterNumber;
using model::Kind;
using model::ObjectKey;
using model::PreparedObject;
using model::Revision;

struct Object {
    std::string uid;
    std::string version;
    std::string filler;
    bool operator==(const Object&) const = default;
};
using State = std::map<ObjectKey, Object>;

std::string text_of(const ObjectKey& key, const Object& object) {
    return R"({"apiVersion":"snapshot.kubevirt.io/v1beta1","kind":"VirtualMachineSnapshot",)"
           R"("metadata":{"name":")" +
           key.name + R"(","namespace":")" + key.ns + R"(","resourceVersion":")" + object.version +
           R"(","uid":")" + object.uid + R"("},"spec":{"filler":")" + object.filler +
           R"(","source":{"name":"vm"}}})";
}

class MirrorSinkTest : public store::StoreFixture {
  protected:
    void SetUp() override {
        StoreFixture::SetUp();
        cluster_ = make_cluster();
        sink_ = make_sink(*store_, cluster_);
    }

    // Closes the store as a crash does: a stage is left open.
    void crash() {
        sink_.reset();
        open();
        sink_ = make_sink(*store_, cluster_);
    }

    template <class T>
    Result<T> run(net::Awaitable<Result<T>> call) {
        boost::asio::io_context context;
        std::optional<Result<T>> outcome;
        boost::asio::co_spawn(context.get_executor(), std::move(call),
                              [&outcome](const std::exception_ptr& error, Result<T> result) {
                                  if (error) std::rethrow_exception(error);
                                  outcome = std::move(result);
                              });
        const auto work = boost::asio::make_work_guard(context);
        while (!outcome) context.run_one();
        return std::move(*outcome);
    }
    template <class T>
    T must_run(net::Awaitable<Result<T>> call) {
        auto result = run(std::move(call));
        EXPECT_TRUE(result) << result.error().message;
        if constexpr (!std::is_void_v<T>) return result ? *result : T{};
    }

    PreparedObject prepared(const ObjectKey& key, const Object& object) const {
        auto result = sink_->prepare(text_of(key, object));
        EXPECT_TRUE(result) << result.error().message;
        return result ? *result : PreparedObject{};
    }
    Event put_event(const ObjectKey& key, const Object& object) const {
        return {Event::Type::kPut, prepared(key, object), {}, object.version};
    }
    static Event delete_event(const ObjectKey& key, std::string version) {
        return {Event::Type::kDelete, {}, key, std::move(version)};
    }
    static Event bookmark(std::string version) {
        return {Event::Type::kBookmark, {}, {}, std::move(version)};
    }
    void apply(std::vector<Event> events) { must_run(sink_->apply(std::move(events))); }

    Replaced replace(const State& state, std::string version) {
        must_run(sink_->begin_replacement());
        std::vector<PreparedObject> objects;
        for (const auto& [key, object] : state) objects.push_back(prepared(key, object));
        must_run(sink_->add(std::move(objects)));
        return must_run(sink_->publish(std::move(version)));
    }

    // What a reader sees, by the objects' Kubernetes forms.
    std::map<ObjectKey, std::string> listed(Revision at) const {
        std::map<ObjectKey, std::string> texts;
        const store::ReadView view = store_->read();
        auto scan = view.scan(cluster_, Kind::kSnapshot, at);
        auto more = scan.seek("", "");
        for (; more && *more; more = scan.next()) {
            std::string text;
            EXPECT_TRUE(json::append_kubernetes_form(scan.found().object, text));
            const ObjectKey key{std::string(scan.found().ns), std::string(scan.found().name)};
            texts.emplace(key, std::move(text));
        }
        EXPECT_TRUE(more) << more.error().message;
        return texts;
    }
    static std::map<ObjectKey, std::string> texts_of(const State& state) {
        std::map<ObjectKey, std::string> texts;
        for (const auto& [key, object] : state) texts.emplace(key, text_of(key, object));
        return texts;
    }
    static Checksum sum_of(const State& state) {
        Checksum sum;
        for (const auto& [key, object] : state)
            sum.add(key.ns, key.name, object.uid, object.version);
        return sum;
    }
    std::string version() const {
        auto version = sink_->version();
        EXPECT_TRUE(version);
        return version ? *version : "";
    }
    std::vector<store::LogEntry> log_since(Revision after) {
        auto entries = store_->read().log(cluster_, after, UINT64_MAX, SIZE_MAX);
        EXPECT_TRUE(entries);
        return entries ? *entries : std::vector<store::LogEntry>();
    }
    void expect(const State& state, std::string_view at) {
        EXPECT_EQ(listed(head(cluster_)), texts_of(state));
        EXPECT_EQ(store_->read().count(cluster_, Kind::kSnapshot), state.size());
        EXPECT_EQ(version(), at);
        if (!at.empty()) EXPECT_EQ(must_run(sink_->checksum(std::string(at))), sum_of(state));
    }

    ClusterNumber cluster_ = 0;
    std::unique_ptr<cluster::ObjectSink> sink_;
};

const ObjectKey kA{"ns", "a"};
const ObjectKey kB{"ns", "b"};

TEST_F(MirrorSinkTest, StandsNowhereBeforeTheFirstList) {
    EXPECT_EQ(version(), "");
    EXPECT_EQ(run(sink_->checksum("1")).error().code, Code::kExpired);
    const Replaced none = replace({}, "70");
    EXPECT_EQ(none.objects, 0U);
    expect({}, "70");
}

TEST_F(MirrorSinkTest, AListIsSeenAtOnceAndOnlyThen) {
    must_run(sink_->begin_replacement());
    std::vector<PreparedObject> objects{prepared(kA, {"u1", "5", ""})};
    must_run(sink_->add(std::move(objects)));
    expect({}, "");
    const Replaced replaced = must_run(sink_->publish("9"));
    EXPECT_EQ(replaced.objects, 1U);
    EXPECT_EQ(replaced.changed, 1U);
    expect({{kA, {"u1", "5", ""}}}, "9");
}

TEST_F(MirrorSinkTest, EachEventsVersionHasItsRevision) {
    replace({{kA, {"u1", "5", ""}}}, "9");
    const Revision before = head(cluster_);
    apply({put_event(kB, {"u2", "10", ""}), bookmark("11"), delete_event(kA, "12"),
           put_event(kB, {"u2", "13", "x"})});
    const store::ReadView view = store_->read();
    auto at = [&](std::string_view version) {
        auto revision = view.revision_of(cluster_, version);
        EXPECT_TRUE(revision && *revision) << version;
        return revision && *revision ? **revision : 0;
    };
    EXPECT_EQ(at("9"), before);
    EXPECT_EQ(listed(at("10")), texts_of({{kA, {"u1", "5", ""}}, {kB, {"u2", "10", ""}}}));
    EXPECT_EQ(listed(at("11")), listed(at("10")));
    EXPECT_EQ(listed(at("12")), texts_of({{kB, {"u2", "10", ""}}}));
    EXPECT_EQ(at("13"), head(cluster_));
    EXPECT_EQ(must_run(sink_->checksum("12")), sum_of({{kB, {"u2", "10", ""}}}));
    expect({{kB, {"u2", "13", "x"}}}, "13");
}

TEST_F(MirrorSinkTest, WhatChangesNothingMovesTheVersionOnly) {
    replace({{kA, {"u1", "5", ""}}}, "9");
    const Revision before = head(cluster_);
    apply({put_event(kA, {"u1", "5", ""}), delete_event(kB, "10")});
    EXPECT_TRUE(log_since(before).empty());
    expect({{kA, {"u1", "5", ""}}}, "10");
}

TEST_F(MirrorSinkTest, AnotherUidIsADeletionAndACreation) {
    replace({{kA, {"u1", "5", ""}}}, "9");
    const Revision before = head(cluster_);
    apply({put_event(kA, {"u2", "10", ""})});
    auto log = log_since(before);
    ASSERT_EQ(log.size(), 2U);
    EXPECT_EQ(log[0].op, store::LogEntry::Op::kDeleted);
    EXPECT_EQ(log[1].op, store::LogEntry::Op::kCreated);
    EXPECT_EQ(store_->read().visible_version(cluster_, log[0].revision), "10");
    // The same version, even.
    replace({{kA, {"u3", "10", ""}}}, "11");
    EXPECT_EQ(log_since(log[1].revision).size(), 2U);
    expect({{kA, {"u3", "10", ""}}}, "11");
}

TEST_F(MirrorSinkTest, AListThatChangesNothingMakesNoEvents) {
    const State state{{kA, {"u1", "5", ""}}, {kB, {"u2", "6", ""}}};
    replace(state, "9");
    const Revision before = head(cluster_);
    const Replaced again = replace(state, "9");
    EXPECT_EQ(again.objects, 2U);
    EXPECT_EQ(again.changed, 0U);
    EXPECT_EQ(head(cluster_), before);
    const Replaced later = replace(state, "12");
    EXPECT_EQ(later.changed, 0U);
    EXPECT_TRUE(log_since(before).empty());
    expect(state, "12");
}

TEST_F(MirrorSinkTest, VersionsMayGoBack) {
    replace({{kA, {"u1", "500", ""}}}, "900");
    replace({{kA, {"u1", "50", ""}}}, "90");
    expect({{kA, {"u1", "50", ""}}}, "90");
    apply({bookmark("80")});
    expect({{kA, {"u1", "50", ""}}}, "80");
}

TEST_F(MirrorSinkTest, WhatWasGivenUpLeavesNothing) {
    const State state{{kA, {"u1", "5", ""}}};
    replace(state, "9");
    for (int round = 0; round < 3; ++round) {
        must_run(sink_->begin_replacement());
        std::vector<PreparedObject> objects{prepared(kB, {"u2", "10", ""})};
        must_run(sink_->add(std::move(objects)));
        if (round == 0) must_run(sink_->give_up());
        if (round == 1) crash();
    }
    // Round 2 is given up by the next one.
    const Revision before = head(cluster_);
    EXPECT_EQ(replace(state, "11").changed, 0U);
    EXPECT_TRUE(log_since(before).empty());
    apply({bookmark("12")});
    expect(state, "12");
}

TEST_F(MirrorSinkTest, NothingIsAddedOrPublishedThatWasNotBegun) {
    const State state{{kA, {"u1", "5", ""}}};
    replace(state, "9");
    EXPECT_EQ(run(sink_->publish("10")).error().code, Code::kConflict);
    std::vector<PreparedObject> objects{prepared(kB, {"u2", "10", ""})};
    EXPECT_EQ(run(sink_->add(std::move(objects))).error().code, Code::kConflict);
    must_run(sink_->begin_replacement());
    EXPECT_EQ(run(sink_->publish("")).error().code, Code::kInvalid);
    must_run(sink_->give_up());
    EXPECT_EQ(run(sink_->publish("10")).error().code, Code::kConflict);
    expect(state, "9");
}

TEST_F(MirrorSinkTest, ARemovedClusterIsNotFound) {
    must([&](store::WriteTxn& txn) { return txn.delete_cluster(cluster_); });
    EXPECT_EQ(sink_->version().error().code, Code::kNotFound);
    EXPECT_EQ(run(sink_->begin_replacement()).error().code, Code::kNotFound);
    EXPECT_EQ(run(sink_->apply({bookmark("1")})).error().code, Code::kNotFound);
    EXPECT_EQ(run(sink_->give_up()).error().code, Code::kNotFound);
}

TEST_F(MirrorSinkTest, AChecksumOfWhatIsNoLongerKnownIsExpired) {
    replace({{kA, {"u1", "5", ""}}}, "9");
    apply({bookmark("10")});
    clock_.advance(kHistoryMs + 1);
    apply({bookmark("11")});
    clock_.advance(kHistoryMs + 1);
    apply({bookmark("12")});
    ASSERT_TRUE(store_->compact());
    EXPECT_EQ(run(sink_->checksum("9")).error().code, Code::kExpired);
    EXPECT_EQ(must_run(sink_->checksum("12")).objects, 1U);
}

TEST_F(MirrorSinkTest, ManyObjectsAndManyThatAreGone) {
    State state;
    for (int i = 0; i < 5000; ++i) {
        const std::string number = std::to_string(i);
        state[{"ns-" + std::to_string(i % 7), "s" + number}] = {"u" + number, number + "1", ""};
    }
    EXPECT_EQ(replace(state, "9").changed, 5000U);
    expect(state, "9");
    const Revision before = head(cluster_);
    State rest;
    for (const auto& [key, object] : state)
        if (rest.size() < 100) rest.emplace(key, object);
    EXPECT_EQ(replace(rest, "10").changed, 4900U);
    expect(rest, "10");
    EXPECT_EQ(listed(before), texts_of(state)) << "a page that was begun goes on";
}

// Events, lists with differences, ones that are given up, and crashes, at random.
class MirrorHistoryTest : public MirrorSinkTest {
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
    Event change() {
        const ObjectKey key = random_key();
        const std::string version = next_version();
        const auto known = state_.find(key);
        const size_t action = pick(10);
        if (action < 2) return bookmark(version);
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
            std::vector<Event> events;
            for (size_t count = 1 + pick(5); count > 0; --count) events.push_back(change());
            at = events.back().version;
            apply(std::move(events));
        } else if (action < 15) {  // the watch broke, and things happened
            for (size_t count = pick(30); count > 0; --count) change();
            at = next_version();
            must_run(sink_->begin_replacement());
            add_some(state_, SIZE_MAX);
            EXPECT_EQ(must_run(sink_->publish(at)).objects, state_.size());
        } else if (action < 17) {  // a list that does not come to its end
            State other = state_;
            std::swap(state_, other);
            for (size_t count = pick(30); count > 0; --count) change();
            must_run(sink_->begin_replacement());
            add_some(state_, pick(60));
            std::swap(state_, other);
            if (pick(2) == 0) {
                must_run(sink_->give_up());
            } else {
                crash();
            }
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
