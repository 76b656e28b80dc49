#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/annotations.h"
#include "base/result.h"
#include "engine/map_fault.h"
#include "engine/transaction.h"

namespace snapgate::engine {

// What a reader found.
enum class Fault : uint8_t {
    kChecksum,  // a row does not have its checksum
    kPage,      // a page is damaged on which a row is or would be, so that rows may be missing
};

struct Options {
    std::filesystem::path directory;  // made with mode 0700 if it does not exist
    uint64_t map_bytes = 256ULL << 30;
    size_t max_readers = 1024;
    bool create = true;  // false: kNotFound if there is no data file, or an empty one
    // Makes the error (kCorrupt) for a row that was read and is damaged, or for the key that was
    // sought on a damaged page. Any thread; must be short.
    // NOLINTNEXTLINE(readability-redundant-member-init): without it, Options{...} warns.
    std::function<base::Error(std::string_view key, Fault fault)> damaged = {};
};

struct Usage {
    uint64_t file_bytes = 0;  // of the data file, including pages that are free for reuse
    uint64_t used_bytes = 0;  // of the pages that hold the table
    uint64_t map_bytes = 0;
    uint64_t rows = 0;
    uint64_t readers = 0;  // read transactions that are open now, also of other processes
    uint64_t most_readers = 0;
    // How many commits there were since the oldest of them began: the pages that these freed are
    // not used again until it ends.
    uint64_t held_commits = 0;
};

// One ordered table of keys (at most 511 bytes) and values in a directory, over LMDB. Reads never
// wait for writes. A commit is on disk when it returns. Each value is stored with a checksum of
// itself and its key, which is verified whenever the value is read.
//
// Concurrency: any number of threads read; one thread at a time writes. Transactions must be
// destroyed before the environment. At most one environment of a directory may be open in a process
// (the store's directory lock takes care of that), never across a fork, and never on a network file
// system. Limitations: a read transaction that stays open keeps old pages from being reused.
class Environment {
  public:
    // kCorrupt for a data file that is cut short or not a store, kStorageFull if there is no room
    // to begin.
    static base::Result<std::unique_ptr<Environment>> open(const Options& options);
    ~Environment();
    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;

    // Begins to read one consistent state of the table; takes about a microsecond.
    base::Result<ReadTransaction> read();
    // kUnavailable after a failed disk has left the file in a state that must not be written to;
    // reading still works.
    base::Result<WriteTransaction> write();
    // Copies the present state into a new file, without free pages.
    base::Result<void> copy_to(const std::filesystem::path& file);
    Usage usage() const;
    // How many bytes the data file may still grow by: what is left of the disk, of the process'
    // largest file (RLIMIT_FSIZE) and of the map.
    uint64_t room() const;
    // Nothing, or why no write can succeed now: kStorageFull where a full disk would fail it,
    // kUnavailable as write().
    base::Result<void> writable() const;
    // The error for damage, in the words of Options::damaged.
    base::Error damaged(std::string_view key, Fault fault) const;

  private:
    friend class Cursor;
    friend class ReadTransaction;
    friend class WriteTransaction;

    struct alignas(64) Shard {
        base::Mutex mutex;
        std::vector<std::unique_ptr<Reader>> idle SNAPGATE_GUARDED_BY(mutex);
    };

    explicit Environment(Options options) : options_(std::move(options)) {}
    base::Result<std::unique_ptr<Reader>> new_reader();
    uint64_t file_bytes() const;
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
    std::optional<MappedFile> mapped_;  // while env_ is open
    unsigned table_ = 0;
    size_t page_bytes_ = 0;  // 0: it is not known where pages begin in memory
    // If LMDB could not bring its file back to a known state, it refuses reads, too. The last
    // commit is still complete, so a second, read-only mapping serves it.
    std::atomic<bool> broken_ = false;
    // LMDB's number of the newest commit that has begun.
    std::atomic<size_t> committing_ = 0;
    base::Mutex rescue_mutex_;
    MDB_env* rescue_ SNAPGATE_GUARDED_BY(rescue_mutex_) = nullptr;
    // Read transactions are kept for reuse: a thread finds its own again without waiting for other
    // threads.
    std::array<Shard, kShards> shards_;
};

}  // namespace snapgate::engine
