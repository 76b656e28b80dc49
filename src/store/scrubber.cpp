#include "store/scrubber.h"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

#include "base/log.h"
#include "engine/page_check.h"
#include "store/format.h"
#include "store/keys.h"

namespace snapgate::store {
namespace {

constexpr base::Millis kFirstPass{60'000};
constexpr base::Millis kPause{1'000};
// Of each second; more of a file so large that a pass would not end within half its interval.
constexpr uint64_t kLeastBytes = 1 << 20;
constexpr uint64_t kMostBytes = 64 << 20;
// Of one pass; all are counted.
constexpr uint64_t kMostToldPages = 10;

}  // namespace

Scrubber::Scrubber(engine::Environment& environment, std::filesystem::path data_file,
                   const base::Clock& clock, base::Millis interval)
    : environment_(environment),
      data_file_(std::move(data_file)),
      clock_(clock),
      interval_(interval) {}

Scrubber::~Scrubber() {
    stop();
}

void Scrubber::start() {
    thread_.start([this] { loop(); });
}

void Scrubber::stop() {
    thread_.stop();
}

base::Result<bool> Scrubber::step(uint64_t most_bytes) {
    SNAPGATE_ASSIGN(const engine::ReadTransaction held, environment_.read());
    SNAPGATE_ASSIGN(engine::PartReport part,
                    engine::check_part(data_file_, from_, most_bytes,
                                       [this](std::string_view key, std::string_view stored) {
                                           check_row(key, stored);
                                       }));
    damaged_pages_.fetch_add(part.fault_count, std::memory_order_relaxed);
    for (const engine::PageFault& fault : part.faults) {
        if (told_pages_++ >= kMostToldPages) break;
        base::log::error("the data file is damaged: see snapgate fsck",
                         {{"file", data_file_.string()},
                          {"offset", fault.offset},
                          {"page", fault.page},
                          {"fault", fault.what}});
    }
    if (part.next) {
        from_ = std::move(*part.next);
        return false;
    }
    end_pass();
    return true;
}

void Scrubber::check_row(std::string_view key, std::string_view stored) {
    if (is_format_row(key)) return;
    if (key.starts_with(static_cast<char>(Table::kObject)))
        objects_.fetch_add(1, std::memory_order_relaxed);
    // A damaged row is noted by the environment.
    if (!engine::verify_row(environment_, key, stored)) ++found_rows_;
}

void Scrubber::end_pass() {
    from_.clear();
    told_pages_ = 0;
    damaged_rows_.store(std::exchange(found_rows_, 0), std::memory_order_relaxed);
    completed_ms_.store(clock_.now_ms(), std::memory_order_relaxed);
    passes_.fetch_add(1, std::memory_order_relaxed);
}

uint64_t Scrubber::bytes_of_step() const {
    const auto steps = static_cast<uint64_t>(std::max<int64_t>(1, interval_ / kPause / 2));
    return std::clamp(environment_.usage().file_bytes / steps, kLeastBytes, kMostBytes);
}

void Scrubber::loop() {
    auto begins = std::chrono::steady_clock::now() + std::min(kFirstPass, interval_);
    bool complained = false;
    while (thread_.wait_until(begins)) {
        begins += interval_;
        base::Result<bool> ended = false;
        while (ended && !*ended) {
            ended = step(bytes_of_step());
            if (!thread_.pause(kPause)) return;
        }
        if (!ended && !complained)
            base::log::warning("the check of the data file waits",
                               {{"reason", ended.error().message}});
        complained = !ended;
        begins = std::max(begins, std::chrono::steady_clock::now());
    }
}

}  // namespace snapgate::store
