#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/background_thread.h"
#include "base/file_descriptor.h"

namespace snapgate::app {

// Tells systemd how the service is, by its protocol of datagrams (sd_notify(3)): each notice is a
// few lines NAME=VALUE. A server that systemd did not start tells nobody, and every call does
// nothing. Any thread may call. A notice that cannot be sent is lost: the server goes on.
class ServiceNotice {
  public:
    // Without a socket: tells nobody.
    ServiceNotice() = default;
    // `socket`: the path of a Unix socket, or @ and an abstract name. One that is too long, or none
    // at all, gives a notice that tells nobody.
    explicit ServiceNotice(std::string_view socket);

    // From NOTIFY_SOCKET, which is then taken out of the environment: the programs that this server
    // runs have nothing to tell. While the process has one thread.
    static ServiceNotice of_process();

    bool told() const { return static_cast<bool>(socket_); }

    // The server takes requests. `status` is a line for `systemctl status`.
    void ready(std::string_view status) const;
    // It reads its settings again; ready() follows.
    void reloading() const;
    void stopping() const;
    // It lives: see Watchdog.
    void alive() const;

  private:
    void send(std::string_view text) const;

    std::string address_;  // as in sockaddr_un::sun_path
    base::FileDescriptor socket_;
};

// How long systemd waits for alive() before it ends the process (WATCHDOG_USEC, meant for this
// process by WATCHDOG_PID, if that is there). nullopt: it does not wait.
std::optional<std::chrono::microseconds> watchdog_of_process();

// Whether event loops turn. Any loop that does not take up a task stops the answer.
class LoopProbe {
  public:
    // Posts a task to each loop; returns how many loops there are. A task may run on any thread,
    // also after the probe is gone.
    using PostToAll = std::function<size_t(const std::function<void()>& task)>;

    explicit LoopProbe(PostToAll post) : post_(std::move(post)) {}

    // True if every loop has run the task of the last call that returned true (the first call
    // always does); then each gets a new one. One thread calls.
    bool all_turned();

  private:
    struct Round;
    PostToAll post_;
    std::shared_ptr<Round> round_;
};

// Tells systemd that the server lives, for as long as all of its event loops turn: a thread that
// asks each of them four times in the span that systemd waits. A loop that hangs is thus found
// after that span, and systemd starts the server again. `notice` outlives this.
class Watchdog {
  public:
    Watchdog(const ServiceNotice& notice, std::chrono::microseconds span,
             LoopProbe::PostToAll post);

  private:
    base::BackgroundThread thread_;
};

}  // namespace snapgate::app
