#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace snapgate::base::log {

// Writes one line for each event to stderr: JSON, or readable text if stderr is a terminal. Any
// thread may log. A line never contains a key, a token or a body.
//
// While a Background exists, no thread waits for stderr, which may be a pipe that nobody reads.
// Lines are queued; lines that find no room are dropped and counted, those of single requests
// first.

enum class Level { kDebug, kInfo, kWarning, kError };

// A named value of a line. Numbers are written as numbers.
class Field {
  public:
    Field(std::string_view name, std::string_view value) : name_(name), text_(value) {}
    Field(std::string_view name, const char* value) : name_(name), text_(value) {}
    Field(std::string_view name, const std::string& value) : name_(name), text_(value) {}
    Field(std::string_view name, bool value)
        : name_(name), text_(value ? "true" : "false"), bare_(true) {}
    template <class T>
        requires std::is_arithmetic_v<T>
    Field(std::string_view name, T value)
        : name_(name), text_(fmt::format("{}", value)), bare_(true) {}

    std::string_view name() const { return name_; }
    std::string_view text() const { return text_; }
    bool bare() const { return bare_; }

  private:
    std::string_view name_;
    std::string text_;
    bool bare_ = false;
};

using Fields = std::initializer_list<Field>;

Result<Level> parse_level(std::string_view text);
std::string_view level_name(Level level);
// Lines below `level` are dropped. May be called at any time.
void set_level(Level level);

class Background {
  public:
    Background();
    // Writes the queued lines, for at most a second; the rest is lost.
    ~Background();
    Background(const Background&) = delete;
    Background& operator=(const Background&) = delete;
};
// Lines that were lost since the process began.
uint64_t lost_lines();

void write(Level level, std::string_view message, Fields fields = {});
// A line about one request, at level info. There are many of these, so they are dropped first.
void access(std::string_view message, Fields fields);
// Writes a line for people unchanged, at any level: the reason why a program ends.
void plain(std::string_view line);
inline void debug(std::string_view message, Fields fields = {}) {
    write(Level::kDebug, message, fields);
}
inline void info(std::string_view message, Fields fields = {}) {
    write(Level::kInfo, message, fields);
}
inline void warning(std::string_view message, Fields fields = {}) {
    write(Level::kWarning, message, fields);
}
inline void error(std::string_view message, Fields fields = {}) {
    write(Level::kError, message, fields);
}

// The line that `write` would print, without the line feed; for tests.
std::string format_line(bool json, Level level, int64_t now_ms, std::string_view message,
                        Fields fields);

}  // namespace snapgate::base::log
