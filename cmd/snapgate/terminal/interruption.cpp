#include "terminal/interruption.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

namespace snapgate::cli {
namespace {

constexpr std::array kSignals = {SIGINT, SIGTERM};

// The pipe that the signal handler writes to; a handler has no other way to get it.
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables)
volatile sig_atomic_t wake_end = -1;

void on_signal(int /*signal*/) {
    const int before = errno;
    // The pipe has room for it, and one byte is enough.
    static_cast<void>(::write(wake_end, "x", 1) == 1);
    errno = before;
}

}  // namespace

Outcome<Interruption> Interruption::listen() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0)
        return Failure(Exit::kRefused,
                       fmt::format("cannot wait for Ctrl-C: {}", std::strerror(errno)));
    wake_end = ends[1];
    for (int signal : kSignals) {
        struct sigaction old{};
        if (::sigaction(signal, nullptr, &old) != 0 || old.sa_handler == SIG_IGN) continue;
        struct sigaction action{};
        action.sa_handler = on_signal;
        action.sa_flags = static_cast<int>(SA_RESETHAND);
        ::sigaction(signal, &action, nullptr);
    }
    return Interruption(ends[0]);
}

Interruption::Interruption(Interruption&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

Interruption::~Interruption() {
    if (fd_ < 0) return;
    for (int signal : kSignals) {
        struct sigaction current{};
        if (::sigaction(signal, nullptr, &current) == 0 && current.sa_handler == on_signal)
            ::signal(signal, SIG_DFL);
    }
    ::close(wake_end);
    ::close(fd_);
}

bool Interruption::wait(std::chrono::milliseconds duration) const {
    pollfd one{fd_, POLLIN, 0};
    const auto until = std::chrono::steady_clock::now() + duration;
    while (true) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        const int ready = ::poll(&one, 1, static_cast<int>(std::max<int64_t>(left.count(), 0)));
        if (ready > 0) return true;
        if (ready == 0 || errno != EINTR) return false;
    }
}

}  // namespace snapgate::cli
