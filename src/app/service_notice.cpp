#include "app/service_notice.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <utility>

#include "base/decimal.h"
#include "base/log.h"

namespace snapgate::app {
namespace {

// A day: no service is watched with a longer span, and its microseconds fit everywhere.
constexpr uint64_t kMostMicroseconds = 86'400'000'000;

uint64_t monotonic_microseconds() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<uint64_t>(now.tv_sec) * 1'000'000 +
           static_cast<uint64_t>(now.tv_nsec) / 1000;
}

}  // namespace

ServiceNotice::ServiceNotice(std::string_view socket) {
    if (socket.size() < 2 || (socket.front() != '/' && socket.front() != '@')) return;
    if (socket.size() >= sizeof(sockaddr_un::sun_path)) return;
    address_ = socket;
    if (address_.front() == '@') address_.front() = '\0';
    socket_ = base::FileDescriptor(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
}

ServiceNotice ServiceNotice::of_process() {
    constexpr const char* kVariable = "NOTIFY_SOCKET";
    const char* socket = std::getenv(kVariable);
    if (socket == nullptr) return {};
    ServiceNotice notice{std::string_view(socket)};
    ::unsetenv(kVariable);
    return notice;
}

void ServiceNotice::send(std::string_view text) const {
    if (!told()) return;
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    std::memcpy(to.sun_path, address_.data(), address_.size());
    // An abstract name ends where its length says.
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
    // Never waits: a service manager that does not read must not hold the server up.
    const ssize_t sent =
        ::sendto(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                 reinterpret_cast<const sockaddr*>(&to), length);
    if (sent < 0) {
        base::log::warning("cannot tell the service manager how the server is",
                           {{"error", std::strerror(errno)}});
    }
}

void ServiceNotice::ready(std::string_view status) const {
    send(fmt::format("READY=1\nSTATUS={}", status));
}

void ServiceNotice::reloading() const {
    // The time is what Type=notify-reload wants, from systemd 253 on.
    send(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", monotonic_microseconds()));
}

void ServiceNotice::stopping() const {
    send("STOPPING=1\nSTATUS=finishing running requests");
}

void ServiceNotice::alive() const {
    send("WATCHDOG=1");
}

std::optional<std::chrono::microseconds> watchdog_of_process() {
    const char* span = std::getenv("WATCHDOG_USEC");
    if (span == nullptr) return std::nullopt;
    const char* pid = std::getenv("WATCHDOG_PID");
    if (pid != nullptr && pid != fmt::format_int(::getpid()).str()) return std::nullopt;
    const auto read = base::read_decimal(span, kMostMicroseconds);
    if (!read || *read == 0) return std::nullopt;
    return std::chrono::microseconds(*read);
}

struct LoopProbe::Round {
    std::atomic<size_t> done = 0;
    size_t loops = 0;
};

bool LoopProbe::all_turned() {
    if (round_ && round_->done < round_->loops) return false;
    round_ = std::make_shared<Round>();
    round_->loops = post_([round = round_] { ++round->done; });
    return true;
}

Watchdog::Watchdog(const ServiceNotice& notice, std::chrono::microseconds span,
                   LoopProbe::PostToAll post) {
    thread_.start([this, &notice, probe = LoopProbe(std::move(post)),
                   rhythm = std::chrono::duration_cast<base::Millis>(span / 4)]() mutable {
        do {
            if (probe.all_turned()) notice.alive();
        } while (thread_.pause(rhythm));
    });
}

}  // namespace snapgate::app
