#include "objects/import.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "store/temporary_store_testing.h"

namespace snapgate::objects {
namespace {

using model::Kind;
using testing::HasSubstr;

std::string object(const std::string& ns, const std::string& name, const std::string& extra = "") {
    return fmt::format(
        R"({{"apiVersion":"snapshot.kubevirt.io/v1beta1","kind":"VirtualMachineSnapshot",)"
        R"("metadata":{{"name":"{}","namespace":"{}"{}}},)"
        R"("spec":{{"source":{{"apiGroup":"kubevirt.io","kind":"VirtualMachine","name":"vm-1"}}}}}})",
        name, ns, extra);
}

std::string whole(const std::string& name, const std::string& extra = "") {
    return object(
        "web", name,
        R"(,"uid":"11111111-2222-4333-8444-555555555555",)"
        R"("creationTimestamp":"2026-01-02T03:04:05Z","generation":1,"resourceVersion":"77")" +
            extra);
}

class ImportTest : public testing::Test {
  protected:
    void SetUp() override {
        ASSERT_TRUE(store_->write_and_wait(
            store::Priority::kRequest, [&](store::WriteTxn& txn) -> base::Result<void> {
                SNAPGATE_ASSIGN(cluster_, txn.create_cluster());
                imported_.number = cluster_;
                for (const Kind kind : kKept) {
                    SNAPGATE_ASSIGN(imported_.others[kind], txn.create_cluster());
                }
                return {};
            }));
    }

    // "name" of each object of a kind.
    std::vector<std::string> names(Kind kind) {
        std::vector<std::string> names;
        const model::ClusterNumber number = imported_.number_of(kind);
        const store::ReadView view = store_->read();
        auto scan = view.scan(number, kind, view.head(number).value()->revision);
        for (auto more = scan.seek("", ""); more && *more; more = scan.next())
            names.emplace_back(scan.found().name);
        return names;
    }

    void commit(Import& import, const std::shared_ptr<Import::Batch>& batch) {
        auto done = store_->write_and_wait(store::Priority::kBatch, Import::function(batch));
        ASSERT_TRUE(done) << done.error().message;
        import.absorb(*batch);
    }

    ImportReport run(const std::vector<std::string>& items, ImportOptions options = {}) {
        Import import(imported_, options, *store_);
        for (const std::string& item : items) import.add(item);
        while (import.has_batch()) commit(import, import.take_batch());
        while (true) {
            auto step = import.next_prune();
            if (!step) {
                prune_error_ = step.error().message;
                break;
            }
            if (step->batch != nullptr) commit(import, step->batch);
            if (step->done) break;
        }
        return import.report();
    }

    std::string text_of(const std::string& name) {
        store::ReadView view = store_->read();
        auto head = view.head(cluster_);
        auto found = view.get(cluster_, model::Kind::kSnapshot, "web", name, (*head)->revision);
        return found && *found ? std::string((*found)->object.text) : "";
    }

    uint64_t count(model::Kind kind) { return store_->read().count(cluster_, kind).value(); }

    store::TemporaryStore store_;
    static constexpr Kind kKept[] = {Kind::kVirtualMachine, Kind::kRestore, Kind::kContent};

    model::ClusterNumber cluster_ = 0;
    cluster::Cluster imported_;
    std::string prune_error_;
};

TEST_F(ImportTest, TheSecondTimeNothingChanges) {
    std::vector<std::string> dump{whole("a"), whole("b"), object("web", "bare"), object("db", "x")};
    ImportReport first = run(dump);
    EXPECT_EQ(first.counts.created, 4U);
    auto before = store_->read().head(cluster_).value()->revision;
    store_.clock.advance(5000);
    ImportReport second = run(dump);
    // Also of "bare", whose uid and time the server gave.
    EXPECT_EQ(second.counts.unchanged, 4U);
    EXPECT_EQ(second.counts.created + second.counts.replaced, 0U);
    EXPECT_EQ(store_->read().head(cluster_).value()->revision, before);
}

TEST_F(ImportTest, WhatIsAbsentIsFilledAndTheRestStays) {
    run({object("web", "bare"), whole("a")});
    EXPECT_THAT(text_of("bare"), HasSubstr(R"("creationTimestamp":"2023-11-14T22:13:20Z")"));
    EXPECT_THAT(text_of("bare"), HasSubstr(R"("generation":1)"));
    EXPECT_THAT(text_of("bare"), HasSubstr(R"("uid":")"));
    EXPECT_THAT(text_of("a"), HasSubstr(R"("creationTimestamp":"2026-01-02T03:04:05Z")"));
    EXPECT_THAT(text_of("a"), HasSubstr("11111111-2222-4333-8444-555555555555"));
    // The resource version is the store's own.
    EXPECT_THAT(text_of("a"), testing::Not(HasSubstr(R"("resourceVersion":"77")")));
}

TEST_F(ImportTest, NamespacesBecomeObjects) {
    run({object("web", "a"), object("web", "b"), object("db", "a"), object("", "c")});
    EXPECT_EQ(count(model::Kind::kNamespace), 3U);  // web, db, default
    EXPECT_EQ(count(model::Kind::kSnapshot), 4U);
}

TEST_F(ImportTest, NamespacesCountForTheQuota) {
    imported_.uid = imported_.name = "a";
    imported_.project = "team";
    cluster::ClusterTable::Rows clusters;
    clusters.put("a", imported_);
    access::Project team{"team", "The team", {}, {}};
    const auto try_with = [&](uint64_t objects, bool dry_run) {
        team.quota.objects = objects;
        ImportOptions options;
        options.dry_run = dry_run;
        options.find_quota = [&] { return cluster::ObjectQuota::of(team, clusters); };
        Import import(imported_, options, *store_);
        for (const std::string& item : {object("web", "a"), object("web", "b"), object("db", "a")})
            import.add(item);
        return store_->write_and_wait(store::Priority::kBatch,
                                      Import::function(import.take_batch()));
    };
    for (const bool dry_run : {true, false}) {
        const auto refused = try_with(4, dry_run);
        ASSERT_FALSE(refused) << dry_run;
        EXPECT_EQ(refused.error().code, base::Code::kQuotaExceeded);
    }
    EXPECT_EQ(count(Kind::kNamespace) + count(Kind::kSnapshot), 0U);
    EXPECT_TRUE(try_with(5, true)) << "three objects and two namespaces";
    EXPECT_TRUE(try_with(5, false));
    EXPECT_EQ(count(Kind::kNamespace) + count(Kind::kSnapshot), 5U);
    EXPECT_TRUE(try_with(5, false)) << "all is there";
}

TEST_F(ImportTest, ADryRunIsRefusedForTheQuotaWhereTheImportIs) {
    imported_.uid = imported_.name = "a";
    imported_.project = "team";
    cluster::ClusterTable::Rows clusters;
    clusters.put("a", imported_);
    access::Project team{"team", "The team", {}, {}};
    std::vector<std::string> items;
    for (int i = 0; i < 600; ++i) items.push_back(object("web", fmt::format("s-{}", i)));
    items.push_back(object("web", "s-0", R"(,"labels":{"the same":"again"})"));
    const auto try_with = [&](uint64_t objects, bool dry_run) -> base::Result<void> {
        team.quota.objects = objects;
        ImportOptions options;
        options.dry_run = dry_run;
        options.find_quota = [&] { return cluster::ObjectQuota::of(team, clusters); };
        Import import(imported_, options, *store_);
        for (const std::string& item : items) import.add(item);
        while (import.has_batch()) {
            const auto batch = import.take_batch();
            SNAPGATE_TRY(store_->write_and_wait(store::Priority::kBatch, Import::function(batch)));
            import.absorb(*batch);
        }
        return {};
    };
    const auto refused = try_with(600, true);
    ASSERT_FALSE(refused) << "600 objects and a namespace, in three batches";
    EXPECT_EQ(refused.error().code, base::Code::kQuotaExceeded);
    EXPECT_EQ(count(Kind::kSnapshot), 0U);
    EXPECT_TRUE(try_with(601, true)) << "an object that comes again takes no more room";
    EXPECT_TRUE(try_with(601, false));
}

TEST_F(ImportTest, AQuotaThatIsSetMeanwhileHolds) {
    imported_.uid = imported_.name = "a";
    imported_.project = "team";
    cluster::ClusterTable::Rows clusters;
    clusters.put("a", imported_);
    access::Project team{"team", "The team", {}, {}};
    ImportOptions options;
    options.find_quota = [&] { return cluster::ObjectQuota::of(team, clusters); };
    Import import(imported_, options, *store_);
    import.add(object("web", "a"));
    commit(import, import.take_batch());
    team.quota.objects = 2;
    import.add(object("web", "b"));
    const auto refused =
        store_->write_and_wait(store::Priority::kBatch, Import::function(import.take_batch()));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, base::Code::kQuotaExceeded);
}

TEST_F(ImportTest, NamespacesThatAreMadeHaveLinesInTheAuditTrail) {
    ImportOptions options;
    options.audit = std::make_shared<audit::Action>();
    options.audit->verb = "import";
    run({object("web", "a"), object("web", "b"), object("db", "a")}, options);
    std::vector<std::string> lines;
    const auto stored = store_->read().audit_lines(0, 1 << 20);
    for (const store::AuditLine& line : *stored) lines.push_back(line.text);
    const auto made = [](std::string_view name) {
        return testing::AllOf(
            HasSubstr(R"("verb":"import")"),
            HasSubstr(fmt::format(R"("object":{{"kind":"Namespace","name":"{}")", name)),
            HasSubstr(R"("outcome":"done","change":"created")"));
    };
    EXPECT_THAT(lines,
                testing::ElementsAre(HasSubstr(R"("outcome":"began")"), made("web"), made("db")));
}

TEST_F(ImportTest, ConflictsGoAsAsked) {
    run({whole("a")});
    std::string changed = whole("a", R"(,"labels":{"x":"y"})");
    ImportReport skipped = run({changed}, {.on_conflict = OnConflict::kSkip, .prune = false});
    EXPECT_EQ(skipped.counts.skipped, 1U);
    ImportReport failed =
        run({changed, whole("b")}, {.on_conflict = OnConflict::kFail, .prune = false});
    ASSERT_EQ(failed.refused.size(), 1U);
    EXPECT_EQ(failed.refused[0].index, 0U);
    EXPECT_EQ(failed.refused[0].name, "web/a");
    EXPECT_EQ(failed.counts.created, 1U);
    ImportReport same = run({whole("a")}, {.on_conflict = OnConflict::kFail, .prune = false});
    EXPECT_EQ(same.counts.unchanged, 1U);
    ImportReport replaced = run({changed});
    EXPECT_EQ(replaced.counts.replaced, 1U);
    EXPECT_THAT(text_of("a"), HasSubstr(R"("labels":{"x":"y"})"));
}

TEST_F(ImportTest, BadObjectsAreRefusedByNumberAndName) {
    ImportReport report = run({whole("a"), "{}", object("web", "Bad_Name"), whole("b")});
    EXPECT_EQ(report.counts.created, 2U);
    ASSERT_EQ(report.refused.size(), 2U);
    EXPECT_EQ(report.refused[0].index, 1U);
    EXPECT_EQ(report.refused[1].index, 2U);
    EXPECT_THAT(report.refused[1].name, HasSubstr("Bad_Name"));
    EXPECT_FALSE(report.refused[1].message.empty());
}

TEST_F(ImportTest, TheListOfRefusedIsBounded) {
    std::vector<std::string> bad(kMaxRefused + 500, "{}");
    ImportReport report = run(bad);
    EXPECT_EQ(report.refused.size(), kMaxRefused);
    EXPECT_EQ(report.counts.refused, kMaxRefused + 500);
}

TEST_F(ImportTest, PruneRemovesWhatTheDumpNoLongerHas) {
    std::vector<std::string> dump;
    dump.reserve(700);
    for (int i = 0; i < 700; ++i) dump.push_back(whole(fmt::format("o-{:03}", i)));
    run(dump);
    dump.erase(dump.begin() + 10, dump.begin() + 400);
    ImportReport report = run(dump, {.on_conflict = OnConflict::kReplace, .prune = true});
    EXPECT_EQ(report.counts.pruned, 390U);
    EXPECT_EQ(report.counts.unchanged, 310U);
    EXPECT_EQ(count(model::Kind::kSnapshot), 310U);
    EXPECT_EQ(run({}, {.on_conflict = OnConflict::kReplace, .prune = true}).counts.pruned, 310U);
}

TEST_F(ImportTest, PruneSparesWhatWasWrittenMeanwhile) {
    run({whole("a"), whole("b")});
    Import import(imported_, {.on_conflict = OnConflict::kReplace, .prune = true}, *store_);
    run({whole("new")});
    import.add(whole("a"));
    commit(import, import.take_batch());
    auto step = import.next_prune();
    ASSERT_TRUE(step);
    ASSERT_NE(step->batch, nullptr);
    commit(import, step->batch);
    EXPECT_EQ(import.report().counts.pruned, 1U);
    EXPECT_EQ(text_of("b"), "");
    EXPECT_NE(text_of("new"), "");
}

TEST_F(ImportTest, PruneRemovesNothingWhenTheDumpCannotBeRead) {
    run({whole("a"), whole("b")});
    ImportReport report =
        run({whole("a"), "{}"}, {.on_conflict = OnConflict::kReplace, .prune = true});
    EXPECT_EQ(report.counts.pruned, 0U);
    EXPECT_THAT(prune_error_, HasSubstr("nothing was pruned"));
    EXPECT_EQ(count(model::Kind::kSnapshot), 2U);
}

constexpr const char* kManagers =
    R"(,"managedFields":[{"manager":"kubectl","operation":"Update","apiVersion":"x/v1",)"
    R"("time":"2026-01-02T03:04:05Z","fieldsType":"FieldsV1","fieldsV1":{"f:spec":{}}}])";

TEST_F(ImportTest, ManagedFieldsThatADumpHidesStay) {
    run({whole("a", kManagers), whole("b", kManagers)});
    const std::string before = text_of("a");
    ASSERT_THAT(before, HasSubstr("managedFields"));
    // Also where the server filled in the rest of what it hides.
    ImportReport again = run({whole("a"), object("web", "b")});
    EXPECT_EQ(again.counts.unchanged, 2U);
    EXPECT_EQ(text_of("a"), before);
    ImportReport changed = run({whole("a", R"(,"labels":{"x":"y"})")});
    EXPECT_EQ(changed.counts.replaced, 1U);
    EXPECT_THAT(text_of("a"), HasSubstr(R"("labels":{"x":"y"})"));
    EXPECT_THAT(text_of("a"), HasSubstr(R"("manager":"kubectl")"));
}

TEST_F(ImportTest, ADryRunCountsAndChangesNothing) {
    run({whole("a"), whole("b"), whole("gone")});
    const auto before = store_->read().head(cluster_).value()->revision;
    const std::string changed = whole("b", R"(,"labels":{"x":"y"})");
    for (OnConflict policy : {OnConflict::kReplace, OnConflict::kSkip, OnConflict::kFail}) {
        // Twice the same, once more otherwise: the second time as if the first had been stored.
        const std::vector<std::string> dump{whole("a"),
                                            changed,
                                            changed,
                                            object("new", "c"),
                                            object("new", "c"),
                                            whole("d"),
                                            whole("d", R"(,"labels":{"x":"y"})")};
        ImportOptions options{.on_conflict = policy, .prune = true, .dry_run = true};
        const ImportReport dry = run(dump, options);
        EXPECT_EQ(store_->read().head(cluster_).value()->revision, before);
        EXPECT_EQ(count(model::Kind::kNamespace), 1U);
        if (policy != OnConflict::kReplace) continue;
        EXPECT_EQ(dry.counts.created, 2U);
        EXPECT_EQ(dry.counts.replaced, 2U);
        EXPECT_EQ(dry.counts.unchanged, 3U);
        EXPECT_EQ(dry.counts.pruned, 1U);
        options.dry_run = false;
    }
    for (OnConflict policy : {OnConflict::kSkip, OnConflict::kFail, OnConflict::kReplace}) {
        const std::vector<std::string> dump{
            whole("a"), changed, changed, whole(fmt::format("new-{}", static_cast<int>(policy))),
            whole(fmt::format("new-{}", static_cast<int>(policy)), R"(,"labels":{"x":"y"})")};
        const ImportReport dry =
            run(dump, {.on_conflict = policy, .prune = false, .dry_run = true});
        const ImportReport real = run(dump, {.on_conflict = policy, .prune = false});
        EXPECT_EQ(dry.counts.created, real.counts.created);
        EXPECT_EQ(dry.counts.replaced, real.counts.replaced);
        EXPECT_EQ(dry.counts.unchanged, real.counts.unchanged);
        EXPECT_EQ(dry.counts.skipped, real.counts.skipped);
        EXPECT_EQ(dry.counts.refused, real.counts.refused);
    }
}

TEST_F(ImportTest, PruneSparesWhatWasWrittenSinceItWasCounted) {
    run({whole("a"), whole("b")});
    Import counted(imported_, {.prune = true, .dry_run = true}, *store_);
    run({whole("new")});
    const ImportReport report =
        run({whole("a")}, {.prune = true, .prune_as_of = counted.begun_at()});
    EXPECT_EQ(report.counts.pruned, 1U);
    EXPECT_EQ(text_of("b"), "");
    EXPECT_NE(text_of("new"), "");
}

TEST_F(ImportTest, WhatIsTooLargeIsRefusedByItsBeginning) {
    run({whole("a"), whole("b")});
    Import import(imported_, {.prune = true}, *store_);
    import.add(whole("a"));
    import.add_too_large(whole("big").substr(0, 200));
    commit(import, import.take_batch());
    ASSERT_EQ(import.report().refused.size(), 1U);
    EXPECT_EQ(import.report().refused[0].index, 1U);
    EXPECT_EQ(import.report().refused[0].name, "web/big");
    EXPECT_THAT(import.report().refused[0].message, HasSubstr("2 MiB"));
    EXPECT_FALSE(import.next_prune());
}

TEST_F(ImportTest, BatchesAreBounded) {
    Import import(imported_, {}, *store_);
    for (int i = 0; i < 600; ++i) import.add(whole(fmt::format("o-{:03}", i)));
    size_t batches = 0;
    while (import.has_batch()) {
        commit(import, import.take_batch());
        ++batches;
    }
    EXPECT_EQ(batches, 3U);
    EXPECT_EQ(import.report().counts.created, 600U);
}

TEST_F(ImportTest, ADeletedClusterEndsIt) {
    Import import(imported_, {}, *store_);
    import.add(whole("a"));
    ASSERT_TRUE(store_->write_and_wait(store::Priority::kRequest, [&](store::WriteTxn& txn) {
        return txn.delete_cluster(cluster_);
    }));
    auto done =
        store_->write_and_wait(store::Priority::kBatch, Import::function(import.take_batch()));
    EXPECT_EQ(done.error().code, base::Code::kNotFound);
}

std::string kept_item(std::string_view kind, const std::string& name, std::string_view rest = "") {
    const bool vm = kind == "VirtualMachine";
    return R"({"apiVersion":")" +
           std::string(vm ? "kubevirt.io/v1" : "snapshot.kubevirt.io/v1beta1") + R"(","kind":")" +
           std::string(kind) + R"(","metadata":{"name":")" + name +
           R"(","namespace":"web","uid":"u-)" + name + R"(","resourceVersion":"7"})" +
           std::string(rest) + "}";
}

TEST_F(ImportTest, TakesTheKindsOfAMixedList) {
    const std::vector<std::string> items{
        kept_item("VirtualMachine", "vm-1", R"(,"spec":{"template":{"secret":"hunter2"}})"),
        whole("s-1"), kept_item("VirtualMachineRestore", "r-1"),
        kept_item("VirtualMachineSnapshotContent", "c-1"), kept_item("VirtualMachine", "vm-2")};
    const ImportReport first = run(items);
    EXPECT_EQ(first.counts.created, 5U);
    EXPECT_EQ(first.counts.refused, 0U);
    EXPECT_EQ(names(Kind::kVirtualMachine), (std::vector<std::string>{"vm-1", "vm-2"}));
    EXPECT_EQ(names(Kind::kRestore), (std::vector<std::string>{"r-1"}));
    EXPECT_EQ(names(Kind::kContent), (std::vector<std::string>{"c-1"}));
    EXPECT_EQ(names(Kind::kSnapshot), (std::vector<std::string>{"s-1"}));
    // Again: nothing changes. What is not kept does not count.
    EXPECT_EQ(run(items).counts.unchanged, 5U);
    EXPECT_EQ(run({kept_item("VirtualMachine", "vm-1")}).counts.replaced, 1U);
    const ImportReport dry =
        run({kept_item("VirtualMachine", "vm-1", R"(,"spec":{"running":true})"),
             kept_item("VirtualMachine", "vm-3")},
            {.dry_run = true});
    EXPECT_EQ(dry.counts.replaced, 1U);
    EXPECT_EQ(dry.counts.created, 1U);
    EXPECT_EQ(names(Kind::kVirtualMachine).size(), 2U);
}

TEST_F(ImportTest, PrunesOnlyTheKindsThatTheDumpHolds) {
    const std::vector<std::string> all{whole("s-1"), kept_item("VirtualMachine", "vm-1"),
                                       kept_item("VirtualMachine", "vm-2"),
                                       kept_item("VirtualMachineRestore", "r-1")};
    ASSERT_EQ(run(all).counts.created, 4U);
    EXPECT_EQ(run({kept_item("VirtualMachine", "vm-2")}, {.prune = true}).counts.pruned, 1U);
    EXPECT_EQ(names(Kind::kVirtualMachine), (std::vector<std::string>{"vm-2"}));
    EXPECT_EQ(names(Kind::kSnapshot), (std::vector<std::string>{"s-1"}));
    EXPECT_EQ(names(Kind::kRestore), (std::vector<std::string>{"r-1"}));
    // Two kinds at once.
    ASSERT_EQ(run(all).counts.created, 1U);
    EXPECT_EQ(
        run({kept_item("VirtualMachine", "vm-1"), whole("s-2")}, {.prune = true}).counts.pruned,
        2U);
    EXPECT_EQ(names(Kind::kVirtualMachine), (std::vector<std::string>{"vm-1"}));
    EXPECT_EQ(names(Kind::kSnapshot), (std::vector<std::string>{"s-2"}));
    // An empty dump is one of snapshots.
    EXPECT_EQ(run({}, {.prune = true}).counts.pruned, 1U);
    EXPECT_EQ(names(Kind::kVirtualMachine), (std::vector<std::string>{"vm-1"}));
    EXPECT_EQ(names(Kind::kSnapshot), (std::vector<std::string>{}));
}

TEST_F(ImportTest, RefusesWhatCannotBeKept) {
    const ImportReport report = run({R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"}})",
                                     R"({"apiVersion":"kubevirt.io/v1","kind":"VirtualMachine",)"
                                     R"("metadata":{"name":"a","namespace":"web"}})"});
    ASSERT_EQ(report.refused.size(), 2U);
    EXPECT_NE(report.refused[0].message.find("kind must be VirtualMachineSnapshot"),
              std::string::npos);
    EXPECT_NE(report.refused[1].message.find("metadata.uid is missing"), std::string::npos);
}

}  // namespace
}  // namespace snapgate::objects
