#include "app/serve.h"

#include <fmt/format.h>
#include <pthread.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "app/server_process.h"
#include "app/settings.h"
#include "base/log.h"

namespace snapgate::app {
namespace {

constexpr int kCannotStart = 1;
constexpr int kUsage = 2;

using Flags = std::vector<std::pair<std::string, std::string>>;

// Signals are taken by one thread, at a place it chooses; all others have them blocked.
sigset_t block_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    // A client that went away is an error of a write, not the end of the process.
    std::signal(SIGPIPE, SIG_IGN);
    // The same for a file that may not grow (ulimit -f): a disk that is full.
    std::signal(SIGXFSZ, SIG_IGN);
    return set;
}

int run(const Settings& settings, const Flags& flags) {
    base::log::set_level(settings.log_level);
    sigset_t signals = block_signals();
    // Its thread has the signals blocked, too; and it is the last to end, as all others log.
    base::log::Background log;
    auto process = ServerProcess::start(settings);
    if (!process) {
        base::log::plain(fmt::format("snapgate serve: {}", process.error().message));
        return kCannotStart;
    }
    while (true) {
        int signal = 0;
        if (sigwait(&signals, &signal) != 0) continue;
        if (signal == SIGHUP) {
            // The configuration file may say another log level by now.
            auto again = load_settings(flags, Environment::of_process());
            if (!again) {
                base::log::error("cannot read the settings again: the old ones stay in use",
                                 {{"error", again.error().message}});
            }
            (*process)->reload(again ? *again : settings);
            continue;
        }
        base::log::info("stopping", {{"signal", signal}});
        (*process)->stop();
        base::log::info("stopped");
        return 0;
    }
}

}  // namespace

int serve(int argc, char** argv) {
    CLI::App app(
        "Serve the VM snapshots of a fleet.\n"
        "Every flag is also an environment variable (--data-dir: SNAPGATE_DATA_DIR) and a key of "
        "the "
        "configuration file (data-dir: ...); a flag counts before the environment, that before "
        "the file.",
        "snapgate serve");
    std::map<std::string, std::string> values;
    std::map<std::string, bool> switches;
    for (const Setting& setting : all_settings()) {
        std::string name(setting.name);
        if (setting.value.empty()) {
            app.add_flag("--" + name, switches[name], std::string(setting.help));
        } else {
            app.add_option("--" + name, values[name], std::string(setting.help))
                ->type_name(std::string(setting.value));
        }
    }
    try {
        // CLI11 takes them from the back.
        app.parse(std::vector<std::string>(std::make_reverse_iterator(argv + argc),
                                           std::make_reverse_iterator(argv)));
    } catch (const CLI::ParseError& error) {
        int code = app.exit(error);
        return code == 0 ? 0 : kUsage;
    }
    Flags flags;
    for (const Setting& setting : all_settings()) {
        std::string name(setting.name);
        if (app.count("--" + name) == 0) continue;
        flags.emplace_back(
            name, setting.value.empty() ? (switches[name] ? "true" : "false") : values[name]);
    }
    auto settings = load_settings(flags, Environment::of_process());
    if (!settings) {
        fmt::print(stderr, "snapgate serve: {}\n", settings.error().message);
        return kUsage;
    }
    return run(*settings, flags);
}

}  // namespace snapgate::app
