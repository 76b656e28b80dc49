#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <vector>

namespace snapgate::store {

// A disk under one file, for tests. The program's own pwrite, writev, pread, fdatasync and fsync
// stand in front of those of the C library, and LMDB is bound to them.
//
// The file itself plays the system's page cache: it is what this process reads. The disk holds what
// a flush, or a write to a file opened with O_DSYNC, has brought there. What was written since is
// pending. A power cut leaves of it any sectors, in any order, and of a sector that was written
// several times any version: so pages can be torn. Sectors of 512 bytes are whole.
//
// Calls can be made to fail, with what Linux leaves behind: a write that fails may have put its
// first pages into the cache; after a flush that fails, any sectors may have reached the disk, and
// the others never will, though the cache shows them.
//
// Concurrency: any thread. There is one such disk in a process at a time.
class SimulatedDisk {
  public:
    static constexpr size_t kSectorBytes = 512;
    static constexpr size_t kPageBytes = 4096;  // of the cache: is written to the disk as a whole

    explicit SimulatedDisk(uint64_t seed);
    ~SimulatedDisk();
    SimulatedDisk(const SimulatedDisk&) = delete;
    SimulatedDisk& operator=(const SimulatedDisk&) = delete;

    // Follows the calls on this file from now on. Its present content is on the disk.
    void attach(const std::filesystem::path& file);

    // After `after` more calls, `calls` calls in a row fail with EIO or ENOSPC.
    void fail(size_t after, size_t calls);
    // No more calls fail. Whether one has since fail().
    bool heal();

    // What a power cut at this moment leaves on the disk.
    std::string power_cut();

    // Is called before each call that writes or flushes, in its thread; may call power_cut().
    std::function<void()> before_call;

    // How many calls were followed, and how many of them had to fail.
    uint64_t calls() const { return calls_; }
    uint64_t failures() const { return failures_; }

    // For the functions that stand in front of the C library's. The results are as theirs.
    static SimulatedDisk* of(int fd);
    ssize_t write(int fd, std::string_view bytes, off_t offset);
    int flush(int fd);
    bool read_fails();

  private:
    // The content of a sector, as it was after each write since the last flush.
    using Versions = std::vector<std::string>;

    bool fails();
    size_t pick(size_t below);
    void note_pages(off_t begin, size_t size);
    void settle_sector(size_t number, const std::string& content);
    void settle_all(bool any);

    std::recursive_mutex mutex_;
    std::mt19937_64 random_;
    dev_t device_ = 0;
    ino_t inode_ = 0;
    int cache_ = -1;  // the file
    std::string disk_;
    std::map<size_t, Versions> pending_;  // by the sector's number
    uint64_t cache_bytes_ = 0;            // the file's size
    size_t calls_until_failure_ = SIZE_MAX;
    size_t failures_left_ = 0;
    int error_ = 0;
    bool failed_ = false;
    uint64_t calls_ = 0;
    uint64_t failures_ = 0;
};

}  // namespace snapgate::store
