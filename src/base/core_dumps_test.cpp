#include "base/core_dumps.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace snapgate::base {
namespace {

// What a process of its own sees after the call: the bits of what is still open.
int left_open() {
    rlimit limit{};
    if (getrlimit(RLIMIT_CORE, &limit) != 0) return -1;
    return (limit.rlim_cur != 0 ? 1 : 0) + (limit.rlim_max != 0 ? 2 : 0) +
           (prctl(PR_GET_DUMPABLE) != 0 ? 4 : 0);
}

TEST(CoreDumps, AreForbiddenAndSoIsTracing) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
        forbid_core_dumps();
        ::_exit(left_open());
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status));
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
    EXPECT_EQ(WEXITSTATUS(status), 4);  // the leak check traces the process
#else
    EXPECT_EQ(WEXITSTATUS(status), 0);
#endif
}

}  // namespace
}  // namespace snapgate::base
