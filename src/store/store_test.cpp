#include "store/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "store/store_testing.h"

namespace snapgate::store {
namespace {

using base::Code;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

using StoreTest = StoreFixture;

TEST_F(StoreTest, NewClusterHasAHeadAndNoObjects) {
    ClusterNumber cluster = make_cluster();
    ReadView view = store_->read();
    auto head = view.head(cluster);
    ASSERT_TRUE(head && *head);
    EXPECT_GT((*head)->revision, 0U);
    EXPECT_EQ((*head)->version, std::to_string((*head)->revision));
    EXPECT_EQ((*head)->since_ms, clock_.now_ms());
    EXPECT_EQ(view.count(cluster, Kind::kSnapshot), 0U);
    EXPECT_THAT(list(cluster, (*head)->revision), IsEmpty());
    EXPECT_EQ(view.head(cluster + 1)->has_value(), false);
}

TEST_F(StoreTest, AClusterTakesANumberThatWasGivenElsewhere) {
    const auto create = [this](ClusterNumber number) {
        return write([number](WriteTxn& txn) { return txn.create_cluster_as(number); });
    };
    ASSERT_TRUE(create(7));
    EXPECT_TRUE(*store_->read().head(7));
    EXPECT_FALSE(*store_->read().head(6));
    EXPECT_EQ(create(7).error().code, Code::kAlreadyExists);
    EXPECT_FALSE(create(0));
    EXPECT_EQ(make_cluster(), 8U) << "numbers go on behind it";
    ASSERT_TRUE(create(6)) << "a number that was left out";
    ASSERT_TRUE(write([](WriteTxn& txn) { return txn.delete_cluster(7); }));
    EXPECT_EQ(create(7).error().code, Code::kAlreadyExists) << "it is still being removed";
}

TEST_F(StoreTest, PutGetUpdateErase) {
    ClusterNumber cluster = make_cluster();
    Revision first = put(cluster, "web", "a", "vm-1", "one");
    Revision second = put(cluster, "web", "a", "vm-1", "two");
    EXPECT_TRUE(erase(cluster, "web", "a"));
    EXPECT_FALSE(erase(cluster, "web", "a"));
    EXPECT_FALSE(erase(cluster, "web", "b"));

    ReadView view = store_->read();
    auto at_first = view.get(cluster, Kind::kSnapshot, "web", "a", first);
    ASSERT_TRUE(at_first && *at_first);
    EXPECT_EQ((*at_first)->revision, first);
    EXPECT_EQ((*at_first)->object.version, std::to_string(first));
    EXPECT_THAT((*at_first)->object.text, HasSubstr("one"));
    auto at_second = view.get(cluster, Kind::kSnapshot, "web", "a", second);
    ASSERT_TRUE(at_second && *at_second);
    EXPECT_THAT((*at_second)->object.text, HasSubstr("two"));
    EXPECT_FALSE(view.get(cluster, Kind::kSnapshot, "web", "a", second + 1)->has_value());
    EXPECT_FALSE(view.get(cluster, Kind::kSnapshot, "web", "a", first - 1)->has_value());
    EXPECT_FALSE(view.get(cluster, Kind::kSnapshot, "web", "aa", second)->has_value());
    EXPECT_FALSE(
        view.get(cluster, Kind::kSnapshot, std::string(1000, 'x'), "a", second)->has_value());
}

TEST_F(StoreTest, ScansInOrderOfNamespaceThenName) {
    ClusterNumber cluster = make_cluster();
    ClusterNumber other = make_cluster();
    for (const char* place : {"b/x", "a/y", "a/x", "a-b/a", "a/x-1", "a/x.1", "b/a"}) {
        std::string_view text = place;
        size_t slash = text.find('/');
        put(cluster, text.substr(0, slash), text.substr(slash + 1));
        put(other, text.substr(0, slash), text.substr(slash + 1));
    }
    EXPECT_THAT(list(cluster, head(cluster)),
                ElementsAre("a/x", "a/x-1", "a/x.1", "a/y", "a-b/a", "b/a", "b/x"));
    ReadView view = store_->read();
    auto scan = [&] { return view.scan(cluster, Kind::kSnapshot, head(cluster)); };
    EXPECT_THAT(drain(scan(), "a-b"), ElementsAre("a-b/a", "b/a", "b/x"));
    EXPECT_THAT(drain(scan(), "a", "x-1"),
                ElementsAre("a/x-1", "a/x.1", "a/y", "a-b/a", "b/a", "b/x"));
    EXPECT_THAT(drain(scan(), "c"), IsEmpty());
    EXPECT_THAT(list_vm(cluster, "vm", head(cluster)),
                ElementsAre("a/x", "a/x-1", "a/x.1", "a/y", "a-b/a", "b/a", "b/x"));
    EXPECT_THAT(drain(view.scan_vm(cluster, "vm", head(cluster)), "a", "y"),
                ElementsAre("a/y", "a-b/a", "b/a", "b/x"));
    EXPECT_THAT(list_vm(cluster, "v", head(cluster)), IsEmpty());
    EXPECT_EQ(view.count(cluster, Kind::kSnapshot), 7U);
    EXPECT_EQ(view.count(cluster, Kind::kSnapshot, "a"), 4U);
    EXPECT_EQ(view.count(cluster, Kind::kSnapshot, "nowhere"), 0U);
}

TEST_F(StoreTest, AReadSeesEachNameAsItWasAtItsRevision) {
    ClusterNumber cluster = make_cluster();
    put(cluster, "ns", "a", "vm-1", "1");
    Revision one = put(cluster, "ns", "b", "vm-1", "1");
    put(cluster, "ns", "a", "vm-2", "2");
    erase(cluster, "ns", "b");
    Revision two = put(cluster, "ns", "c", "vm-1", "1");
    EXPECT_THAT(list(cluster, one), ElementsAre("ns/a", "ns/b"));
    EXPECT_THAT(list(cluster, two), ElementsAre("ns/a", "ns/c"));
    EXPECT_THAT(list_vm(cluster, "vm-1", one), ElementsAre("ns/a", "ns/b"));
    EXPECT_THAT(list_vm(cluster, "vm-1", two), ElementsAre("ns/c"));
    EXPECT_THAT(list_vm(cluster, "vm-2", one), IsEmpty());
    EXPECT_THAT(list_vm(cluster, "vm-2", two), ElementsAre("ns/a"));
}

TEST_F(StoreTest, KindsAreApart) {
    ClusterNumber cluster = make_cluster();
    put(cluster, "ns", "a");
    must([&](WriteTxn& txn) -> base::Result<void> {
        SNAPGATE_TRY(txn.put(cluster, Kind::kNamespace, make_object("", "ns", "")));
        return {};
    });
    ReadView view = store_->read();
    EXPECT_THAT(list(cluster, head(cluster)), ElementsAre("ns/a"));
    EXPECT_THAT(drain(view.scan(cluster, Kind::kNamespace, head(cluster))), ElementsAre("/ns"));
    EXPECT_EQ(view.count(cluster, Kind::kNamespace), 1U);
    EXPECT_EQ(view.count(cluster, Kind::kNamespace, ""), 1U);
}

TEST_F(StoreTest, AViewIsOneStateWhateverIsWritten) {
    ClusterNumber cluster = make_cluster();
    put(cluster, "ns", "a");
    ReadView view = store_->read();
    Revision before = (*view.head(cluster))->revision;
    put(cluster, "ns", "b");
    EXPECT_EQ((*view.head(cluster))->revision, before);
    EXPECT_EQ(view.count(cluster, Kind::kSnapshot), 1U);
    EXPECT_GT(head(cluster), before);
}

TEST_F(StoreTest, AWriteInOneClusterChangesNothingAboutAnother) {
    ClusterNumber one = make_cluster();
    ClusterNumber two = make_cluster();
    Revision before = head(one);
    put(two, "ns", "a");
    EXPECT_EQ(head(one), before);
    EXPECT_EQ(store_->read().replaced_ms(one, before)->has_value(), false);
}

TEST_F(StoreTest, AnyRevisionUpToTheHeadIsAState) {
    ClusterNumber cluster = make_cluster();
    Revision made = head(cluster);
    clock_.advance(1000);
    Revision inner = 0;
    must([&](WriteTxn& txn) -> base::Result<void> {
        SNAPGATE_ASSIGN(inner, txn.put(cluster, Kind::kSnapshot, make_object("ns", "a", "vm")));
        SNAPGATE_TRY(txn.put(cluster, Kind::kSnapshot, make_object("ns", "b", "vm")));
        return {};
    });
    const int64_t committed = clock_.now_ms();
    clock_.advance(1000);
    put(cluster, "ns", "c");
    const int64_t replaced = clock_.now_ms();
    ReadView view = store_->read();
    EXPECT_EQ(view.replaced_ms(cluster, made), committed);
    EXPECT_EQ(view.replaced_ms(cluster, inner), committed);
    EXPECT_EQ(list(cluster, inner), std::vector<std::string>{"ns/a"});
    EXPECT_EQ(view.replaced_ms(cluster, inner + 1), replaced);
    EXPECT_EQ(view.replaced_ms(cluster, head(cluster))->has_value(), false);
    EXPECT_EQ(view.replaced_ms(cluster, head(cluster) + 1).error().code, Code::kFutureVersion);
    EXPECT_EQ(view.replaced_ms(cluster, UINT64_MAX).error().code, Code::kFutureVersion);
    for (Revision before : {made - 1, Revision(0)})
        EXPECT_EQ(view.replaced_ms(cluster, before).error().code, Code::kExpired) << before;
    EXPECT_EQ(view.replaced_ms(cluster + 1, made).error().code, Code::kExpired);
}

TEST_F(StoreTest, ListVersionsOfAMirror) {
    ClusterNumber cluster = make_cluster();
    Revision made = head(cluster);
    auto set = [&](const char* version) {
        must([&](WriteTxn& txn) { return txn.set_list_version(cluster, version); });
        return head(cluster);
    };
    Revision first = set("v1");
    EXPECT_GT(first, made);
    EXPECT_EQ((*store_->read().head(cluster))->version, "v1");
    EXPECT_EQ(set("v1"), first) << "the same version is the same head";
    put(cluster, "ns", "a");
    EXPECT_EQ((*store_->read().head(cluster))->version, "v1") << "kept until the next is set";
    Revision second = set("v2");
    ReadView view = store_->read();
    EXPECT_EQ(view.revision_of(cluster, "v1"), first);
    EXPECT_EQ(view.revision_of(cluster, "v2"), second);
    EXPECT_EQ(view.revision_of(cluster, std::to_string(made))->has_value(), false)
        << "a mirror's versions are the cluster's alone";
    for (const char* none : {"v3", "", "0", "007", "99999999999999999999999"})
        EXPECT_EQ(view.revision_of(cluster, none)->has_value(), false) << none;
    EXPECT_EQ(view.revision_of(cluster, std::to_string(second))->has_value(), false);
}

TEST_F(StoreTest, EachListVersionOfACommitHasItsRevision) {
    ClusterNumber cluster = make_cluster();
    must([&](WriteTxn& txn) { return txn.set_list_version(cluster, "v0"); });
    Revision a = 0;
    Revision c = 0;
    must([&](WriteTxn& txn) -> base::Result<void> {
        SNAPGATE_ASSIGN(a, txn.put(cluster, Kind::kSnapshot, make_object("ns", "a", "vm")));
        SNAPGATE_TRY(txn.set_list_version(cluster, "v1"));
        SNAPGATE_TRY(txn.set_list_version(cluster, "v2"));
        SNAPGATE_TRY(txn.erase(cluster, Kind::kSnapshot, "ns", "a"));
        SNAPGATE_ASSIGN(c, txn.put(cluster, Kind::kSnapshot, make_object("ns", "c", "vm")));
        return txn.set_list_version(cluster, "v3");
    });
    ReadView view = store_->read();
    EXPECT_EQ(view.revision_of(cluster, "v1"), a);
    EXPECT_EQ(view.revision_of(cluster, "v2"), a + 1);
    EXPECT_EQ(view.revision_of(cluster, "v3"), c);
    EXPECT_EQ(c, a + 3);
    EXPECT_EQ(list(cluster, a), std::vector<std::string>{"ns/a"});
    EXPECT_EQ(list(cluster, c), std::vector<std::string>{"ns/c"});
    EXPECT_EQ(view.version_at(cluster, a - 1), "v0");
    EXPECT_EQ(view.visible_version(cluster, a), "v1");
    EXPECT_EQ(view.version_at(cluster, a + 2), "v2");
    EXPECT_EQ(view.visible_version(cluster, a + 2), "v3");
    EXPECT_EQ(head(cluster), c);
    EXPECT_EQ(write([&](WriteTxn& txn) { return txn.set_list_version(cluster, ""); }).error().code,
              Code::kInvalid);
}

TEST_F(StoreTest, AnObjectKeepsAVersionOfItsOwn) {
    ClusterNumber cluster = make_cluster();
    must([&](WriteTxn& txn) -> base::Result<void> {
        SNAPGATE_TRY(txn.put(cluster, Kind::kSnapshot, make_object("ns", "a", "vm"), "4711"));
        return {};
    });
    auto view = store_->read();
    auto found = view.get(cluster, Kind::kSnapshot, "ns", "a", head(cluster));
    ASSERT_TRUE(found && *found);
    EXPECT_EQ((*found)->object.version, "4711");
    EXPECT_THAT((*found)->object.text, HasSubstr(R"("resourceVersion":"4711")"));
}

TEST_F(StoreTest, LogHasEveryChangeInOrder) {
    ClusterNumber cluster = make_cluster();
    Revision start = head(cluster);
    Revision a = put(cluster, "ns", "a");
    Revision b = put(cluster, "ns", "b");
    Revision a2 = put(cluster, "ns", "a");
    erase(cluster, "ns", "a");
    put(cluster, "ns", "a");
    ReadView view = store_->read();
    auto log = view.log(cluster, start, UINT64_MAX, 100);
    ASSERT_TRUE(log);
    ASSERT_THAT(*log, SizeIs(5));
    using Op = LogEntry::Op;
    EXPECT_EQ((*log)[0].revision, a);
    EXPECT_EQ((*log)[0].op, Op::kCreated);
    EXPECT_EQ((*log)[0].previous, 0U);
    EXPECT_EQ((*log)[0].key, (model::ObjectKey{"ns", "a"}));
    EXPECT_EQ((*log)[2].op, Op::kUpdated);
    EXPECT_EQ((*log)[2].previous, a);
    EXPECT_EQ((*log)[3].op, Op::kDeleted);
    EXPECT_EQ((*log)[3].previous, a2);
    EXPECT_EQ((*log)[4].op, Op::kCreated);
    EXPECT_EQ((*log)[4].previous, 0U);
    EXPECT_THAT(*view.log(cluster, a, b, 100), SizeIs(1));
    EXPECT_THAT(*view.log(cluster, start, UINT64_MAX, 2), SizeIs(2));
    EXPECT_THAT(*view.log(cluster, (*log)[4].revision, UINT64_MAX, 2), IsEmpty());
    EXPECT_EQ(view.log(cluster + 1, start, UINT64_MAX, 2).error().code, Code::kExpired);
}

TEST_F(StoreTest, ScanGivesUpWithinItsBudgetAndGoesOn) {
    ClusterNumber cluster = make_cluster();
    for (int i = 0; i < 300; ++i) put(cluster, "ns", "a" + std::to_string(1000 + i));
    for (int i = 0; i < 300; ++i) erase(cluster, "ns", "a" + std::to_string(1000 + i));
    put(cluster, "ns", "z", "other");
    Revision at = head(cluster);
    for (bool by_vm : {false, true}) {
        ReadView view = store_->read();
        model::ObjectKey from;
        std::vector<std::string> found;
        int rounds = 0;
        for (; rounds < 1000; ++rounds) {
            ReadView::Scan scan = by_vm ? view.scan_vm(cluster, "vm", at, 20)
                                        : view.scan(cluster, Kind::kSnapshot, at, 20);
            auto more = scan.seek(from.ns, from.name);
            ASSERT_TRUE(more);
            if (*more) found.emplace_back(scan.found().name);
            if (!scan.exhausted()) break;
            EXPECT_LT(from, scan.resume_key());
            from = scan.resume_key();
        }
        EXPECT_GT(rounds, 10);
        EXPECT_LT(rounds, 100);
        if (!by_vm) EXPECT_THAT(found, ElementsAre("z"));
        if (by_vm) EXPECT_THAT(found, IsEmpty());
    }
}

TEST_F(StoreTest, ScanGetsPastAnObjectOfManyVersions) {
    ClusterNumber cluster = make_cluster();
    Revision first = put(cluster, "ns", "a", "vm", "first");
    put(cluster, "ns", "b", "vm");
    must([&](WriteTxn& txn) -> base::Result<void> {
        for (int i = 0; i < 10'000; ++i)
            SNAPGATE_TRY(txn.put(cluster, Kind::kSnapshot, make_object("ns", "a", "vm")));
        return {};
    });
    for (Revision at : {first + 1, head(cluster)}) {
        ReadView view = store_->read();
        ReadView::Scan scan = view.scan(cluster, Kind::kSnapshot, at, 40);
        auto more = scan.seek("", "");
        ASSERT_TRUE(more && *more);
        EXPECT_EQ(scan.found().name, "a");
        more = scan.next();
        ASSERT_TRUE(more && *more) << scan.exhausted();
        EXPECT_EQ(scan.found().name, "b");
        EXPECT_EQ(scan.next(), false);
        EXPECT_FALSE(scan.exhausted());
    }
}

TEST_F(StoreTest, PlacesThatFitNoKeyAreRefused) {
    ClusterNumber cluster = make_cluster();
    ReadView view = store_->read();
    ReadView::Scan scan = view.scan(cluster, Kind::kSnapshot, head(cluster));
    EXPECT_EQ(scan.seek(std::string(1000, 'x'), "").error().code, Code::kInvalidParameter);
    EXPECT_EQ(scan.seek(std::string_view("a\0b", 3), "").error().code, Code::kInvalidParameter);
    for (const std::string& name : {std::string(), std::string(300, 'x'), std::string("a\0b", 3)}) {
        auto done = write([&](WriteTxn& txn) -> base::Result<void> {
            SNAPGATE_TRY(txn.put(cluster, Kind::kSnapshot, make_object("ns", name, "vm")));
            return {};
        });
        EXPECT_EQ(done.error().code, Code::kInvalid);
    }
}

TEST_F(StoreTest, RecordsLiveBesideTheObjects) {
    must([](WriteTxn& txn) -> base::Result<void> {
        SNAPGATE_TRY(txn.put_record(RecordType::kProject, "b", "two"));
        SNAPGATE_TRY(txn.put_record(RecordType::kProject, "a", "one"));
        SNAPGATE_TRY(txn.put_record(RecordType::kKey, "a", "key"));
        SNAPGATE_ASSIGN(auto own, txn.record(RecordType::kProject, "a"));
        EXPECT_EQ(own, "one");
        SNAPGATE_ASSIGN(auto all, txn.records(RecordType::kProject));
        EXPECT_THAT(all, ElementsAre(Pair("a", "one"), Pair("b", "two")));
        return {};
    });
    {
        ReadView view = store_->read();
        EXPECT_EQ(view.record(RecordType::kProject, "a"), "one");
        EXPECT_EQ(view.record(RecordType::kCluster, "a")->has_value(), false);
        EXPECT_THAT(*view.records(RecordType::kKey), ElementsAre(Pair("a", "key")));
        EXPECT_THAT(*view.records(RecordType::kCluster), IsEmpty());
    }
    must([](WriteTxn& txn) { return txn.erase_record(RecordType::kProject, "a"); });
    EXPECT_THAT(*store_->read().records(RecordType::kProject), ElementsAre(Pair("b", "two")));
    auto refused =
        write([](WriteTxn& txn) { return txn.put_record(RecordType::kProject, "", "x"); });
    EXPECT_EQ(refused.error().code, Code::kInvalid);
}

TEST_F(StoreTest, EverythingIsThereAfterOpeningAgain) {
    ClusterNumber cluster = make_cluster();
    Revision old = put(cluster, "ns", "a", "vm", "one");
    put(cluster, "ns", "a", "vm", "two");
    std::string id = store_->id();
    EXPECT_THAT(id, SizeIs(16));
    Revision newest = store_->statistics().revision;
    open();
    EXPECT_EQ(store_->id(), id);
    EXPECT_EQ(store_->statistics().revision, newest);
    auto view = store_->read();
    EXPECT_THAT((*view.get(cluster, Kind::kSnapshot, "ns", "a", old))->object.text,
                HasSubstr("one"));
    EXPECT_GT(put(cluster, "ns", "b"), newest);
    EXPECT_GT(make_cluster(), cluster);
}

TEST_F(StoreTest, ADirectoryBelongsToOneStoreAtATime) {
    auto second = Store::open(options());
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Code::kUnavailable);
    EXPECT_THAT(second.error().message, HasSubstr(directory_.path().string()));
    auto mode = std::filesystem::status(directory_.path()).permissions();
    EXPECT_EQ(mode, std::filesystem::perms::owner_all);
}

}  // namespace
}  // namespace snapgate::store
