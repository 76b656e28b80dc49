#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/annotations.h"
#include "base/result.h"
#include "engine/transaction.h"

namespace snapgate::engine {

struct Options {
    std::filesystem::path directory;  // made with 0700 if it is not there
    uint64_t map_bytes = 256ULL << 30;
    size_t max_readers = 1024;
    bool create = true;  // false: kNotFound where there is no data file, or one without bytes
};

struct Usage {
    uint64_t file_bytes = 0;  // of the data file, pages that are free for reuse included
    uint64_t map_bytes = 0;
};

// One ordered table of keys (at most 511 bytes) and values in a directory, over LMDB. Reads never
// wait for writes. A commit is on disk when it returns.
//
// Concurrency: any number of threads read; one thread at a time writes. Transactions must be gone
// before the environment is. At most one environment of a directory may be open in a process, never
// across a fork, never on a network file system: the store's directory lock sees to the first.
// Limitations: a read transaction that stays open keeps old pages from being reused.
class Environment {
  public:
    // kCorrupt for a data file that is cut short or no store, kStorageFull without room to begin.
    static base::Result<std::unique_ptr<Environment>> open(const Options& options);
    ~Environment();
    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;

    // One consistent state of the table, about a microsecond.
    base::Result<ReadTransaction> read();
    // kUnavailable once a failed disk has left the file in a state that must not be written on;
    // reading goes on then.
    base::Result<WriteTransaction> write();
    // Copies the present state into a new file.
    base::Result<void> copy_to(const std::filesystem::path& file);
    Usage usage() const;

  private:
    friend class ReadTransaction;
    friend class WriteTransaction;

    struct alignas(64) Shard {
        base::Mutex mutex;
        std::vector<std::unique_ptr<Reader>> idle SNAPGATE_GUARDED_BY(mutex);
    };

    explicit Environment(Options options) : options_(std::move(options)) {}
    base::Result<std::unique_ptr<Reader>> new_reader();
    bool overtaken(MDB_txn* txn) const;
    int renew(MDB_txn* txn) const;
    void note_commit(size_t id) { committing_.store(id, std::memory_order_seq_cst); }
    std::unique_ptr<Reader> take_idle(size_t shard_index);
    void give_back(std::unique_ptr<Reader> reader);
    base::Result<MDB_env*> rescue();
    base::Error error(int rc, std::string_view what) const;

    static constexpr size_t kShards = 16;

    Options options_;
    MDB_env* env_ = nullptr;
    unsigned table_ = 0;
    // LMDB refuses reads, too, once its file could not be brought back to a known state. The last
    // commit is still whole, so it is served from a second, read-only mapping.
    std::atomic<bool> broken_ = false;
    // LMDB's number of the newest commit that was begun.
    std::atomic<size_t> committing_ = 0;
    base::Mutex rescue_mutex_;
    MDB_env* rescue_ SNAPGATE_GUARDED_BY(rescue_mutex_) = nullptr;
    // Read transactions are kept for reuse: a thread finds its own again without waiting for
    // others.
    std::array<Shard, kShards> shards_;
};

}  // namespace snapgate::engine
