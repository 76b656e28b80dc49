#include "mirror/state_names.h"

#include <gtest/gtest.h>

#include <future>

#include "mirror/mirror_sink.h"
#include "mirror/mirror_testing.h"
#include "store/temporary_store_testing.h"

namespace snapgate::mirror {
namespace {

const ObjectKey kA{"ns", "a"};
const ObjectKey kB{"ns", "b"};
const State kOne{{kA, {"u1", "5", ""}}};
const State kTwo{{kA, {"u1", "5", ""}}, {kB, {"u2", "10", ""}}};

// Two mirrors of one cluster, each in a store of its own (sink_ is the first one's), and the truth
// that both share.
class StateNamesTest : public MirrorFixture {
  protected:
    void SetUp() override {
        MirrorFixture::SetUp();
        for (store::TemporaryStore* one : {&second_store_, &truth_}) {
            const auto made = (*one)->write_and_wait(
                store::Priority::kRequest,
                [this](store::WriteTxn& txn) { return txn.create_cluster_as(cluster_); });
            EXPECT_TRUE(made);
        }
        sink_ = make_sink(*store_, cluster_, cluster::snapshots(), &names_);
        second_ = make_sink(*second_store_, cluster_, cluster::snapshots(), &names_);
    }

    void TearDown() override {
        second_.reset();
        MirrorFixture::TearDown();
    }

    std::string list(ObjectSink& sink, const State& state, std::string version,
                     ToldVersions told = ToldVersions::kKept) {
        must_run(sink.begin_replacement());
        std::vector<PreparedObject> objects;
        for (const auto& [key, object] : state) objects.push_back(prepared(key, object));
        must_run(sink.add(std::move(objects)));
        return must_run(sink.publish(std::move(version), told)).version;
    }
    std::future<void> begin_to_take_name(ObjectSink& sink) {
        auto done = std::make_shared<std::promise<void>>();
        // NOLINTNEXTLINE(cppcoreguidelines-avoid-capturing-lambda-coroutines): the loop keeps it
        loop_.start([&sink, done]() -> net::Awaitable<void> {
            co_await sink.take_name();
            done->set_value();
        });
        return done->get_future();
    }
    void take_name(ObjectSink& sink) { begin_to_take_name(sink).get(); }
    static std::string at(const ObjectSink& sink) { return sink.version().value_or("?"); }

    store::TemporaryStore truth_;
    store::TemporaryStore second_store_;
    StateNames names_{*truth_};
    std::unique_ptr<ObjectSink> second_;
};

TEST_F(StateNamesTest, WhoListsTheSameTakesTheNameThatItHas) {
    EXPECT_EQ(list(*sink_, kOne, "9"), "9");
    EXPECT_EQ(list(*second_, kOne, "12"), "9");
    EXPECT_EQ(at(*second_), "9");
    EXPECT_EQ(names_.told(cluster_).value()->version, "9");
}

TEST_F(StateNamesTest, WhoListsSomethingElseNamesIt) {
    EXPECT_EQ(list(*sink_, kOne, "9"), "9");
    EXPECT_EQ(list(*second_, kTwo, "12"), "12");
    EXPECT_EQ(names_.told(cluster_).value()->version, "12");
    // One version of an object is no other.
    EXPECT_EQ(list(*sink_, {{kA, {"u1", "6", ""}}, {kB, {"u2", "10", ""}}}, "13"), "13");
}

TEST_F(StateNamesTest, AListThatChangesNothingKeepsTheVersion) {
    list(*sink_, kOne, "9");
    apply({put_event(kB, {"u2", "10", ""})});
    const Revision before = head(cluster_);
    EXPECT_EQ(list(*sink_, kTwo, "15"), "10");
    EXPECT_EQ(head(cluster_), before);
    EXPECT_EQ(at(*sink_), "10");
}

TEST_F(StateNamesTest, WhoCameToTheStateByEventsTakesItsNameToo) {
    list(*sink_, kOne, "9");
    apply({put_event(kB, {"u2", "10", ""})});
    list(*second_, kTwo, "12");
    take_name(*sink_);
    expect(kTwo, "12");
    const store::ReadView view = store_->read();
    EXPECT_TRUE(view.revision_of(cluster_, "10").value());
    EXPECT_TRUE(log_since(view.revision_of(cluster_, "10").value().value()).empty());
}

TEST_F(StateNamesTest, WhoIsAboutToGetThereTakesItThen) {
    list(*sink_, kOne, "9");
    list(*second_, kTwo, "12");
    auto taken = begin_to_take_name(*sink_);
    apply({put_event(kB, {"u2", "10", ""})});
    taken.get();
    expect(kTwo, "12");
}

TEST_F(StateNamesTest, AnotherStateKeepsItsOwn) {
    list(*sink_, kOne, "9");
    list(*second_, kTwo, "12");
    apply({delete_event(kA, "13")});
    take_name(*sink_);
    expect({}, "13");
}

TEST_F(StateNamesTest, AnOlderListSaysNothingToWhoIsFurther) {
    list(*sink_, kTwo, "12");
    EXPECT_EQ(list(*second_, kOne, "9"), "9");
    EXPECT_EQ(names_.told(cluster_).value()->version, "12");
    // A restored cluster gives out its versions anew.
    EXPECT_EQ(list(*second_, kOne, "7", ToldVersions::kForgotten), "7");
    EXPECT_EQ(names_.told(cluster_).value()->version, "7");
    take_name(*sink_);
    EXPECT_EQ(at(*sink_), "12");
    EXPECT_EQ(list(*sink_, kOne, "8", ToldVersions::kForgotten), "7");
}

}  // namespace
}  // namespace snapgate::mirror
