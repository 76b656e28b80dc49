#include "cluster/registry.h"

#include <gtest/gtest.h>

#include <set>

#include "access/projects.h"
#include "cluster/reflected_kind.h"
#include "json/value.h"
#include "store/objects_testing.h"
#include "store/temporary_store_testing.h"

namespace snapgate::cluster {
namespace {

using base::Code;
using base::Result;

class Registry : public testing::Test {
  protected:
    void SetUp() override {
        auto done = write([](store::WriteTxn& txn) -> Result<void> {
            return access::create_project(txn, {"p1", "Default"});
        });
        ASSERT_TRUE(done) << done.error().message;
    }

    Result<void> write(const store::WriteFunction& function) {
        return store_->write_and_wait(store::Priority::kRequest, function);
    }
    Result<Cluster> connect(const std::string& uid, const std::string& source = "") {
        Cluster cluster;
        cluster.uid = cluster.name = uid;
        cluster.project = "p1";
        cluster.sealed = std::string("\x01sealed\0bytes", 13);
        cluster.source = source;
        auto done = write([&](store::WriteTxn& txn) -> Result<void> {
            SNAPGATE_ASSIGN(cluster, create_connected(txn, cluster));
            return {};
        });
        if (!done) return done.error();
        return cluster;
    }
    void host(const std::string& uid) {
        Cluster cluster;
        cluster.uid = cluster.name = uid;
        cluster.project = "p1";
        const auto done = write([&](store::WriteTxn& txn) -> Result<void> {
            SNAPGATE_ASSIGN(cluster, create_hosted(txn, cluster, 0));
            return {};
        });
        ASSERT_TRUE(done) << done.error().message;
    }
    Cluster read(const std::string& uid) {
        ClusterTable table;
        EXPECT_TRUE(table.reload(store_->read()));
        auto rows = table.snapshot();
        auto row = rows->find(uid);
        EXPECT_NE(row, rows->end());
        return row == rows->end() ? Cluster() : row->second;
    }
    Result<void> set(const std::string& uid) {
        return write([&](store::WriteTxn& txn) {
            return set_connection(txn, uid, "another", "https://b:1", ConnectedBy::kTenant);
        });
    }

    store::TemporaryStore store_;
};

TEST_F(Registry, TheFirstNamespaceOfAHostedClusterIsHeldToTheQuota) {
    const auto allow = [&](uint64_t objects) {
        return write([objects](store::WriteTxn& txn) {
            access::Quota quota;
            quota.objects = objects;
            return access::set_quota(txn, "p1", quota);
        });
    };
    const auto make = [&](const std::string& uid) {
        return write([uid](store::WriteTxn& txn) -> Result<void> {
            Cluster cluster;
            cluster.uid = cluster.name = uid;
            cluster.project = "p1";
            SNAPGATE_TRY(create_hosted(txn, cluster, 0));
            return {};
        });
    };
    ASSERT_TRUE(allow(1));
    ASSERT_TRUE(make("a"));
    const auto refused = make("b");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::kQuotaExceeded);
    EXPECT_NE(refused.error().message.find("it has 1 object, and 1 is allowed"), std::string::npos)
        << refused.error().message;
    EXPECT_TRUE(connect("edge")) << "it gets no namespace";
    ASSERT_TRUE(allow(2));
    EXPECT_TRUE(make("b"));
}

TEST_F(Registry, KeepsConnectedClusters) {
    auto made = connect("edge");
    ASSERT_TRUE(made) << made.error().message;
    Cluster cluster = read("edge");
    EXPECT_EQ(cluster.type, ClusterType::kConnected);
    EXPECT_EQ(cluster.sealed, std::string("\x01sealed\0bytes", 13));
    EXPECT_EQ(cluster.source, "");
    EXPECT_EQ(cluster.number, made->number);
    auto namespaces = store_->read().count(cluster.number, model::Kind::kNamespace);
    ASSERT_TRUE(namespaces);
    EXPECT_EQ(*namespaces, 0U);
    EXPECT_EQ(connect("edge").error().code, Code::kAlreadyExists);
}

TEST_F(Registry, GivesThemAnotherConnection) {
    ASSERT_TRUE(connect("edge"));
    ASSERT_TRUE(connect("core", std::string(kConfigSource)));
    auto hosted = write([](store::WriteTxn& txn) -> Result<void> {
        Cluster cluster;
        cluster.uid = cluster.name = "hosted";
        cluster.project = "p1";
        SNAPGATE_ASSIGN(cluster, create_hosted(txn, cluster, 0));
        return {};
    });
    ASSERT_TRUE(hosted) << hosted.error().message;
    // Who connected it is not known of a record without a word about it, as earlier versions wrote.
    EXPECT_EQ(read("edge").connected_by, ConnectedBy::kProject);
    EXPECT_EQ(read("edge").record().find("connectedBy"), std::string::npos);
    auto done = set("edge");
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(read("edge").sealed, "another");
    EXPECT_EQ(read("edge").connected_by, ConnectedBy::kTenant);
    EXPECT_EQ(read("edge").server, "https://b:1");
    EXPECT_EQ(set("core").error().code, Code::kConflict);
    EXPECT_EQ(set("hosted").error().code, Code::kConflict);
    EXPECT_EQ(set("none").error().code, Code::kNotFound);
    EXPECT_EQ(read("core").source, kConfigSource);
    EXPECT_TRUE(require_hosted(read("hosted"), "objects are imported into"));
    auto refused = require_hosted(read("edge"), "objects are imported into");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::kConflict);
    EXPECT_TRUE(refused.error().message.starts_with("cluster \"edge\" is connected: "));
}

TEST_F(Registry, KnowsWhenTheLastImportEnded) {
    host("hosted");
    const Cluster before = read("hosted");
    EXPECT_EQ(before.imported_ms, 0);
    const auto note = [this](model::ClusterNumber number, int64_t ms) {
        return write([&](store::WriteTxn& txn) { return set_imported(txn, "hosted", number, ms); });
    };
    ASSERT_TRUE(note(before.number, 1234));
    EXPECT_EQ(read("hosted").imported_ms, 1234);
    EXPECT_EQ(read("hosted").number, before.number);
    // Another cluster of that uid, made while the import went on.
    EXPECT_EQ(note(before.number + 1, 5678).error().code, Code::kNotFound);
    EXPECT_EQ(read("hosted").imported_ms, 1234);
}

TEST_F(Registry, WhatIsExpectedOfImportsIsSaidOnceUnlessItWasSaidInTheFuture) {
    host("hosted");
    constexpr int64_t kNow = 1'700'000'000'000;
    constexpr int64_t kDay = 86'400'000;
    const auto since_after = [&](int64_t now_ms) {
        const auto done = write([&](store::WriteTxn& txn) {
            return expect_imports(txn, "hosted", base::Millis(kDay), now_ms);
        });
        EXPECT_TRUE(done) << done.error().message;
        return read("hosted").imports.expected_since_ms;
    };
    EXPECT_EQ(since_after(kNow + 400 * kDay), kNow + 400 * kDay);
    EXPECT_EQ(since_after(kNow), kNow) << "the clock was ahead then";
    EXPECT_EQ(since_after(kNow + kDay), kNow);
    EXPECT_EQ(since_after(kNow - 60'000), kNow);
}

TEST_F(Registry, DeletesAMirrorWithoutForce) {
    auto made = connect("edge");
    ASSERT_TRUE(made) << made.error().message;
    auto done = write([&](store::WriteTxn& txn) -> Result<void> {
        SNAPGATE_TRY(
            txn.put(made->number, model::Kind::kSnapshot, store::make_object("ns", "snap", "vm")));
        return {};
    });
    ASSERT_TRUE(done) << done.error().message;
    auto deleted = write([](store::WriteTxn& txn) { return delete_cluster(txn, "edge", false); });
    EXPECT_TRUE(deleted) << deleted.error().message;
}

TEST_F(Registry, EachKindOfObjectsHasANumberOfItsOwn) {
    const auto made = connect("edge");
    ASSERT_TRUE(made) << made.error().message;
    const Cluster stored = read("edge");
    EXPECT_EQ(stored.others, made->others);
    EXPECT_EQ(stored.number_of(model::Kind::kNamespace), stored.number);
    std::set<model::ClusterNumber> numbers;
    for (const ReflectedKind& kind : reflected_kinds()) {
        const model::ClusterNumber number = stored.number_of(kind.stored);
        EXPECT_TRUE(stored.has_number(number));
        EXPECT_TRUE(store_->read().head(number).value().has_value()) << kind.plural;
        numbers.insert(number);
    }
    EXPECT_EQ(numbers.size(), reflected_kinds().size());
    EXPECT_EQ(numbers.size(), stored.numbers().size());
    EXPECT_FALSE(stored.has_number(1'000));

    const auto deleted =
        write([](store::WriteTxn& txn) { return delete_cluster(txn, "edge", false); });
    ASSERT_TRUE(deleted) << deleted.error().message;
    for (const model::ClusterNumber number : numbers)
        EXPECT_FALSE(store_->read().head(number).value().has_value()) << number;
}

TEST_F(Registry, AHostedClusterThatHoldsAnyKindIsNotDeletedByMistake) {
    Cluster made;
    made.uid = made.name = "held";
    made.project = "p1";
    ASSERT_TRUE(write([&](store::WriteTxn& txn) -> Result<void> {
        SNAPGATE_ASSIGN(made, create_hosted(txn, made, 0));
        const auto kind = model::Kind::kVirtualMachine;
        SNAPGATE_TRY(txn.put(made.number_of(kind), kind, store::make_object("ns", "vm", "")));
        return {};
    }));
    const auto refused =
        write([](store::WriteTxn& txn) { return delete_cluster(txn, "held", false); });
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::kConflict);
    EXPECT_NE(refused.error().message.find("holds 1 virtual machine:"), std::string::npos)
        << refused.error().message;
    EXPECT_TRUE(write([](store::WriteTxn& txn) { return delete_cluster(txn, "held", true); }));
}

TEST_F(Registry, AClusterOfAnEarlierVersionGetsNumbersForItsKinds) {
    auto made = connect("edge");
    ASSERT_TRUE(made) << made.error().message;
    Cluster before = *made;
    before.others.clear();
    const auto write_kinds = [&] {
        return write([](store::WriteTxn& txn) { return number_kinds(txn); });
    };
    ASSERT_TRUE(write([&](store::WriteTxn& txn) {
        return txn.put_record(Cluster::kType, "edge", before.record());
    }));
    EXPECT_EQ(before.number_of(model::Kind::kRestore), 0U);
    EXPECT_FALSE(has_all_kinds({{"edge", before}}));
    ASSERT_TRUE(write_kinds());
    const Cluster after = read("edge");
    EXPECT_TRUE(has_all_kinds({{"edge", after}}));
    EXPECT_EQ(after.number, made->number);
    EXPECT_NE(after.number_of(model::Kind::kRestore), 0U);
    // Again: nothing changes.
    ASSERT_TRUE(write_kinds());
    EXPECT_EQ(read("edge").others, after.others);
}

TEST(ClusterRecord, RemembersTheSetThatMadeIt) {
    Cluster made;
    made.name = "n";
    made.project = "p";
    made.number = 3;
    for (const access::ApplySet& set :
         {access::ApplySet(), access::ApplySet{"fleet", ""}, access::ApplySet{"fleet", "p"}}) {
        made.apply_set = set;
        const auto read = Cluster::parse("u", made.record());
        ASSERT_TRUE(read) << read.error().message;
        EXPECT_EQ(read->apply_set, set);
        access::Project project{"p", "n", {}, set};
        const auto again = access::Project::parse("p", project.record());
        ASSERT_TRUE(again) << again.error().message;
        EXPECT_EQ(again->apply_set, set);
    }
}

TEST(ClusterRecord, ANewOneIsHeldToTheQuota) {
    access::Project project{"p", "payments"};
    project.quota.clusters = 1;
    Cluster other;
    other.uid = other.name = "a";
    other.project = "p";
    Cluster made = other;
    made.uid = made.name = "b";
    EXPECT_TRUE(check_new(made, {}, project, {}));
    EXPECT_EQ(check_new(made, {{"a", other}}, project, {}).error().code, Code::kQuotaExceeded);
    project.quota.clusters = 2;
    EXPECT_TRUE(check_new(made, {{"a", other}}, project, {}));
    EXPECT_EQ(check_new(other, {{"a", other}}, project, {}).error().code, Code::kAlreadyExists);
}

TEST(ClusterRecord, OfEarlierVersionsIsHosted) {
    auto cluster =
        Cluster::parse("a", R"({"name":"n","projectUid":"p","type":"hosted","number":3})");
    ASSERT_TRUE(cluster) << cluster.error().message;
    EXPECT_EQ(cluster->type, ClusterType::kHosted);
    EXPECT_EQ(cluster->record(), R"({"name":"n","projectUid":"p","type":"hosted","number":3})");
    for (
        const char* wrong :
        {R"({"name":"n","projectUid":"p","type":"other","number":3})",
         R"({"name":"n","projectUid":"p","type":"hosted","number":3,"kinds":[]})",
         R"({"name":"n","projectUid":"p","type":"hosted","number":3,"kinds":{"virtualmachines":0}})",
         R"({"name":"n","projectUid":"p","type":"connected","number":3,"sealed":"%"})"}) {
        auto parsed = Cluster::parse("a", wrong);
        ASSERT_FALSE(parsed) << wrong;
        EXPECT_EQ(parsed.error().code, Code::kCorrupt);
    }
}

}  // namespace
}  // namespace snapgate::cluster
