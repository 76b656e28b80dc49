#include "base/core_dumps.h"

#include <sys/prctl.h>
#include <sys/resource.h>

namespace snapgate::base {

void forbid_core_dumps() {
    const rlimit none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
#if !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
    // A dump that the system pipes to a program (systemd-coredump) does not ask for the limit
    // (core(5)).
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

}  // namespace snapgate::base
