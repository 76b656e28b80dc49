#include "store/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "store/test_objects.h"

namespace snapgate::store {
namespace {

using base::Code;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Optional;
using testing::SizeIs;

class StoreTest : public testing::Test {
  protected:
    void SetUp() override { open(); }

    void open() {
        store_.reset();
        StoreOptions options;
        options.directory = directory_.path();
        options.clock = &clock_;
        options.background_compaction = false;
        auto opened = Store::open(options);
        ASSERT_TRUE(opened) << opened.error().message;
        store_ = std::move(*opened);
    }

    base::Result<void> write(WriteFunction function) {
        return store_->write_and_wait(Priority::kRequest, std::move(function));
    }
    void must(WriteFunction function) {
        auto done = write(std::move(function));
        ASSERT_TRUE(done) << done.error().message;
    }

    ClusterNumber make_cluster() {
        ClusterNumber cluster = 0;
        must([&](WriteTxn& txn) -> base::Result<void> {
            SNAPGATE_ASSIGN(cluster, txn.create_cluster());
            return {};
        });
        return cluster;
    }

    Revision put(ClusterNumber cluster, std::string_view ns, std::string_view name,
                 std::string_view vm = "vm", std::string_view filler = {}) {
        Revision revision = 0;
        must([&](WriteTxn& txn) -> base::Result<void> {
            SNAPGATE_ASSIGN(revision,
                            txn.put(cluster, Kind::kSnapshot, make_object(ns, name, vm, filler)));
            return {};
        });
        return revision;
    }

    bool erase(ClusterNumber cluster, std::string_view ns, std::string_view name) {
        bool erased = false;
        must([&](WriteTxn& txn) -> base::Result<void> {
            SNAPGATE_ASSIGN(erased, txn.erase(cluster, Kind::kSnapshot, ns, name));
            return {};
        });
        return erased;
    }

    Revision head(ClusterNumber cluster) {
        auto head = store_->read().head(cluster);
        return head && *head ? (*head)->revision : 0;
    }

    static std::vector<std::string> drain(ReadView::Scan scan, std::string_view ns = "",
                                          std::string_view name = "") {
        std::vector<std::string> names;
        auto more = scan.seek(ns, name);
        while (more && *more) {
            names.push_back(std::string(scan.found().ns) + "/" + std::string(scan.found().name));
            more = scan.next();
        }
        EXPECT_TRUE(more) << more.error().message;
        return names;
    }
    std::vector<std::string> list(ClusterNumber cluster, Revision at) {
        ReadView view = store_->read();
        return drain(view.scan(cluster, Kind::kSnapshot, at));
    }
    std::vector<std::string> list_vm(ClusterNumber cluster, std::string_view vm, Revision at) {
        ReadView view = store_->read();
        return drain(view.scan_vm(cluster, vm, at));
    }

    TestDirectory directory_;
    TestClock clock_;
    std::unique_ptr<Store> store_;
};

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

}  // namespace
}  // namespace snapgate::store
