#include "audit/trail.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

#include "audit/action.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/test_time.h"

namespace snapgate::audit {
namespace {

using base::Code;
using base::Error;
using base::Result;

constexpr base::Millis kRhythm{100};
constexpr base::Millis kRetry{1'000};
constexpr int64_t kComplainMs = 60'000;
// That one step copies.
constexpr size_t kStepBytes = 256 << 10;
// Of refusals in memory.
constexpr size_t kRefusalBytes = 1 << 20;
// A row takes about this much besides its text.
constexpr uint64_t kRowBytes = 24;
// POSIX writes this much to a pipe in one piece, and poll() says whether there is room for it.
constexpr size_t kPieceBytes = 4096;
constexpr int kStderrPatienceMs = 200;

uint64_t bytes_of(const store::AuditLine& line) {
    return line.text.size() + kRowBytes;
}

}  // namespace

Result<std::unique_ptr<Trail>> Trail::start(store::Store& store, TrailOptions options) {
    std::unique_ptr<Trail> trail(new Trail(store, std::move(options)));
    if (trail->file_) SNAPGATE_TRY(trail->file_->reopen());
    trail->thread_.start([self = trail.get()] { self->loop(); });
    return trail;
}

Trail::Trail(store::Store& store, TrailOptions options)
    : store_(store), options_(std::move(options)) {
    if (!options_.file.empty()) file_.emplace(options_.file, options_.file_bytes, options_.keep);
}

Trail::~Trail() {
    stop();
}

void Trail::stop() {
    thread_.stop();
}

void Trail::tell(std::string_view line) {
    const base::MutexLock lock(mutex_);
    if (pending_.size() + line.size() + 1 > kRefusalBytes) {
        ++unsaid_;
        lost_.fetch_add(1, std::memory_order_relaxed);
        return;
    }
    pending_ += line;
    pending_ += '\n';
}

TrailStatistics Trail::statistics() const {
    return {.written = written_.load(std::memory_order_relaxed),
            .dropped = dropped_.load(std::memory_order_relaxed),
            .lost = lost_.load(std::memory_order_relaxed),
            .waiting_bytes = waiting_bytes_.load(std::memory_order_relaxed),
            .failing = failing_.load(std::memory_order_relaxed)};
}

void Trail::loop() {
    bool last = false;
    while (true) {
        Result<bool> more = true;
        // The store keeps what was copied until the steps have caught up, but not for long.
        for (int steps = 0; more && *more && steps < 16; ++steps) more = step();
        if (more) {
            forget();
        } else {
            note_failure(more.error());
            if (auto bounded = bound_backlog(); !bounded) note_failure(bounded.error());
        }
        if (last && (!more || !*more)) return;
        if (more && *more) continue;
        last = !thread_.pause(more ? base::test_time("audit", kRhythm) : kRetry);
    }
}

Result<bool> Trail::step() {
    if (file_ && reopen_.exchange(false)) {
        if (auto opened = file_->reopen(); !opened) {
            reopen_ = true;
            return std::move(opened).error();
        }
        base::log::info("opened the audit log anew", {{"file", options_.file.string()}});
    }
    const uint64_t before = copied_;
    if (out_.empty()) SNAPGATE_TRY(take_lines());
    if (out_.empty()) return false;
    const auto lines = static_cast<uint64_t>(std::ranges::count(out_, '\n'));
    SNAPGATE_TRY(put_out());
    written_.fetch_add(lines, std::memory_order_relaxed);
    copied_ = taken_;
    if (failing_.exchange(false)) {
        waiting_bytes_ = 0;
        measured_ = 0;
        base::log::info("the audit trail is written again", {{"dropped", dropped_.load()}});
    }
    // A step without lines of the store has caught up.
    return copied_ != before;
}

Result<void> Trail::take_lines() {
    take_refusals();
    if (missing_from_ != 0) {
        append_missing("BacklogFull", missing_from_, missing_to_, store_.now_ms(), out_);
        missing_from_ = 0;
    }
    const store::ReadView view = store_.read();
    SNAPGATE_ASSIGN(const auto lines, view.audit_lines(taken_, kStepBytes));
    append_lines(lines);
    return {};
}

void Trail::append_lines(const std::vector<store::AuditLine>& lines) {
    for (const store::AuditLine& line : lines) {
        if (taken_ != 0 && line.number != taken_ + 1) {
            append_missing("RowsMissing", taken_ + 1, line.number - 1, store_.now_ms(), out_);
        }
        taken_ = line.number;
        if (line.text.empty()) {
            append_missing("RowDamaged", line.number, line.number, store_.now_ms(), out_);
        } else {
            append_numbered(line.number, line.text, out_);
        }
    }
}

void Trail::take_refusals() {
    uint64_t lost = 0;
    {
        const base::MutexLock lock(mutex_);
        out_ += pending_;
        pending_.clear();
        lost = std::exchange(unsaid_, 0);
    }
    if (lost > 0) append_missing("TooManyRefusals", 0, lost, store_.now_ms(), out_);
}

Result<void> Trail::put_out() {
    if (!file_) return put_on_stderr();
    SNAPGATE_TRY(file_->append(out_));
    if (options_.to_stderr) {
        std::string_view lines = out_;
        while (!lines.empty()) {
            const size_t end = lines.find('\n');
            base::log::plain(lines.substr(0, end));
            lines.remove_prefix(end + 1);
        }
    }
    out_.clear();
    return {};
}

Result<void> Trail::put_on_stderr() {
    std::string_view lines = out_;
    Result<void> done;
    while (done && !lines.empty()) {
        pollfd one{options_.stderr_fd, POLLOUT, 0};
        const int ready = ::poll(&one, 1, kStderrPatienceMs);
        if (ready < 0 && errno == EINTR) continue;
        if (ready == 0) {
            done = Error(Code::kUnavailable, "nothing takes its lines on stderr");
            break;
        }
        std::string_view piece = lines.substr(0, kPieceBytes);
        if (const size_t feed = piece.rfind('\n'); feed != std::string_view::npos)
            piece = piece.substr(0, feed + 1);
        const ssize_t written = ::write(options_.stderr_fd, piece.data(), piece.size());
        if (written >= 0) {
            lines.remove_prefix(static_cast<size_t>(written));
        } else if (errno != EINTR && errno != EAGAIN) {
            done = Error(Code::kUnavailable, "stderr: " + std::system_category().message(errno));
        }
    }
    out_.erase(0, out_.size() - lines.size());
    return done;
}

Result<void> Trail::drop_up_to(uint64_t number) {
    const auto more = std::make_shared<bool>(true);
    while (*more) {
        SNAPGATE_TRY(store_.write_and_wait(store::Priority::kBatch,
                                           [more, number](store::WriteTxn& txn) -> Result<void> {
                                               SNAPGATE_ASSIGN(*more, txn.drop_audit_lines(number));
                                               return {};
                                           }));
    }
    return {};
}

void Trail::forget() {
    // What stays is dropped later. After a restart it is copied once more.
    if (forgotten_ != copied_ && drop_up_to(copied_)) forgotten_ = copied_;
}

Result<void> Trail::bound_backlog() {
    while (true) {
        const store::ReadView view = store_.read();
        SNAPGATE_ASSIGN(const auto lines,
                        view.audit_lines(std::max(measured_, copied_), 4 * kStepBytes));
        if (lines.empty()) break;
        uint64_t bytes = 0;
        for (const store::AuditLine& line : lines) bytes += bytes_of(line);
        waiting_bytes_ += bytes;
        measured_ = lines.back().number;
    }
    while (waiting_bytes_ > options_.backlog_bytes) {
        std::vector<store::AuditLine> oldest;
        {
            const store::ReadView view = store_.read();
            SNAPGATE_ASSIGN(oldest, view.audit_lines(taken_, 4 * kStepBytes));
        }
        if (oldest.empty()) break;
        const uint64_t first = oldest.front().number;
        uint64_t last = first;
        uint64_t bytes = 0;
        for (const store::AuditLine& line : oldest) {
            if (waiting_bytes_ - bytes <= options_.backlog_bytes) break;
            bytes += bytes_of(line);
            last = line.number;
        }
        SNAPGATE_TRY(drop_up_to(last));
        taken_ = last;
        waiting_bytes_ -= bytes;
        dropped_ += last - first + 1;
        if (missing_from_ == 0) missing_from_ = first;
        missing_to_ = last;
    }
    return {};
}

void Trail::note_failure(const Error& error) {
    const int64_t now_ms = base::system_clock().steady_ms();
    if (failing_.exchange(true) && now_ms - complained_ms_ < kComplainMs) return;
    complained_ms_ = now_ms;
    base::log::error("the audit trail cannot be written, and its lines wait",
                     {{"error", error.message},
                      {"waitingBytes", waiting_bytes_.load()},
                      {"dropped", dropped_.load()}});
}

}  // namespace snapgate::audit
