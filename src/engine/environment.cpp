#include "engine/environment.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <lmdb.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/file_descriptor.h"
#include "base/sync_folder.h"
#include "engine/data_file.h"
#include "engine/failure.h"

namespace snapgate::engine {
namespace {

using base::Code;
using base::Error;

// If less room than this is left, a failed write counts as a full disk: LMDB turns a short write
// into EIO.
constexpr uint64_t kFullBelowBytes = 16ULL << 20;

size_t thread_ordinal() {
    static std::atomic<size_t> next = 0;
    thread_local const size_t ordinal = next.fetch_add(1, std::memory_order_relaxed);
    return ordinal;
}

// How many bytes a file of that size may still grow by.
uint64_t room_to_grow(const std::filesystem::path& directory, uint64_t file_bytes) {
    uint64_t room = UINT64_MAX;
    struct statvfs disk = {};
    if (statvfs(directory.c_str(), &disk) == 0)
        room = static_cast<uint64_t>(disk.f_bavail) * disk.f_frsize;
    struct rlimit file = {};
    if (getrlimit(RLIMIT_FSIZE, &file) == 0 && file.rlim_cur != RLIM_INFINITY) {
        const uint64_t most = file.rlim_cur;
        room = std::min(room, most > file_bytes ? most - file_bytes : 0);
    }
    return room;
}

bool disk_is_full(const std::filesystem::path& directory, uint64_t file_bytes) {
    return room_to_grow(directory, file_bytes) < kFullBelowBytes;
}

// What a listing of LMDB's reader table tells.
struct Readers {
    uint64_t open = 0;
    uint64_t oldest = UINT64_MAX;  // number of the commit that it reads
};

// Called with a heading, and then with each slot: process, thread, and the commit that it reads or
// "-".
int count_reader(const char* text, void* context) {
    const std::string_view line(text);
    const size_t last = line.find_last_of(' ');
    if (last == std::string_view::npos) return 0;
    uint64_t commit = 0;
    const auto read = std::from_chars(line.data() + last + 1, line.data() + line.size(), commit);
    if (read.ec != std::errc()) return 0;
    auto& readers = *static_cast<Readers*>(context);
    ++readers.open;
    readers.oldest = std::min(readers.oldest, commit);
    return 0;
}

Error open_failure(int rc, const Options& options) {
    std::string where = options.directory.string();
    struct rlimit space = {};
    if (rc == ENOMEM && getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur != RLIM_INFINITY) {
        return {Code::kUnavailable,
                fmt::format("cannot reserve {} bytes of address space for the store in {}: this "
                            "process may use {} (RLIMIT_AS, `ulimit -v`); raise that limit",
                            options.map_bytes, where, space.rlim_cur)};
    }
    if (rc == ENOMEM) {
        return {Code::kUnavailable,
                fmt::format("cannot reserve {} bytes of address space for the store in {}: the "
                            "system gave no more (see vm.overcommit_memory and vm.max_map_count)",
                            options.map_bytes, where)};
    }
    if (rc == MDB_INVALID || rc == MDB_VERSION_MISMATCH || rc == MDB_CORRUPTED) {
        return {Code::kCorrupt,
                fmt::format("{} holds no store that can be read: {}", where, mdb_strerror(rc))};
    }
    if (base::means_disk_full(rc)) {
        return {Code::kStorageFull,
                fmt::format("cannot open the store in {}: the disk is full; make room", where)};
    }
    return {Code::kInternal,
            fmt::format("cannot open the store in {}: {}", where, mdb_strerror(rc))};
}

}  // namespace

bool means_damage(int rc) {
    return rc == MDB_CORRUPTED || rc == MDB_PAGE_NOTFOUND;
}

Error read_failure(int rc) {
    if (rc == MDB_BAD_VALSIZE)
        return {Code::kInvalidParameter, "a key of the store is at most 511 bytes and not empty"};
    return {means_damage(rc) ? Code::kCorrupt : Code::kInternal,
            fmt::format("cannot read from the store: {}", mdb_strerror(rc))};
}

base::Result<std::unique_ptr<Environment>> Environment::open(const Options& options) {
    const std::filesystem::path data_path = options.directory / "data.mdb";
    SNAPGATE_ASSIGN(const DataFile data_file, look_at_data_file(data_path));
    if (data_file != DataFile::kStore && !options.create) {
        return Error(Code::kNotFound,
                     fmt::format("{} {}", data_path.string(),
                                 data_file == DataFile::kEmpty ? "is empty" : "is not there"));
    }
    std::error_code made;
    if (!std::filesystem::exists(options.directory, made)) {
        std::filesystem::create_directories(options.directory, made);
        if (!made)
            std::filesystem::permissions(options.directory, std::filesystem::perms::owner_all,
                                         made);
    }
    if (made) {
        return Error(Code::kUnavailable, fmt::format("cannot make directory {} for the store: {}",
                                                     options.directory.string(), made.message()));
    }
    SNAPGATE_TRY(take_room(options.directory, options.max_readers, data_file));
    if (data_file == DataFile::kStore) SNAPGATE_TRY(settle_meta_pages(data_path));
    std::unique_ptr<Environment> environment(new Environment(options));
    int rc = mdb_env_create(&environment->env_);
    if (rc != MDB_SUCCESS) return open_failure(rc, options);
    MDB_env* env = environment->env_;
    rc = mdb_env_set_mapsize(env, options.map_bytes);
    if (rc == MDB_SUCCESS)
        rc = mdb_env_set_maxreaders(env, static_cast<unsigned>(options.max_readers));
    // Readers may move between threads (NOTLS). Without read-ahead, a page of a list that is not in
    // memory came in half the time: the system then reads 4 KiB for each access instead of the 128
    // KiB around it.
    if (rc == MDB_SUCCESS)
        rc = mdb_env_open(env, options.directory.c_str(), MDB_NOTLS | MDB_NORDAHEAD, 0600);
    if (rc == MDB_SUCCESS) rc = mdb_env_set_assert(env, exit_on_failed_assertion);
    if (rc == MDB_SUCCESS) environment->mapped_.emplace(data_path);
    // Slots of readers whose process died would keep old pages for ever.
    int dead = 0;
    if (rc == MDB_SUCCESS) rc = mdb_reader_check(env, &dead);
    if (rc != MDB_SUCCESS) {
        // The next start would take a file that was begun and not finished for a store that is cut
        // short.
        if (data_file != DataFile::kStore) static_cast<void>(::truncate(data_path.c_str(), 0));
        return open_failure(rc, options);
    }
    SNAPGATE_TRY(base::sync_folder(options.directory));
    SNAPGATE_TRY(base::sync_folder(options.directory.parent_path()));

    MDB_txn* txn = nullptr;
    rc = mdb_txn_begin(env, nullptr, MDB_RDONLY, &txn);
    if (rc != MDB_SUCCESS) return open_failure(rc, options);
    rc = mdb_dbi_open(txn, nullptr, 0, &environment->table_);
    MDB_stat stat = {};
    if (rc == MDB_SUCCESS) rc = mdb_env_stat(env, &stat);
    mdb_txn_abort(txn);
    if (rc != MDB_SUCCESS) return open_failure(rc, options);
    // LMDB maps its file at the beginning of a page of the system. Larger pages, of a file that
    // came from another machine, may begin anywhere.
    if (stat.ms_psize <= static_cast<uint64_t>(sysconf(_SC_PAGESIZE)))
        environment->page_bytes_ = stat.ms_psize;
    return environment;
}

Environment::~Environment() {
    for (Shard& shard : shards_) {
        base::MutexLock lock(shard.mutex);
        shard.idle.clear();
    }
    mapped_.reset();
    if (env_ != nullptr) mdb_env_close(env_);
    base::MutexLock lock(rescue_mutex_);
    if (rescue_ != nullptr) mdb_env_close(rescue_);
}

Error Environment::error(int rc, std::string_view what) const {
    std::string where = options_.directory.string();
    bool full = base::means_disk_full(rc) || (rc == EIO && disk_is_full(where, file_bytes()));
    if (full) {
        return {Code::kStorageFull,
                fmt::format("cannot {} to the store in {}: no room on disk, or the file may not "
                            "grow (`ulimit -f`); make room and try again",
                            what, where)};
    }
    if (rc == MDB_MAP_FULL || rc == MDB_TXN_FULL) {
        return {Code::kStorageFull,
                fmt::format("cannot {} to the store in {}: its {} bytes are used up ({})", what,
                            where, options_.map_bytes, mdb_strerror(rc))};
    }
    if (rc == MDB_PANIC) {
        return {
            Code::kUnavailable,
            "the store takes no more writes after its disk failed, and only serves reads: check "
            "the disk, then restart"};
    }
    if (rc == MDB_BAD_VALSIZE) return read_failure(rc);
    const bool corrupt = means_damage(rc);
    // Whoever listens for damage is told of a write that met it, too.
    if (corrupt && options_.damaged) static_cast<void>(options_.damaged({}, Fault::kPage));
    return {corrupt ? Code::kCorrupt : Code::kInternal,
            fmt::format("cannot {} to the store in {}: {}", what, where, mdb_strerror(rc))};
}

base::Result<MDB_env*> Environment::rescue() {
    base::MutexLock lock(rescue_mutex_);
    if (rescue_ != nullptr) return rescue_;
    MDB_env* env = nullptr;
    int rc = mdb_env_create(&env);
    // No writer will ever change the file again, so the lock file, which belongs to the first
    // mapping, is not needed. The map is as large as the file, not as the reserved address space.
    if (rc == MDB_SUCCESS) rc = mdb_env_set_mapsize(env, 1 << 20);
    if (rc == MDB_SUCCESS)
        rc = mdb_env_open(env, options_.directory.c_str(), MDB_RDONLY | MDB_NOLOCK | MDB_NOTLS,
                          0600);
    MDB_txn* txn = nullptr;
    unsigned table = 0;
    if (rc == MDB_SUCCESS) rc = mdb_txn_begin(env, nullptr, MDB_RDONLY, &txn);
    if (rc == MDB_SUCCESS) rc = mdb_dbi_open(txn, nullptr, 0, &table);
    if (txn != nullptr) mdb_txn_abort(txn);
    if (rc != MDB_SUCCESS) {
        if (env != nullptr) mdb_env_close(env);
        return open_failure(rc, options_);
    }
    rescue_ = env;
    return rescue_;
}

base::Result<std::unique_ptr<Reader>> Environment::new_reader() {
    auto reader = std::make_unique<Reader>();
    reader->env = env_;
    reader->table = table_;
    int rc = MDB_PANIC;
    if (!broken_.load(std::memory_order_acquire))
        rc = mdb_txn_begin(env_, nullptr, MDB_RDONLY, &reader->txn);
    if (rc == MDB_SUCCESS && overtaken(reader->txn)) {
        mdb_txn_reset(reader->txn);
        rc = renew(reader->txn);
        if (rc != MDB_SUCCESS) mdb_txn_abort(std::exchange(reader->txn, nullptr));
    }
    if (rc == MDB_PANIC) {
        broken_.store(true, std::memory_order_release);
        SNAPGATE_ASSIGN(reader->env, rescue());
        rc = mdb_txn_begin(reader->env, nullptr, MDB_RDONLY, &reader->txn);
    }
    if (rc == MDB_READERS_FULL) {
        reader->txn = nullptr;
        return Error(Code::kUnavailable, fmt::format("more than {} reads of the store at a time",
                                                     options_.max_readers));
    }
    if (rc != MDB_SUCCESS) {
        reader->txn = nullptr;
        return read_failure(rc);
    }
    return reader;
}

// LMDB uses two meta pages in turns. A reader may be held up after it noted the newest commit and
// before it copies that commit's meta page. Two commits later the page belongs to a commit that may
// not be published yet: this reader would read ahead, and the next one would go back in time. By
// then that commit has begun, and this function sees that.
bool Environment::overtaken(MDB_txn* txn) const {
    return committing_.load(std::memory_order_seq_cst) >= mdb_txn_id(txn) + 2;
}

int Environment::renew(MDB_txn* txn) const {
    int rc = mdb_txn_renew(txn);
    while (rc == MDB_SUCCESS && overtaken(txn)) {
        mdb_txn_reset(txn);
        rc = mdb_txn_renew(txn);
    }
    return rc;
}

std::unique_ptr<Reader> Environment::take_idle(size_t shard_index) {
    Shard& shard = shards_[shard_index % kShards];
    base::MutexLock lock(shard.mutex);
    if (shard.idle.empty()) return nullptr;
    auto reader = std::move(shard.idle.back());
    shard.idle.pop_back();
    return reader;
}

base::Result<ReadTransaction> Environment::read() {
    // The thread's own shard nearly always has a reader. When every slot of the reader table is
    // taken, the other shards may still have one.
    for (size_t step = 0; step <= kShards; ++step) {
        while (std::unique_ptr<Reader> reader = take_idle(thread_ordinal() + step)) {
            int rc = renew(reader->txn);
            if (rc == MDB_SUCCESS) return ReadTransaction(this, std::move(reader));
            if (rc != MDB_PANIC) return read_failure(rc);
            // This reader belongs to the mapping that LMDB refuses now: drop it.
        }
        base::Result<std::unique_ptr<Reader>> made = new_reader();
        if (made) return ReadTransaction(this, std::move(*made));
        if (made.error().code != Code::kUnavailable || step == kShards)
            return std::move(made).error();
    }
    return Error(Code::kInternal, "no read transaction");
}

void Environment::give_back(std::unique_ptr<Reader> reader) {
    mdb_txn_reset(reader->txn);
    Shard& shard = shards_[thread_ordinal() % kShards];
    base::MutexLock lock(shard.mutex);
    shard.idle.push_back(std::move(reader));
}

base::Result<WriteTransaction> Environment::write() {
    MDB_txn* txn = nullptr;
    int rc =
        broken_.load(std::memory_order_acquire) ? MDB_PANIC : mdb_txn_begin(env_, nullptr, 0, &txn);
    if (rc != MDB_SUCCESS) return error(rc, "write");
    return WriteTransaction(this, txn);
}

base::Result<void> Environment::copy_to(const std::filesystem::path& file) {
    int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        return Error(Code::kUnavailable, fmt::format("cannot make the copy {}: {}", file.string(),
                                                     std::strerror(errno)));
    }
    int rc = mdb_env_copyfd2(env_, fd, MDB_CP_COMPACT);
    if (rc == MDB_SUCCESS && fsync(fd) != 0) rc = errno;
    close(fd);
    if (rc != MDB_SUCCESS) return error(rc, "copy a backup");
    return {};
}

Usage Environment::usage() const {
    MDB_envinfo info = {};
    MDB_stat stat = {};
    mdb_env_info(env_, &info);
    mdb_env_stat(env_, &stat);
    const uint64_t pages = stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages;
    Readers readers;
    mdb_reader_list(env_, count_reader, &readers);
    const uint64_t newest = info.me_last_txnid;
    return {.file_bytes = (info.me_last_pgno + 1) * stat.ms_psize,
            .used_bytes = pages * stat.ms_psize,
            .map_bytes = info.me_mapsize,
            .rows = stat.ms_entries,
            .readers = readers.open,
            .most_readers = info.me_maxreaders,
            .held_commits = readers.oldest < newest ? newest - readers.oldest : 0};
}

uint64_t Environment::file_bytes() const {
    MDB_envinfo info = {};
    MDB_stat stat = {};
    mdb_env_info(env_, &info);
    mdb_env_stat(env_, &stat);
    return (info.me_last_pgno + 1) * stat.ms_psize;
}

uint64_t Environment::room() const {
    const uint64_t bytes = file_bytes();
    const uint64_t in_map = options_.map_bytes > bytes ? options_.map_bytes - bytes : 0;
    return std::min(in_map, room_to_grow(options_.directory, bytes));
}

base::Result<void> Environment::writable() const {
    if (broken_.load(std::memory_order_acquire)) return error(MDB_PANIC, "write");
    if (room() < kFullBelowBytes) return error(ENOSPC, "write");
    return {};
}

Error Environment::damaged(std::string_view key, Fault fault) const {
    if (options_.damaged) return options_.damaged(key, fault);
    return {Code::kCorrupt,
            fmt::format("{} of the store in {}",
                        fault == Fault::kChecksum ? "the checksum is wrong of a row"
                                                  : "rows may be missing on a damaged page",
                        options_.directory.string())};
}

}  // namespace snapgate::engine
