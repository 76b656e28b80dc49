#pragma once

#include <filesystem>
#include <memory>
#include <stdexcept>

#include "base/clock_testing.h"
#include "base/temporary_folder_testing.h"
#include "store/store.h"

namespace snapgate::store {

// For tests: the options of a store that is small, and compacted when the test asks for it.
inline StoreOptions small_options(const std::filesystem::path& directory,
                                  const base::Clock& clock = base::system_clock()) {
    StoreOptions options;
    options.directory = directory;
    options.clock = &clock;
    options.map_bytes = 1ULL << 30;
    options.background_compaction = false;
    return options;
}

// For tests: opens a store, or throws why that fails.
inline std::unique_ptr<Store> open_or_throw(const StoreOptions& options) {
    auto opened = Store::open(options);
    if (!opened) throw std::runtime_error(opened.error().message);
    return std::move(*opened);
}

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
    void open() { store_ = open_or_throw(small_options(folder_.path(), clock)); }

    base::TemporaryFolder folder_;
    std::unique_ptr<Store> store_;
};

}  // namespace snapgate::store
