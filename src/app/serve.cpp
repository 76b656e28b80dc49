#include "app/serve.h"

#include <fmt/format.h>
#include <pthread.h>

#include <csignal>
#include <functional>
#include <optional>
#include <string>

#include "app/free_memory.h"
#include "app/load_settings.h"
#include "app/server_process.h"
#include "app/service_notice.h"
#include "app/settings.h"
#include "base/core_dumps.h"
#include "base/log.h"
#include "base/quote.h"

namespace snapgate::app {
namespace {

// One thread takes the signals, at a place of its choice; all other threads block them.
sigset_t block_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    // A write to a client that is gone must be an error, not the end of the process.
    std::signal(SIGPIPE, SIG_IGN);
    return set;
}

// For `systemctl status`.
std::string status_of(const net::Server& server) {
    return fmt::format("serving on {} port {}", server.address(), server.port());
}

bool run(const Settings& settings, const Flags& flags) {
    FreeMemory free_memory;
    base::log::set_level(settings.log_level);
    base::forbid_core_dumps();
    const auto notice = ServiceNotice::of_process();
    sigset_t signals = block_signals();
    // Its thread blocks the signals, too. Of those that log it is the last one to end.
    base::log::Background log;
    free_memory.start();
    auto process = ServerProcess::start(settings);
    if (!process) {
        base::log::plain(fmt::format("snapgate serve: {}", base::visible(process.error().message)));
        return false;
    }
    std::optional<Watchdog> watchdog;
    if (const auto span = watchdog_of_process(); span && notice.told()) {
        watchdog.emplace(notice, *span, [&server = **process](const std::function<void()>& task) {
            return server.post_to_all_loops(task);
        });
    }
    notice.ready(status_of((*process)->server()));
    while (true) {
        int signal = 0;
        if (sigwait(&signals, &signal) != 0) continue;
        if (signal == SIGHUP) {
            notice.reloading();
            (*process)->reload(load_settings(flags, Environment::of_process()));
            notice.ready(status_of((*process)->server()));
            continue;
        }
        notice.stopping();
        watchdog.reset();
        base::log::info("stopping", {{"signal", signal}});
        (*process)->stop();
        base::log::info("stopped");
        return true;
    }
}

}  // namespace

base::Result<bool> serve(const Flags& flags) {
    SNAPGATE_ASSIGN(const Settings settings, load_settings(flags, Environment::of_process()));
    return run(settings, flags);
}

}  // namespace snapgate::app
