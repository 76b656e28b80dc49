#include "objects/namespace_sweeper.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

#include "json/object.h"
#include "objects/object_write.h"
#include "store/objects_testing.h"
#include "store/temporary_store_testing.h"

namespace snapgate::objects {
namespace {

using model::Kind;

const json::Identity kIdentity{.uid = "11111111-2222-4333-8444-555555555555",
                               .creation_timestamp = "2026-01-02T03:04:05Z",
                               .generation = 1};

class NamespaceSweeperTest : public testing::Test {
  protected:
    void SetUp() override {
        write([this](store::WriteTxn& txn) -> base::Result<void> {
            SNAPGATE_ASSIGN(cluster_, txn.create_cluster());
            return {};
        });
    }

    void write(const store::WriteFunction& function) {
        auto done = store_->write_and_wait(store::Priority::kRequest, function);
        ASSERT_TRUE(done) << done.error().message;
    }

    void put_namespace(const std::string& name, const std::string& phase) {
        model::PreparedObject ns = json::make_namespace(name, kIdentity);
        ns.text.replace(ns.text.find("Active"), 6, phase);
        write([this, &ns](store::WriteTxn& txn) -> base::Result<void> {
            SNAPGATE_TRY(txn.put(cluster_, Kind::kNamespace, ns));
            return {};
        });
    }

    void put_snapshot(const std::string& ns, const std::string& name,
                      const std::string& finalizers = "") {
        auto prepared = json::prepare_snapshot(
            fmt::format(
                R"({{"apiVersion":"snapshot.kubevirt.io/v1beta1","kind":"VirtualMachineSnapshot",)"
                R"("metadata":{{"name":"{}","namespace":"{}","finalizers":[{}]}},)"
                R"("spec":{{"source":{{"apiGroup":"kubevirt.io","kind":"VirtualMachine","name":"v"}}}}}})",
                name, ns, finalizers),
            kIdentity);
        ASSERT_TRUE(prepared) << prepared.error().message;
        write([this, &prepared](store::WriteTxn& txn) -> base::Result<void> {
            SNAPGATE_TRY(txn.put(cluster_, Kind::kSnapshot, prepared->object));
            return {};
        });
    }

    std::string text(Kind kind, const std::string& ns, const std::string& name) {
        store::ReadView view = store_->read();
        auto head = view.head(cluster_).value();
        auto found = view.get(cluster_, kind, ns, name, head->revision).value();
        return found ? std::string(found->object.text) : "";
    }

    // Waits for what the sweeper's thread brings about.
    template <class Condition>
    void await(const Condition& condition) {
        for (int i = 0; i < 3000 && !condition(); ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        ASSERT_TRUE(condition());
    }

    store::TemporaryStore store_;
    cluster::ClusterTable registry_;
    model::ClusterNumber cluster_ = 0;
};

TEST_F(NamespaceSweeperTest, WhatIsLeftFromBeforeIsSweptAndNothingElse) {
    put_namespace("going", "Terminating");
    put_namespace("staying", "Active");
    constexpr int kObjects = 600;  // more than two batches
    for (int i = 0; i < kObjects; ++i) put_snapshot("going", fmt::format("s-{}", i));
    put_snapshot("staying", "s");
    NamespaceSweeper sweeper(*store_, registry_, {cluster_});
    await([this] { return text(Kind::kNamespace, "", "going").empty(); });
    EXPECT_EQ(store_->read().count(cluster_, Kind::kSnapshot).value(), 1U);
    EXPECT_FALSE(text(Kind::kNamespace, "", "staying").empty());
}

TEST_F(NamespaceSweeperTest, AfterALongTimeWithoutWorkItStillWakes) {
    constexpr std::chrono::milliseconds kLong{1};
    NamespaceSweeper sweeper(*store_, registry_, {}, audit::no_action, kLong);
    std::this_thread::sleep_for(100 * kLong);
    put_namespace("going", "Terminating");
    sweeper.wake(cluster_);
    await([this] { return text(Kind::kNamespace, "", "going").empty(); });
}

TEST_F(NamespaceSweeperTest, AFinalizerHoldsTheNamespaceUntilItGoes) {
    put_namespace("going", "Active");
    put_snapshot("going", "free");
    put_snapshot("going", "held", R"("example.com/hold")");
    NamespaceSweeper sweeper(*store_, registry_, {});
    put_namespace("going", "Terminating");
    sweeper.wake(cluster_);
    await([this] {
        return text(Kind::kSnapshot, "going", "held").find("deletionTimestamp") !=
               std::string::npos;
    });
    await([this] { return text(Kind::kSnapshot, "going", "free").empty(); });
    EXPECT_FALSE(text(Kind::kNamespace, "", "going").empty());
    write([this](store::WriteTxn& txn) -> base::Result<void> {
        SNAPGATE_TRY(txn.erase(cluster_, Kind::kSnapshot, "going", "held"));
        return {};
    });
    await([this] { return text(Kind::kNamespace, "", "going").empty(); });
}

TEST_F(NamespaceSweeperTest, RemovesWhatAnImportBroughtBesideSnapshots) {
    cluster::Cluster cluster;
    cluster.uid = cluster.name = "c";
    cluster.project = "p";
    cluster.number = cluster_;
    write([&cluster](store::WriteTxn& txn) -> base::Result<void> {
        SNAPGATE_ASSIGN(cluster.others[Kind::kRestore], txn.create_cluster());
        return txn.put_record(store::RecordType::kCluster, cluster.uid, cluster.record());
    });
    ASSERT_TRUE(registry_.reload(store_->read()));
    const model::ClusterNumber number = cluster.number_of(Kind::kRestore);
    put_namespace("web", "Terminating");
    write([number](store::WriteTxn& txn) -> base::Result<void> {
        for (int i = 0; i < 600; ++i)
            SNAPGATE_TRY(txn.put(number, Kind::kRestore,
                                 store::make_object("web", fmt::format("r{}", i), "")));
        SNAPGATE_TRY(txn.put(number, Kind::kRestore, store::make_object("wex", "r", "")));
        return {};
    });
    NamespaceSweeper sweeper(*store_, registry_, {cluster_});
    await([this] { return text(Kind::kNamespace, "", "web").empty(); });
    EXPECT_EQ(store_->read().count(number, Kind::kRestore).value(), 1U);
}

}  // namespace
}  // namespace snapgate::objects
