#include "base/log.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <iterator>
#include <string>

#include "base/clock.h"
#include "base/json_text.h"
#include "base/line_queue.h"
#include "base/log_end.h"
#include "base/quote.h"
#include "base/utf8.h"

namespace snapgate::base::log {
namespace {

// Some thousands of lines; a pipe itself holds a few hundred.
constexpr size_t kRoomBytes = 1 << 20;
constexpr std::chrono::seconds kPatience{1};
// What a thread keeps for its next line.
constexpr size_t kKeptBytes = 4 << 10;
constexpr size_t kShownBytes = 64;  // of a word that is none

std::atomic<Level>& least_level() {
    static std::atomic<Level> level = Level::kInfo;
    return level;
}

bool terminal() {
    static const bool is_terminal = isatty(STDERR_FILENO) == 1;
    return is_terminal;
}

std::string lost_notice(uint64_t lost) {
    return format_line(!terminal(), Level::kWarning, system_clock().now_ms(),
                       "lines of this log were lost, as nothing took them", {{"lines", lost}});
}

LineQueue& lines() {
    // Never destroyed: threads may log until the process is gone.
    static LineQueue& queue = *new LineQueue(STDERR_FILENO, kRoomBytes, lost_notice);
    return queue;
}

// The time of a line, without its Z: milliseconds, so that lines of one second keep an order.
void append_time(int64_t now_ms, std::string& out) {
    // Lines come many in a second, and a date is dear to write.
    thread_local int64_t written_second = -1;
    thread_local std::string written;
    const int64_t second = now_ms / 1000;
    if (second != written_second) {
        written = format_rfc3339(now_ms);
        written.pop_back();
        written_second = second;
    }
    out += written;
    fmt::format_to(std::back_inserter(out), ".{:03}", now_ms % 1000);
}

void append_line(bool json, Level level, int64_t now_ms, std::string_view message, Fields fields,
                 std::string& out) {
    if (json) {
        out += R"({"time":")";
        append_time(now_ms, out);
        out += R"(Z","level":")";
        out += level_name(level);
        out += R"(","message":)";
        append_visible_json_string(message, out);
        for (const Field& field : fields) {
            out += ',';
            append_json_string(field.name(), out);
            out += ':';
            if (field.bare()) {
                out += field.text();
            } else {
                append_visible_json_string(field.text(), out);
            }
        }
        out += '}';
    } else {
        append_time(now_ms, out);
        fmt::format_to(std::back_inserter(out), "Z {:7} ", level_name(level));
        // What came from outside must not move the cursor or forge a line.
        auto printable = [&out](std::string_view text) {
            while (!text.empty()) {
                const CodePoint character = first_character(text);
                const size_t length = std::max<size_t>(character.length, 1);
                if (character.length == 0 || is_hidden(character.value)) {
                    out += '?';
                } else {
                    out += text.substr(0, length);
                }
                text.remove_prefix(length);
            }
        };
        printable(message);
        for (const Field& field : fields) {
            out += ' ';
            out += field.name();
            out += '=';
            printable(field.text());
        }
    }
}

void write_line(Level level, Worth worth, std::string_view message, Fields fields) {
    if (level < least_level().load(std::memory_order_relaxed)) return;
    thread_local std::string line;
    line.clear();
    append_line(!terminal(), level, system_clock().now_ms(), message, fields, line);
    lines().add(worth, line);
    if (line.capacity() > kKeptBytes) line = {};
}

}  // namespace

std::string_view level_name(Level level) {
    switch (level) {
        case Level::kDebug:
            return "debug";
        case Level::kInfo:
            return "info";
        case Level::kWarning:
            return "warning";
        case Level::kError:
            return "error";
    }
    return "info";
}

Result<Level> parse_level(std::string_view text) {
    for (Level level : {Level::kDebug, Level::kInfo, Level::kWarning, Level::kError}) {
        if (text == level_name(level)) return level;
    }
    return Error(Code::kInvalidParameter,
                 fmt::format("{} is not a log level: use debug, info, warning or error",
                             quote(text, kShownBytes)));
}

void set_level(Level level) {
    least_level().store(level, std::memory_order_relaxed);
}

Background::Background() {
    lines().start();
}

Background::~Background() {
    lines().stop(kPatience);
}

void write_queued() {
    lines().stop(kPatience);
}

uint64_t lost_lines() {
    return lines().lost();
}

void write(Level level, std::string_view message, Fields fields) {
    write_line(level, level >= Level::kWarning ? Worth::kTrouble : Worth::kNotice, message, fields);
}

void access(std::string_view message, Fields fields) {
    write_line(Level::kInfo, Worth::kAccess, message, fields);
}

void plain(std::string_view line) {
    lines().add(Worth::kTrouble, line);
}

std::string format_line(bool json, Level level, int64_t now_ms, std::string_view message,
                        Fields fields) {
    std::string out;
    append_line(json, level, now_ms, message, fields, out);
    return out;
}

}  // namespace snapgate::base::log
