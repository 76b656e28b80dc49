#include "terminal/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/count_text.h"

namespace snapgate::cli {
namespace {

constexpr std::chrono::milliseconds kBetween{100};
constexpr size_t kBarWidth = 24;

}  // namespace

Progress::Progress(Console& console, std::string title, uint64_t total_bytes)
    : console_(console),
      title_(std::move(title)),
      total_(total_bytes),
      begun_(SteadyClock::now()) {}

Progress::~Progress() {
    console_.status({});
}

void Progress::advance(uint64_t bytes, size_t items) {
    if (!console_.err_is_terminal()) return;
    auto now = SteadyClock::now();
    if (now - shown_ < kBetween) return;
    shown_ = now;
    console_.status(progress_line(title_, bytes, total_, items, now - begun_));
}

void Progress::wait_for(std::string_view what) {
    console_.status(what);
}

std::string progress_line(std::string_view title, uint64_t bytes, uint64_t total, size_t items,
                          std::chrono::duration<double> elapsed) {
    std::string line(title);
    if (total > 0) {
        double part = std::min(1.0, static_cast<double>(bytes) / static_cast<double>(total));
        auto filled = static_cast<size_t>(part * kBarWidth);
        std::string bar(filled, '=');
        if (filled < kBarWidth) bar += '>';
        bar.resize(kBarWidth, ' ');
        line += fmt::format(" [{}] {}%  {} of {}", bar, static_cast<int>(part * 100),
                            format_bytes(bytes), format_bytes(total));
    } else {
        line += "  " + format_bytes(bytes);
    }
    if (items > 0) {
        double rate = elapsed.count() > 0 ? static_cast<double>(items) / elapsed.count() : 0;
        line += fmt::format("  {}  {}/s", base::counted(items, "object"),
                            base::format_count(static_cast<uint64_t>(rate)));
    }
    return line;
}

std::string format_bytes(uint64_t bytes) {
    if (bytes < 1000) return fmt::format("{} B", bytes);
    double value = static_cast<double>(bytes);
    const char* unit = "B";
    for (const char* next : {"kB", "MB", "GB", "TB"}) {
        if (value < 1000) break;
        value /= 1000;
        unit = next;
    }
    return fmt::format("{:.1f} {}", value, unit);
}

}  // namespace snapgate::cli
