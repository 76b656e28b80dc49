#pragma once

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

#include "base/clock_testing.h"
#include "store/store.h"

namespace snapgate::store {

// For tests: a store in a directory of its own, which goes with it.
class TemporaryStore {
  public:
    TemporaryStore() {
        std::string pattern = (std::filesystem::temp_directory_path() / "store-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
        directory_ = pattern;
        open();
    }
    ~TemporaryStore() {
        store_.reset();
        std::filesystem::remove_all(directory_);
    }
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
        options.directory = directory_;
        options.clock = &clock;
        options.map_bytes = 1ULL << 30;
        options.background_compaction = false;
        auto opened = Store::open(options);
        if (!opened) throw std::runtime_error(opened.error().message);
        store_ = std::move(*opened);
    }

    std::filesystem::path directory_;
    std::unique_ptr<Store> store_;
};

}  // namespace snapgate::store
