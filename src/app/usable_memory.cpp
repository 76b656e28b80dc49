#include "app/usable_memory.h"

#include <unistd.h>

#include <algorithm>

#include "base/decimal.h"
#include "base/read_file.h"

namespace snapgate::app {

uint64_t usable_memory() {
    const auto pages = static_cast<uint64_t>(std::max(::sysconf(_SC_PHYS_PAGES), 1L));
    const auto page = static_cast<uint64_t>(std::max(::sysconf(_SC_PAGESIZE), 1L));
    uint64_t bytes = pages * page;
    // Version 2 of control groups, and version 1. Without a bound the first says "max", and the
    // second a number above all memory.
    for (const char* file :
         {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
        auto text = base::read_file(file, 64);
        if (!text) continue;
        while (text->ends_with('\n')) text->pop_back();
        if (const auto limit = base::read_decimal(*text)) bytes = std::min(bytes, *limit);
    }
    return bytes;
}

}  // namespace snapgate::app
