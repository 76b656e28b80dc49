#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/clock_testing.h"
#include "base/crypto.h"
#include "json/object.h"
#include "json/value.h"
#include "objects/cluster_collector.h"
#include "objects/import.h"
#include "objects/object_write.h"
#include "objects/removal.h"
#include "rules/object_rules.h"
#include "store/objects_testing.h"
#include "store/store.h"
#include "store/temporary_store_testing.h"

namespace snapgate::objects {

// For tests: the snapshots of a hosted cluster, written as requests and imports write them, and
// its garbage collector, which does a step when it is told.
class GarbageWorld {
  public:
    using Propagation = rules::DeleteOptions::Propagation;

    // The compiler wants these initializers where a test names only some members, and clang-tidy
    // finds them redundant.
    // NOLINTBEGIN(readability-redundant-member-init)
    struct Reference {
        std::string name;
        std::string uid{};
        bool blocks = false;
        std::string kind = "VirtualMachineSnapshot";
        std::string api_version = "snapshot.kubevirt.io/v1beta1";
    };
    struct Metadata {
        std::string uid{};
        std::vector<Reference> owners{};
        std::vector<std::string> finalizers{};
    };
    // NOLINTEND(readability-redundant-member-init)

    GarbageWorld() {
        open();
        write([this](store::WriteTxn& txn) -> base::Result<void> {
            SNAPGATE_ASSIGN(cluster.number, txn.create_cluster());
            return {};
        });
        cluster.uid = "c";
        make_namespace("web");
        restart_collector();
    }

    void make_namespace(const std::string& ns) {
        ObjectWrite made;
        made.cluster = cluster.number;
        made.kind = model::Kind::kNamespace;
        made.key = {"", ns};
        made.object = json::make_namespace(
            ns, {.uid = "ns-" + ns, .creation_timestamp = "2026-01-02T03:04:05Z"});
        commit(std::make_shared<const ObjectWrite>(std::move(made)));
    }

    void open() {
        store_.reset();
        store_ = store::open_or_throw(store::small_options(directory_.path(), clock));
    }
    // As after the death of the process: what the collector had in memory is gone.
    void restart_collector() { collector.emplace(*store_, cluster.number); }
    void restart() {
        collector.reset();
        open();
        restart_collector();
    }

    store::Store& store() { return *store_; }

    void write(store::WriteFunction function) {
        auto done = store_->write_and_wait(store::Priority::kRequest, std::move(function));
        if (!done) throw std::runtime_error(done.error().message);
    }

    static json::Array references(const std::vector<Reference>& owners) {
        json::Array all;
        for (const Reference& owner : owners) {
            json::Object one{{"apiVersion", owner.api_version},
                             {"kind", owner.kind},
                             {"name", owner.name},
                             {"uid", owner.uid}};
            if (owner.blocks) one["blockOwnerDeletion"] = true;
            all.push_back(std::move(one));
        }
        return all;
    }

    static std::string text(const std::string& ns, const std::string& name,
                            const Metadata& metadata) {
        json::Object object{{"apiVersion", "snapshot.kubevirt.io/v1beta1"},
                            {"kind", "VirtualMachineSnapshot"}};
        json::Object meta{{"name", name}, {"namespace", ns}};
        if (!metadata.uid.empty()) meta["uid"] = metadata.uid;
        if (!metadata.finalizers.empty())
            meta["finalizers"] =
                json::Array(metadata.finalizers.begin(), metadata.finalizers.end());
        if (!metadata.owners.empty()) meta["ownerReferences"] = references(metadata.owners);
        object["metadata"] = std::move(meta);
        object["spec"] = json::Object{
            {"source",
             json::Object{{"apiGroup", "kubevirt.io"}, {"kind", "VirtualMachine"}, {"name", "v"}}}};
        return json::serialize(object);
    }

    // Creates a snapshot as a request does; the uid is metadata.uid.
    void create(const std::string& name, const Metadata& metadata, const std::string& ns = "web") {
        rules::Body body;
        body.object = json::parse(text(ns, name, metadata)).value().as_object();
        auto change = rules::create(std::move(body), {ns, "", false}, metadata.uid, writer());
        ASSERT_TRUE(change) << change.error().message;
        auto prepared = json::prepare_snapshot(json::serialize(change->object), json::Identity());
        ASSERT_TRUE(prepared) << prepared.error().message;
        ObjectWrite made;
        made.cluster = cluster.number;
        made.key = {ns, name};
        made.object = std::move(prepared->object);
        commit(std::make_shared<const ObjectWrite>(std::move(made)));
    }

    void import(const std::vector<std::string>& texts, bool prune = false) {
        Import import(cluster, {.on_conflict = OnConflict::kReplace, .prune = prune}, *store_);
        for (const std::string& one : texts) import.add(one);
        const auto run = [&](const std::shared_ptr<Import::Batch>& batch) {
            write(Import::function(batch));
            import.absorb(*batch);
        };
        while (import.has_batch()) run(import.take_batch());
        for (bool done = !prune; !done;) {
            auto step = import.next_prune();
            ASSERT_TRUE(step) << step.error().message;
            if (step->batch) run(step->batch);
            done = step->done;
        }
        EXPECT_EQ(import.report().counts.refused, 0U);
    }

    // Deletes as a request does. False if there is no such snapshot.
    bool remove(const std::string& name, std::optional<Propagation> propagation = std::nullopt,
                const std::string& ns = "web") {
        rules::DeleteOptions options;
        options.propagation = propagation;
        std::shared_ptr<const ObjectWrite> removal;
        {
            const store::ReadView view = store_->read();
            auto found = view.newest(cluster.number, model::Kind::kSnapshot, ns, name).value();
            if (!found) return false;
            removal = removal_of(cluster.number, *found, options, now()).value();
        }
        if (removal) commit(removal);
        return true;
    }

    // Updates as a request does: `change` gets the object's metadata.
    template <class Edit>
    void update(const std::string& name, const Edit& edit, const std::string& ns = "web") {
        std::shared_ptr<const ObjectWrite> changed;
        {
            const store::ReadView view = store_->read();
            auto found = view.newest(cluster.number, model::Kind::kSnapshot, ns, name).value();
            ASSERT_TRUE(found) << name;
            std::string form;
            ASSERT_TRUE(json::append_kubernetes_form(found->object, form));
            const json::Value live = json::parse(form).value();
            rules::Body body{.object = live.as_object(), .strict_faults = {}};
            edit(body.object.at("metadata").as_object());
            auto change =
                rules::update(live.as_object(), std::move(body), {ns, name, false}, writer());
            ASSERT_TRUE(change) << change.error().message;
            changed = change_of(cluster.number, *found, *change).value();
        }
        if (changed) commit(changed);
    }
    void give_owner(const std::string& name, const Reference& owner) {
        update(name, [&owner](json::Object& metadata) {
            metadata["ownerReferences"] = references({owner});
        });
    }
    void drop_finalizers(const std::string& name) {
        update(name, [](json::Object& metadata) { metadata.erase("finalizers"); });
    }

    void commit(const std::shared_ptr<const ObjectWrite>& one) {
        auto outcome = std::make_shared<WriteOutcome>();
        write(write_function(one, outcome));
        ASSERT_EQ(outcome->end, WriteOutcome::End::kDone) << one->key.name;
    }

    // One step of the collector. False once it has nothing to do.
    bool step() {
        auto progress = collector->step();
        EXPECT_TRUE(progress) << progress.error().message;
        if (progress) EXPECT_NE(*progress, ClusterCollector::Progress::kLater);
        return progress && *progress == ClusterCollector::Progress::kMore;
    }
    void collect() {
        for (int i = 0; i < 100'000; ++i)
            if (!step()) return;
        ADD_FAILURE() << "the collector does not come to an end";
    }

    // The metadata of a snapshot; nullopt if there is none.
    std::optional<json::Object> metadata(const std::string& name, const std::string& ns = "web") {
        const store::ReadView view = store_->read();
        auto found = view.newest(cluster.number, model::Kind::kSnapshot, ns, name).value();
        if (!found) return std::nullopt;
        std::string form;
        EXPECT_TRUE(json::append_kubernetes_form(found->object, form));
        return json::parse(form).value().as_object().at("metadata").as_object();
    }
    // "a b*": the names of those that are there; one that is being deleted has a star.
    std::string names(const std::string& ns = "web") {
        std::string all;
        const store::ReadView view = store_->read();
        auto scan = view.scan(cluster.number, model::Kind::kSnapshot,
                              view.head(cluster.number).value()->revision);
        for (auto more = scan.seek(ns, ""); more && *more && scan.found().ns == ns;
             more = scan.next()) {
            if (!all.empty()) all += ' ';
            all += scan.found().name;
            if (scan.found().object.text.find("deletionTimestamp") != std::string_view::npos)
                all += '*';
        }
        return all;
    }
    size_t notes(store::NoteType type) {
        return store_->read().notes(cluster.number, type, {}, {}, 1'000'000).value().size();
    }

    base::TestClock clock;
    cluster::Cluster cluster;
    std::optional<ClusterCollector> collector;

  private:
    static std::string now() { return "2026-01-02T03:04:06Z"; }
    static rules::Writer writer() {
        rules::Writer writer;
        writer.manager = "test";
        writer.now = "2026-01-02T03:04:05Z";
        return writer;
    }

    store::TestDirectory directory_;
    std::unique_ptr<store::Store> store_;
};

}  // namespace snapgate::objects
