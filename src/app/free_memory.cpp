#include "app/free_memory.h"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>

#include "base/clock.h"
#include "base/read_file.h"

namespace snapgate::app {
namespace {

constexpr base::Millis kBetweenLooks{10'000};

// What is in memory and not in use by malloc's callers: what was freed, and stacks of threads.
uint64_t free_in_memory() {
    const auto heaps = ::mallinfo2();
    const uint64_t used = heaps.uordblks + heaps.hblkhd;
    const uint64_t resident = FreeMemory::resident();
    return resident > used ? resident - used : 0;
}

}  // namespace

FreeMemory::FreeMemory() {
    // glibc raises both limits with the first large piece that is freed, unless they are set.
    constexpr int kOwnMapping = 256 << 10;  // so large a piece is a mapping of its own
    constexpr int kMostAtEnd = 1 << 20;     // that is free at the end of a heap
    ::mallopt(M_MMAP_THRESHOLD, kOwnMapping);
    ::mallopt(M_TRIM_THRESHOLD, kMostAtEnd);
}

void FreeMemory::start() {
    thread_.start([this] {
        while (thread_.pause(kBetweenLooks)) look();
    });
}

bool FreeMemory::look() {
    const uint64_t free = free_in_memory();
    not_given_back_ = std::min(not_given_back_, free);
    if (free <= not_given_back_ + kMostFree) return false;
    ::malloc_trim(0);
    not_given_back_ = free_in_memory();
    return true;
}

uint64_t FreeMemory::resident() {
    // In pages: all that is mapped, what is in memory, and what of that is of files (proc(5)).
    constexpr size_t kMostBytes = 4096;
    const auto text = base::read_file("/proc/self/statm", kMostBytes);
    if (!text) return 0;
    std::istringstream fields(*text);
    uint64_t mapped = 0;
    uint64_t in_memory = 0;
    uint64_t of_files = 0;
    if (!(fields >> mapped >> in_memory >> of_files)) return 0;
    return (in_memory - std::min(of_files, in_memory)) *
           static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace snapgate::app
