#include "app/service_notice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <string>

#include "base/file_descriptor.h"
#include "base/temporary_folder_testing.h"

namespace snapgate::app {
namespace {

using testing::StartsWith;

// What systemd is to a service: a socket of datagrams.
class Receiver {
  public:
    Receiver() {
        socket_ = base::FileDescriptor(::socket(AF_UNIX, SOCK_DGRAM, 0));
        sockaddr_un at{};
        at.sun_family = AF_UNIX;
        path().copy(at.sun_path, sizeof(at.sun_path) - 1);
        EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&at), sizeof(at)), 0);
    }
    std::string path() const { return (folder_.path() / "notify").string(); }
    // Waits for the next datagram.
    std::string next() const {
        std::array<char, 4096> bytes{};
        const ssize_t size = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
        return size < 0 ? "" : std::string(bytes.data(), static_cast<size_t>(size));
    }

  private:
    base::TemporaryFolder folder_;
    base::FileDescriptor socket_;
};

// Event loops by hand: what was posted to them runs when the test says so.
struct Loops {
    std::deque<std::function<void()>> posted;
    LoopProbe probe{[this](const std::function<void()>& task) {
        posted.push_back(task);
        posted.push_back(task);
        return size_t{2};
    }};

    void turn() {
        posted.front()();
        posted.pop_front();
    }
};

TEST(ServiceNotice, SaysInEachDatagramHowTheServiceIs) {
    const Receiver systemd;
    const ServiceNotice notice(systemd.path());
    EXPECT_TRUE(notice.told());
    notice.ready("serving");
    EXPECT_EQ(systemd.next(), "READY=1\nSTATUS=serving");
    notice.reloading();
    EXPECT_THAT(systemd.next(), StartsWith("RELOADING=1\nMONOTONIC_USEC="));
    notice.alive();
    EXPECT_EQ(systemd.next(), "WATCHDOG=1");
    notice.stopping();
    EXPECT_THAT(systemd.next(), StartsWith("STOPPING=1\n"));
}

TEST(ServiceNotice, WithoutASocketTellsNobody) {
    for (const std::string& socket :
         {std::string(), std::string("/"), std::string("relative"), std::string(200, '/')}) {
        const ServiceNotice notice{socket};
        EXPECT_FALSE(notice.told()) << socket;
        notice.ready("serving");
    }
}

TEST(ServiceNotice, TakesItsSocketOutOfTheEnvironment) {
    const Receiver systemd;
    ::setenv("NOTIFY_SOCKET", systemd.path().c_str(), 1);
    const ServiceNotice notice = ServiceNotice::of_process();
    EXPECT_EQ(std::getenv("NOTIFY_SOCKET"), nullptr);
    notice.alive();
    EXPECT_EQ(systemd.next(), "WATCHDOG=1");
}

TEST(ServiceNotice, ReadsTheSpanThatIsMeantForThisProcess) {
    ::unsetenv("WATCHDOG_PID");
    ::setenv("WATCHDOG_USEC", "30000000", 1);
    EXPECT_EQ(watchdog_of_process(), std::chrono::seconds(30));
    ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
    EXPECT_EQ(watchdog_of_process(), std::chrono::seconds(30));
    ::setenv("WATCHDOG_PID", "1", 1);
    EXPECT_EQ(watchdog_of_process(), std::nullopt);
    ::unsetenv("WATCHDOG_PID");
    for (const char* span : {"", "0", "-1", "soon", "99999999999999"}) {
        ::setenv("WATCHDOG_USEC", span, 1);
        EXPECT_EQ(watchdog_of_process(), std::nullopt) << span;
    }
    ::unsetenv("WATCHDOG_USEC");
    EXPECT_EQ(watchdog_of_process(), std::nullopt);
}

TEST(LoopProbe, IsTrueOnlyOnceEveryLoopHasTurned) {
    Loops loops;
    EXPECT_TRUE(loops.probe.all_turned());
    EXPECT_FALSE(loops.probe.all_turned());
    loops.turn();
    EXPECT_FALSE(loops.probe.all_turned());
    loops.turn();
    EXPECT_TRUE(loops.probe.all_turned());
    EXPECT_FALSE(loops.probe.all_turned());
}

TEST(LoopProbe, DoesNotMindATaskThatRunsAfterItsEnd) {
    std::function<void()> late;
    {
        LoopProbe probe([&late](const std::function<void()>& task) {
            late = task;
            return size_t{1};
        });
        EXPECT_TRUE(probe.all_turned());
    }
    late();
    EXPECT_TRUE(late);
}

TEST(Watchdog, TellsOfLifeWhileTheLoopsTurn) {
    const Receiver systemd;
    const ServiceNotice notice(systemd.path());
    const Watchdog watchdog(notice, std::chrono::milliseconds(4),
                            [](const std::function<void()>& task) {
                                task();
                                return size_t{1};
                            });
    for (int i = 0; i < 3; ++i) EXPECT_EQ(systemd.next(), "WATCHDOG=1");
}

}  // namespace
}  // namespace snapgate::app
