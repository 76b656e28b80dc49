#include "objects/object_write.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "json/object.h"
#include "store/temporary_store_testing.h"

namespace snapgate::objects {
namespace {

using End = WriteOutcome::End;
using model::Kind;

const json::Identity kIdentity{.uid = "11111111-2222-4333-8444-555555555555",
                               .creation_timestamp = "2026-01-02T03:04:05Z",
                               .generation = 1};

model::PreparedObject snapshot(const std::string& name, const std::string& label = "a") {
    auto prepared = json::prepare_snapshot(
        fmt::format(
            R"({{"apiVersion":"snapshot.kubevirt.io/v1beta1","kind":"VirtualMachineSnapshot",)"
            R"("metadata":{{"name":"{}","namespace":"web","labels":{{"l":"{}"}}}},)"
            R"("spec":{{"source":{{"apiGroup":"kubevirt.io","kind":"VirtualMachine","name":"v"}}}}}})",
            name, label),
        kIdentity);
    return prepared.value().object;
}

class ObjectWriteTest : public testing::Test {
  protected:
    void SetUp() override {
        ASSERT_TRUE(store_->write_and_wait(store::Priority::kRequest,
                                           [this](store::WriteTxn& txn) -> base::Result<void> {
                                               SNAPGATE_ASSIGN(cluster_, txn.create_cluster());
                                               return {};
                                           }));
    }

    ObjectWrite make(const std::string& name, std::optional<model::Revision> read_at = {}) const {
        ObjectWrite write;
        write.cluster = cluster_;
        write.key = {"web", name};
        write.read_at = read_at;
        write.object = snapshot(name);
        return write;
    }

    WriteOutcome commit(ObjectWrite write, const audit::Action* action = nullptr) {
        std::shared_ptr<const audit::Action> audit;
        if (action != nullptr) audit = std::make_shared<audit::Action>(*action);
        auto outcome = std::make_shared<WriteOutcome>();
        auto done = store_->write_and_wait(
            store::Priority::kRequest,
            write_function(std::make_shared<const ObjectWrite>(std::move(write)), outcome, audit));
        EXPECT_TRUE(done) << done.error().message;
        return *outcome;
    }

    void make_namespace(const std::string& status) {
        ObjectWrite write;
        write.cluster = cluster_;
        write.kind = Kind::kNamespace;
        write.key = {"", "web"};
        write.object = json::make_namespace("web", kIdentity);
        size_t at = write.object->text.find("Active");
        write.object->text.replace(at, 6, status);
        ASSERT_EQ(commit(std::move(write)).end, End::kDone);
    }

    // That of a project with this cluster alone.
    std::shared_ptr<const cluster::ObjectQuota> allow(uint64_t objects) const {
        cluster::Cluster only;
        only.uid = only.name = "a";
        only.project = "team";
        only.number = cluster_;
        cluster::ClusterTable::Rows clusters;
        clusters.put("a", std::move(only));
        access::Project team{"team", "The team", {}, {}};
        team.quota.objects = objects;
        return cluster::ObjectQuota::of(team, clusters);
    }

    base::Result<void> try_write(ObjectWrite write) {
        return store_->write_and_wait(
            store::Priority::kRequest,
            write_function(std::make_shared<const ObjectWrite>(std::move(write)),
                           std::make_shared<WriteOutcome>()));
    }

    uint64_t count(Kind kind) { return store_->read().count(cluster_, kind).value(); }

    store::TemporaryStore store_;
    model::ClusterNumber cluster_ = 0;
};

TEST_F(ObjectWriteTest, ACreateNeedsItsNamespace) {
    EXPECT_EQ(commit(make("a")).end, End::kNoNamespace);
    EXPECT_EQ(count(Kind::kSnapshot), 0U);
    ObjectWrite write = make("a");
    write.make_namespace = true;
    WriteOutcome outcome = commit(write);
    EXPECT_EQ(outcome.end, End::kDone);
    EXPECT_GT(outcome.revision, 0U);
    EXPECT_EQ(count(Kind::kNamespace), 1U);
    EXPECT_EQ(commit(make("b")).end, End::kDone);
    EXPECT_EQ(commit(make("b")).end, End::kExists);
    EXPECT_EQ(count(Kind::kSnapshot), 2U);
}

TEST_F(ObjectWriteTest, NothingNewGoesIntoANamespaceThatIsGoing) {
    make_namespace("Terminating");
    ObjectWrite write = make("a");
    write.make_namespace = true;
    EXPECT_EQ(commit(write).end, End::kNamespaceGoing);
    EXPECT_EQ(count(Kind::kSnapshot), 0U);
}

TEST_F(ObjectWriteTest, ANamespaceIsHeldToTheQuota) {
    ObjectWrite write;
    write.cluster = cluster_;
    write.kind = Kind::kNamespace;
    write.key = {"", "web"};
    write.object = json::make_namespace("web", kIdentity);
    write.quota = allow(1);
    ASSERT_TRUE(try_write(write));
    write.key = {"", "db"};
    write.object = json::make_namespace("db", kIdentity);
    const auto refused = try_write(write);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, base::Code::kQuotaExceeded);
    EXPECT_EQ(count(Kind::kNamespace), 1U);
}

TEST_F(ObjectWriteTest, ANamespaceThatIsMadeForAnObjectIsHeldToTheQuotaWithIt) {
    ObjectWrite write = make("a");
    write.make_namespace = true;
    write.quota = allow(1);
    const auto refused = try_write(write);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, base::Code::kQuotaExceeded);
    EXPECT_EQ(count(Kind::kNamespace) + count(Kind::kSnapshot), 0U) << "both or none";
    write.quota = allow(2);
    EXPECT_TRUE(try_write(write));
    ObjectWrite next = make("b");
    next.make_namespace = true;
    next.quota = allow(3);
    EXPECT_TRUE(try_write(next)) << "its namespace is there";
}

TEST_F(ObjectWriteTest, AWriteOfWhatChangedMeanwhileDoesNothing) {
    make_namespace("Active");
    model::Revision first = commit(make("a")).revision;
    model::Revision second = commit(make("a", first)).revision;
    EXPECT_GT(second, first);
    EXPECT_EQ(commit(make("a", first)).end, End::kChanged);
    ObjectWrite removal = make("a", first);
    removal.object.reset();
    EXPECT_EQ(commit(removal).end, End::kChanged);
    removal.read_at = second;
    EXPECT_EQ(commit(removal).end, End::kDone);
    EXPECT_EQ(commit(removal).end, End::kChanged);
    EXPECT_EQ(count(Kind::kSnapshot), 0U);
}

TEST_F(ObjectWriteTest, TheLineOfTheAuditTrailIsAPartOfTheWrite) {
    audit::Action alice;
    alice.actor = {.key = "5f0c3a9be1d2", .name = "alice"};
    alice.verb = "create";
    make_namespace("Active");
    const WriteOutcome created = commit(make("a"), &alice);
    ObjectWrite change = make("a", created.revision);
    change.object = snapshot("a", "b");
    const WriteOutcome changed = commit(change, &alice);
    ObjectWrite removal = make("a", changed.revision);
    removal.object.reset();
    ASSERT_EQ(commit(removal, &alice).end, End::kDone);
    // What was not done, and what nobody is named for.
    ASSERT_EQ(commit(removal, &alice).end, End::kChanged);
    ASSERT_EQ(commit(make("b")).end, End::kDone);

    std::vector<std::string> lines;
    const auto stored = store_->read().audit_lines(0, 1 << 20);
    for (const store::AuditLine& line : *stored) lines.push_back(line.text);
    const auto line = [](std::string_view change) {
        return testing::AllOf(
            testing::HasSubstr(R"("who":{"key":"5f0c3a9be1d2","name":"alice"})"),
            testing::HasSubstr(R"("namespace":"web","name":"a")"),
            testing::HasSubstr(R"("vm":"v")"),
            testing::HasSubstr(fmt::format(R"("outcome":"done","change":"{}")", change)));
    };
    EXPECT_THAT(lines, testing::ElementsAre(line("created"), line("updated"), line("removed")));
}

TEST_F(ObjectWriteTest, ANamespaceThatIsMadeForAnObjectHasALineOfItsOwn) {
    audit::Action alice;
    alice.actor = {.key = "5f0c3a9be1d2", .name = "alice"};
    alice.verb = "create";
    ObjectWrite first = make("a");
    first.make_namespace = true;
    ASSERT_EQ(commit(first, &alice).end, End::kDone);
    ObjectWrite second = make("b");
    second.make_namespace = true;
    ASSERT_EQ(commit(second, &alice).end, End::kDone);

    std::vector<std::string> lines;
    const auto stored = store_->read().audit_lines(0, 1 << 20);
    for (const store::AuditLine& line : *stored) lines.push_back(line.text);
    EXPECT_THAT(lines,
                testing::ElementsAre(
                    testing::AllOf(
                        testing::HasSubstr(R"("who":{"key":"5f0c3a9be1d2","name":"alice"})"),
                        testing::HasSubstr(R"("object":{"kind":"Namespace","name":"web","id":")"),
                        testing::HasSubstr(R"("outcome":"done","change":"created")")),
                    testing::HasSubstr(R"("namespace":"web","name":"a")"),
                    testing::HasSubstr(R"("namespace":"web","name":"b")")));
}

TEST_F(ObjectWriteTest, LinesOfTheAuditTrailHaveTheTimeOfTheStore) {
    // 2023-11-14T22:13:20Z, and a minute by which somebody sets the clock forward.
    store_.clock.step(60'000);
    const audit::Action action;
    ObjectWrite write = make("a");
    write.make_namespace = true;
    ASSERT_EQ(commit(write, &action).end, End::kDone);
    ASSERT_TRUE(store_->write_and_wait(
        store::Priority::kRequest, [&](store::WriteTxn& txn) -> base::Result<void> {
            return note_removal(txn, &action, Kind::kSnapshot, {"web", "b"});
        }));
    const auto stored = store_->read().audit_lines(0, 1 << 20);
    ASSERT_EQ(stored->size(), 3U);
    for (const store::AuditLine& line : *stored)
        EXPECT_THAT(line.text, testing::HasSubstr(R"("time":"2023-11-14T22:14:20)"));
}

TEST_F(ObjectWriteTest, AClusterThatIsGoneIsNotFound) {
    ASSERT_TRUE(store_->write_and_wait(store::Priority::kRequest, [this](store::WriteTxn& txn) {
        return txn.delete_cluster(cluster_);
    }));
    auto done = store_->write_and_wait(
        store::Priority::kRequest, write_function(std::make_shared<const ObjectWrite>(make("a")),
                                                  std::make_shared<WriteOutcome>()));
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, base::Code::kNotFound);
}

}  // namespace
}  // namespace snapgate::objects
