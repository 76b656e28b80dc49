#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock_testing.h"
#include "base/duration.h"
#include "base/temporary_folder_testing.h"
#include "json/kept_object.h"
#include "json/object.h"
#include "query/fleet_index.h"
#include "query/fleet_list.h"
#include "query/fleet_summary.h"
#include "query/listing_testing.h"
#include "query/vm_report.h"
#include "store/store.h"

namespace snapgate::query {

// A snapshot as a test describes it. Times are in seconds since the epoch; 0 is "none".
struct TestSnapshot {
    std::string ns;
    std::string name;
    std::string vm;
    std::string phase;  // "" for no status
    bool ready = false;
    bool of_clone = false;
    int64_t created = 0;
    int64_t taken = 0;
    int64_t failed = 0;
    int64_t deleted = 0;
    std::vector<std::string> indications;
    std::string error;
    std::string label;  // the value of the label "tier"
    std::string source_uid;
    std::string content;
    // As an older version of the program stored it: its facts are derived when somebody asks.
    bool without_facts = false;

    std::string json() const {
        const auto time = [](int64_t seconds) { return base::format_rfc3339(seconds * 1000); };
        std::string out = R"({"apiVersion":"snapshot.kubevirt.io/v1beta1",)"
                          R"("kind":"VirtualMachineSnapshot","metadata":{)";
        out += fmt::format(R"("namespace":"{}","name":"{}")", ns, name);
        if (created != 0) out += fmt::format(R"(,"creationTimestamp":"{}")", time(created));
        if (deleted != 0) {
            out += fmt::format(R"(,"deletionTimestamp":"{}","finalizers":["test/held"])",
                               time(deleted));
        }
        if (!label.empty()) out += fmt::format(R"(,"labels":{{"tier":"{}"}})", label);
        if (of_clone) {
            out += R"(,"ownerReferences":[{"apiVersion":"clone.kubevirt.io/v1beta1",)"
                   R"("kind":"VirtualMachineClone","name":"c","uid":"u"}])";
        }
        out += R"(},"spec":{"source":{"apiGroup":"kubevirt.io","kind":"VirtualMachine")";
        if (!vm.empty()) out += fmt::format(R"(,"name":"{}")", vm);
        out += "}}";
        if (!phase.empty()) out += status_json(time);
        return out + "}";
    }

    model::PreparedObject prepare() const {
        auto prepared = json::prepare_snapshot(
            json(), {.uid = "u-" + name, .creation_timestamp = "1970-01-01T00:00:00Z"});
        if (!prepared) throw std::runtime_error(prepared.error().message + ": " + json());
        if (without_facts) prepared->object.facts.clear();
        return std::move(prepared->object);
    }

  private:
    template <class Time>
    std::string status_json(const Time& time) const {
        std::string out = fmt::format(R"(,"status":{{"phase":"{}","readyToUse":{})", phase, ready);
        if (taken != 0) out += fmt::format(R"(,"creationTime":"{}")", time(taken));
        if (!indications.empty())
            out += fmt::format(R"(,"indications":["{}"])", fmt::join(indications, R"(",")"));
        if (!error.empty()) out += fmt::format(R"(,"error":{{"message":"{}"}})", error);
        if (!source_uid.empty()) out += fmt::format(R"(,"sourceUID":"{}")", source_uid);
        if (!content.empty())
            out += fmt::format(R"(,"virtualMachineSnapshotContentName":"{}")", content);
        if (failed != 0) {
            out += fmt::format(
                R"(,"conditions":[{{"type":"Failure","status":"True","lastTransitionTime":"{}"}}])",
                time(failed));
        }
        return out + "}";
    }
};

// A VM as a test describes it.
struct TestVm {
    std::string ns;
    std::string name;
    std::string uid;
    std::string status;
    std::string label;  // the value of the label "tier"
    bool ignored = false;

    model::PreparedObject prepare() const {
        std::string text =
            fmt::format(R"({{"metadata":{{"namespace":"{}","name":"{}","uid":"{}",)"
                        R"("resourceVersion":"1","annotations":{{"snapgate.io/protection":"{}"}})",
                        ns, name, uid, ignored ? "ignore" : "");
        if (!label.empty()) text += fmt::format(R"(,"labels":{{"tier":"{}"}})", label);
        text += fmt::format(R"(}},"status":{{"printableStatus":"{}"}}}})", status);
        return prepared(json::prepare_virtual_machine(text), text);
    }

    static model::PreparedObject prepared(base::Result<model::PreparedObject> object,
                                          const std::string& text) {
        if (!object) throw std::runtime_error(object.error().message + ": " + text);
        return std::move(*object);
    }
};

// A restore as a test describes it.
struct TestRestore {
    std::string ns;
    std::string name;
    std::string vm;
    std::string snapshot;
    int64_t at = 0;

    model::PreparedObject prepare() const {
        const std::string text = fmt::format(
            R"({{"metadata":{{"namespace":"{}","name":"{}","uid":"u","resourceVersion":"1"}},)"
            R"("spec":{{"target":{{"kind":"VirtualMachine","name":"{}"}},)"
            R"("virtualMachineSnapshotName":"{}"}},"status":{{"restoreTime":"{}"}}}})",
            ns, name, vm, snapshot, base::format_rfc3339(at * 1000));
        return TestVm::prepared(json::prepare_restore(text), text);
    }
};

// A content as a test describes it.
struct TestContent {
    std::string ns;
    std::string name;
    std::string snapshot;  // that it is of
    std::string size;      // that the claim of its only volume requests; "" for none
    std::string volume;
    std::string error;

    model::PreparedObject prepare() const {
        std::string text = fmt::format(
            R"({{"metadata":{{"namespace":"{}","name":"{}","uid":"u","resourceVersion":"1"}},)"
            R"("spec":{{"virtualMachineSnapshotName":"{}","volumeBackups":[{{"volumeName":"{}")",
            ns, name, snapshot, volume);
        if (!size.empty()) {
            text += fmt::format(
                R"(,"persistentVolumeClaim":{{"spec":{{"resources":{{"requests":{{"storage":"{}"}}}}}}}})",
                size);
        }
        text += "}]}";
        if (!error.empty())
            text += fmt::format(R"(,"status":{{"error":{{"message":"{}"}}}})", error);
        text += "}";
        return TestVm::prepared(json::prepare_content(text), text);
    }
};

// A store with the clusters of a fleet, by their uids, and everything that a question about them
// needs.
class TestFleet {
  public:
    explicit TestFleet(bool with_index) {
        if (with_index) index_ = std::make_unique<FleetIndex>();
        open();
    }
    TestFleet(const TestFleet&) = delete;
    TestFleet& operator=(const TestFleet&) = delete;

    // Closes the store and opens it again. What is in memory alone is gone.
    void reopen() {
        store_.reset();
        if (index_) index_ = std::make_unique<FleetIndex>();
        fleet_.reset();
        open();
    }

    base::Result<void> write(const store::WriteFunction& function) {
        clock.advance(1);  // no two commits at the same moment
        return store_->write_and_wait(store::Priority::kRequest, function);
    }

    base::Result<void> create(const std::string& name, const std::string& uid,
                              const std::string& project) {
        FleetCluster& cluster = clusters[uid];
        cluster = {0, uid, name, project, "project " + project, false, {}};
        return write([&](store::WriteTxn& txn) -> base::Result<void> {
            SNAPGATE_ASSIGN(cluster.number, txn.create_cluster());
            return {};
        });
    }

    base::Result<void> drop(const std::string& uid) {
        const FleetCluster cluster = clusters.at(uid);
        clusters.erase(uid);
        return write([&](store::WriteTxn& txn) -> base::Result<void> {
            for (const auto& [kind, number] : cluster.others)
                SNAPGATE_TRY(txn.delete_cluster(number));
            return txn.delete_cluster(cluster.number);
        });
    }

    // The number of a further kind of objects of a cluster, which gets one when it is asked for.
    model::ClusterNumber number_of(const std::string& uid, model::Kind kind) {
        FleetCluster& cluster = clusters.at(uid);
        if (cluster.number_of(kind) == 0) {
            const auto made = write([&](store::WriteTxn& txn) -> base::Result<void> {
                SNAPGATE_ASSIGN(cluster.others[kind], txn.create_cluster());
                return {};
            });
            if (!made) throw std::runtime_error(made.error().message);
        }
        return cluster.number_of(kind);
    }
    base::Result<void> put(const std::string& uid, model::Kind kind,
                           const model::PreparedObject& object) {
        const model::ClusterNumber number = number_of(uid, kind);
        return write([&](store::WriteTxn& txn) -> base::Result<void> {
            SNAPGATE_TRY(txn.put(number, kind, object));
            return {};
        });
    }
    base::Result<void> erase(const std::string& uid, model::Kind kind, const std::string& ns,
                             const std::string& name) {
        const model::ClusterNumber number = number_of(uid, kind);
        return write([&](store::WriteTxn& txn) -> base::Result<void> {
            SNAPGATE_TRY(txn.erase(number, kind, ns, name));
            return {};
        });
    }

    // One, with what it remembers, as long as the clusters stay as they are.
    std::shared_ptr<const Fleet> fleet() const {
        std::vector<FleetCluster> all;
        all.reserve(clusters.size());
        for (const auto& [uid, cluster] : clusters) all.push_back(cluster);
        auto made = Fleet::make(std::move(all));
        const auto same = [](const FleetCluster& a, const FleetCluster& b) {
            return a.number == b.number && a.connected == b.connected && a.others == b.others;
        };
        if (!fleet_ || fleet_->digest != made->digest ||
            !std::ranges::equal(fleet_->clusters, made->clusters, same))
            fleet_ = std::move(made);
        return fleet_;
    }

    FleetAges ages(const Fleet& fleet) const {
        FleetAges out;
        out.reserve(fleet.clusters.size());
        for (const FleetCluster& cluster : fleet.clusters) {
            const auto known = known_ages.find(cluster.uid);
            out.push_back(known == known_ages.end() ? ClusterAge{now(), false, 0} : known->second);
        }
        return out;
    }

    facts::Seconds now() const { return static_cast<facts::Seconds>(clock.now_ms() / 1000); }
    ListContext context() const { return {*store_, signer_, kTestWords, index_.get()}; }
    store::Store& store() { return *store_; }

    base::TestClock clock;
    std::map<std::string, FleetCluster> clusters;
    std::map<std::string, ClusterAge> known_ages;  // of those that are not known now, by uid
    base::Millis history{300'000};

  private:
    void open() {
        store::StoreOptions options;
        options.directory = folder_.path();
        options.clock = &clock;
        options.history = history;
        options.map_bytes = 1ULL << 30;
        options.background_compaction = false;
        auto opened = store::Store::open(options);
        if (!opened) throw std::runtime_error(opened.error().message);
        store_ = std::move(*opened);
    }

    base::TemporaryFolder folder_;
    std::unique_ptr<FleetIndex> index_;
    mutable std::shared_ptr<const Fleet> fleet_;
    TokenSigner signer_{std::string(32, 'k')};
    std::unique_ptr<store::Store> store_;
};

}  // namespace snapgate::query
