#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <memory>

#include "base/clock.h"
#include "base/json_text.h"

namespace snapgate::base::log {
namespace {

spdlog::level::level_enum to_spdlog(Level level) {
    switch (level) {
        case Level::kDebug:
            return spdlog::level::debug;
        case Level::kInfo:
            return spdlog::level::info;
        case Level::kWarning:
            return spdlog::level::warn;
        case Level::kError:
            return spdlog::level::err;
    }
    return spdlog::level::info;
}

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

spdlog::logger& logger() {
    static const std::shared_ptr<spdlog::logger> instance = [] {
        auto made = std::make_shared<spdlog::logger>(
            "snapgate", std::make_shared<spdlog::sinks::stderr_sink_mt>());
        made->set_pattern("%v");
        made->set_level(spdlog::level::info);
        return made;
    }();
    return *instance;
}

bool terminal() {
    static const bool is_terminal = isatty(STDERR_FILENO) == 1;
    return is_terminal;
}

}  // namespace

Result<Level> parse_level(std::string_view text) {
    for (Level level : {Level::kDebug, Level::kInfo, Level::kWarning, Level::kError}) {
        if (text == level_name(level)) return level;
    }
    return Error(Code::kInvalidParameter,
                 fmt::format("\"{}\" is not a log level: use debug, info, warning or error", text));
}

void set_level(Level level) {
    logger().set_level(to_spdlog(level));
}

void write(Level level, std::string_view message, Fields fields) {
    spdlog::logger& to = logger();
    auto severity = to_spdlog(level);
    if (!to.should_log(severity)) return;
    std::string line = format_line(!terminal(), level, system_clock().now_ms(), message, fields);
    to.log(severity, spdlog::string_view_t(line.data(), line.size()));
}

std::string format_line(bool json, Level level, int64_t now_ms, std::string_view message,
                        Fields fields) {
    std::string time = format_rfc3339(now_ms);
    // Milliseconds, so that lines of one second keep an order.
    time.insert(time.size() - 1, fmt::format(".{:03}", now_ms % 1000));
    std::string out;
    if (json) {
        out = fmt::format(R"({{"time":"{}","level":"{}","message":)", time, level_name(level));
        append_json_string(message, out);
        for (const Field& field : fields) {
            out += ',';
            append_json_string(field.name(), out);
            out += ':';
            if (field.bare()) {
                out += field.text();
            } else {
                append_json_string(field.text(), out);
            }
        }
        out += '}';
    } else {
        out = fmt::format("{} {:7} ", time, level_name(level));
        // What came from outside must not move the cursor or forge a line.
        auto printable = [&out](std::string_view text) {
            for (char c : text) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
        };
        printable(message);
        for (const Field& field : fields) {
            out += ' ';
            out += field.name();
            out += '=';
            printable(field.text());
        }
    }
    return out;
}

}  // namespace snapgate::base::log
