#pragma once

#include <memory>
#include <stdexcept>

#include "base/clock_testing.h"
#include "base/temporary_folder_testing.h"
#include "store/store.h"

namespace snapgate::store {

// For tests: a store in a directory of its own, which goes with it.
class TemporaryStore {
  public:
    TemporaryStore() { open(); }
    TemporaryStore(const TemporaryStore&) = delete;
    TemporaryStore& operator=(const TemporaryStore&) = delete;

    Store& operator*() { return *store_; }
    Store* operator->() { return store_.get(); }
    void reopen() {
        store_.reset();
        open();
    }

    base::TestClock clock;

  private:
    void open() {
        StoreOptions options;
        options.directory = folder_.path();
        options.clock = &clock;
        options.map_bytes = 1ULL << 30;
        options.background_compaction = false;
        auto opened = Store::open(options);
        if (!opened) throw std::runtime_error(opened.error().message);
        store_ = std::move(*opened);
    }

    base::TemporaryFolder folder_;
    std::unique_ptr<Store> store_;
};

}  // namespace snapgate::store
