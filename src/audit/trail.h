#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/log_file.h"
#include "base/annotations.h"
#include "base/background_thread.h"
#include "base/result.h"
#include "store/store.h"

namespace snapgate::audit {

// Where the lines go, and how many may wait.
struct TrailOptions {
    std::filesystem::path file;  // empty: none
    bool to_stderr = false;
    uint64_t file_bytes = 100ULL << 20;  // as LogFile has them
    unsigned keep = 10;
    uint64_t backlog_bytes = 1ULL << 30;  // of lines in the store
    int stderr_fd = 2;                    // for tests

    bool on() const { return to_stderr || !file.empty(); }
};

struct TrailStatistics {
    uint64_t written = 0;        // lines that were copied out since the start
    uint64_t dropped = 0;        // lines that were dropped from the store, as they could not be
    uint64_t lost = 0;           // refusals that found no room
    uint64_t waiting_bytes = 0;  // of lines in the store, while they cannot be copied out
    bool failing = false;
};

// Copies the audit trail out of the store, on a thread of its own; nobody waits for it. A line of
// the store is dropped there once it is on the disk of the file. So a line that was committed comes
// at least once: twice, if the process was killed in between; its number says so.
//
// Lines of refusals come straight from the requests. They wait in memory, and a kill loses them.
//
// With a file, the copy on stderr is for whoever collects the logs of processes: what finds no room
// there is lost there, as lines of the log are. Without a file, lines wait until stderr takes them.
//
// The store outlives it. start() and stop() belong to one thread; any thread may call the others.
class Trail {
  public:
    // Opens the file. Errors as LogFile::reopen().
    static base::Result<std::unique_ptr<Trail>> start(store::Store& store, TrailOptions options);
    ~Trail();
    Trail(const Trail&) = delete;
    Trail& operator=(const Trail&) = delete;

    // Copies what is there, unless that fails, and ends the thread.
    void stop();
    // Takes the line of a refusal.
    void tell(std::string_view line) SNAPGATE_EXCLUDES(mutex_);
    // The file was put aside: opens it anew before the next line, and logs that.
    void reopen() { reopen_ = true; }
    TrailStatistics statistics() const;

  private:
    Trail(store::Store& store, TrailOptions options);
    void loop();
    // Copies some lines. True if there may be more.
    base::Result<bool> step();
    // Puts some lines into `out_`.
    base::Result<void> take_lines();
    // Brings `out_` to where it goes.
    base::Result<void> put_out();
    base::Result<void> put_on_stderr();
    // Drops what was copied from the store.
    void forget();
    base::Result<void> drop_up_to(uint64_t number);
    void take_refusals() SNAPGATE_EXCLUDES(mutex_);
    void append_lines(const std::vector<store::AuditLine>& lines);
    // Drops the oldest lines of the store, if there are too many.
    base::Result<void> bound_backlog();
    void note_failure(const base::Error& error);

    store::Store& store_;
    const TrailOptions options_;
    std::optional<LogFile> file_;
    // The thread's own.
    std::string out_;         // lines that are on their way
    uint64_t taken_ = 0;      // the number of the store's last line that is in `out_`, or is out
    uint64_t copied_ = 0;     // of the last one that is out
    uint64_t forgotten_ = 0;  // of the last one that was dropped from the store after that
    uint64_t measured_ = 0;   // of the last one whose bytes are in waiting_bytes_
    // Lines that were dropped for want of room, which no line has told yet; 0: none.
    uint64_t missing_from_ = 0;
    uint64_t missing_to_ = 0;
    int64_t complained_ms_ = 0;

    std::atomic<bool> reopen_ = false;
    std::atomic<uint64_t> written_ = 0;
    std::atomic<uint64_t> dropped_ = 0;
    std::atomic<uint64_t> lost_ = 0;
    std::atomic<uint64_t> waiting_bytes_ = 0;
    std::atomic<bool> failing_ = false;

    base::Mutex mutex_;
    std::string pending_ SNAPGATE_GUARDED_BY(mutex_);
    uint64_t unsaid_ SNAPGATE_GUARDED_BY(mutex_) =
        0;  // refusals that were lost, and no line says so
    base::BackgroundThread thread_;
};

}  // namespace snapgate::audit
