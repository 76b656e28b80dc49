#include "replica/this_network.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <string>

namespace snapgate::replica {
namespace {

// What another process says of its network, in a namespace of its own if it may have one. "" if it
// may not.
std::string network_of_a_child(int namespaces) {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) return "";
    const pid_t child = ::fork();
    if (child == 0) {
        if (namespaces == 0 || ::unshare(namespaces) == 0) {
            const std::string network = this_network();
            (void)!::write(ends[1], network.data(), network.size());
        }
        ::_exit(0);
    }
    ::close(ends[1]);
    std::string told(1024, '\0');
    const ssize_t length = ::read(ends[0], told.data(), told.size());
    ::close(ends[0]);
    ::waitpid(child, nullptr, 0);
    told.resize(length > 0 ? static_cast<size_t>(length) : 0);
    return told;
}

TEST(ThisNetworkTest, ProcessesThatShareLoopbackHaveOneName) {
    const std::string shared = network_of_a_child(0);
    const std::string apart = network_of_a_child(CLONE_NEWUSER | CLONE_NEWNET);
    EXPECT_NE(shared, "");
    EXPECT_EQ(this_network(), shared);
    // Not every machine lets a user make a namespace.
    if (!apart.empty()) EXPECT_NE(apart, shared);
}

}  // namespace
}  // namespace snapgate::replica
