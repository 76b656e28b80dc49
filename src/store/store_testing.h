#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock_testing.h"
#include "store/objects_testing.h"
#include "store/store.h"

namespace snapgate::store {

// A store in its own directory. The test sets the clock and asks for compaction.
class StoreFixture : public testing::Test {
  protected:
    static constexpr int64_t kHistoryMs = 60'000;

    void SetUp() override { open(); }

    StoreOptions options() const {
        StoreOptions options;
        options.directory = directory_.path();
        options.clock = &clock_;
        options.history = base::Millis(kHistoryMs);
        options.background_compaction = false;
        return options;
    }
    void open() { open(options()); }
    // Closes the store, and opens it again.
    void open(const StoreOptions& options) {
        store_.reset();
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

    // What a walk over the newest state adds up to.
    uint64_t bytes_of(ClusterNumber cluster, Kind kind = Kind::kSnapshot) {
        uint64_t bytes = 0;
        ReadView view = store_->read();
        auto scan = view.scan(cluster, kind, head(cluster));
        for (auto more = scan.seek("", ""); more && *more; more = scan.next())
            bytes += scan.found().object.text.size();
        return bytes;
    }

    TestDirectory directory_;
    base::TestClock clock_;
    std::unique_ptr<Store> store_;
};

}  // namespace snapgate::store
