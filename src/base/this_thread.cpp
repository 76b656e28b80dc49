#include "base/this_thread.h"

#include <pthread.h>
#include <sys/resource.h>

namespace snapgate::base {

namespace {

// Of Linux' -20 to 19. Such a thread has a third of the weight of one of niceness 0.
constexpr int kNiceness = 5;

}  // namespace

void name_this_thread(const char* name) {
    pthread_setname_np(pthread_self(), name);
}

void run_this_thread_behind_requests() {
    // On Linux the niceness of "process 0" is that of the calling thread alone.
    ::setpriority(PRIO_PROCESS, 0, kNiceness);
}

}  // namespace snapgate::base
