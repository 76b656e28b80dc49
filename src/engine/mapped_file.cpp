#include "engine/mapped_file.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <fstream>
#include <mutex>
#include <sstream>
#include <string>
#include <system_error>

#include "base/annotations.h"
#include "base/clock.h"
#include "base/log.h"

namespace snapgate::engine {
namespace {

constexpr std::string_view kWhat =
    "the mapped file cannot be read there: it was cut short, its disk failed, or it is damaged; "
    "run snapgate fsck";
constexpr std::string_view kNoTime = "1970-01-01T00:00:00.000";
// Two files, of the environment and of the one that reads on after a failed disk; tests open more.
constexpr size_t kSlots = 64;
constexpr size_t kTextBytes = 6000;  // the longest path is 4096 bytes
constexpr int kPatienceMs = 1000;

// A place of a file in memory, and the line about it: before the time, and between the time and the
// offset. A handler cannot allocate, so the line is made beforehand.
struct Slot {
    std::atomic<uintptr_t> begin = 0;  // 0: free
    std::atomic<uintptr_t> end = 0;
    std::atomic<uint64_t> offset = 0;  // of `begin` in the file
    std::array<char, kTextBytes> text{};
    size_t before_time = 0;
    size_t size = 0;
    char last = 0;  // behind the offset, if it is not 0
};

base::Mutex& slots_mutex() {
    static base::Mutex mutex;
    return mutex;
}
// Zero from the beginning of the process: the handler must not wait for an initialization.
std::array<Slot, kSlots> slots;
std::array<struct sigaction, NSIG> earlier;

// A line put together without an allocation.
class Line {
  public:
    void add(std::string_view text) {
        const size_t count = std::min(text.size(), bytes_.size() - size_);
        std::memcpy(bytes_.data() + size_, text.data(), count);
        size_ += count;
    }
    void add(uint64_t number, size_t digits = 1) {
        std::array<char, 20> text;
        const auto end = std::to_chars(text.data(), text.data() + text.size(), number);
        const std::string_view written(text.data(), static_cast<size_t>(end.ptr - text.data()));
        for (size_t i = written.size(); i < digits; ++i) add("0");
        add(written);
    }
    void write() const {
        size_t done = 0;
        while (done < size_) {
            // A pipe that nobody reads must not keep the process from ending.
            pollfd ready{STDERR_FILENO, POLLOUT, 0};
            if (::poll(&ready, 1, kPatienceMs) <= 0) return;
            const ssize_t count = ::write(STDERR_FILENO, bytes_.data() + done, size_ - done);
            if (count <= 0) return;
            done += static_cast<size_t>(count);
        }
    }

  private:
    std::array<char, kTextBytes + 128> bytes_{};
    size_t size_ = 0;
};

void add_time(Line& line) {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    const std::chrono::sys_seconds time{std::chrono::seconds(now.tv_sec)};
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    line.add(static_cast<uint64_t>(static_cast<int>(date.year())), 4);
    line.add("-");
    line.add(static_cast<unsigned>(date.month()), 2);
    line.add("-");
    line.add(static_cast<unsigned>(date.day()), 2);
    line.add("T");
    line.add(static_cast<uint64_t>(clock.hours().count()), 2);
    line.add(":");
    line.add(static_cast<uint64_t>(clock.minutes().count()), 2);
    line.add(":");
    line.add(static_cast<uint64_t>(clock.seconds().count()), 2);
    line.add(".");
    line.add(static_cast<uint64_t>(now.tv_nsec / 1'000'000), 3);
}

[[noreturn]] void end_in_slot(const Slot& slot, uintptr_t address) {
    Line line;
    const std::string_view text(slot.text.data(), slot.size);
    line.add(text.substr(0, slot.before_time));
    add_time(line);
    line.add(text.substr(slot.before_time));
    line.add(address - slot.begin.load() + slot.offset.load());
    if (slot.last != 0) line.add({&slot.last, 1});
    line.add("\n");
    line.write();
    ::_exit(1);
}

void handle(int signal, siginfo_t* info, void* /*context*/) {
    const int saved = errno;
    const auto address = reinterpret_cast<uintptr_t>(info->si_addr);
    // Codes up to 0 are signals that some process sent; they have no address.
    for (const Slot& slot : slots) {
        const uintptr_t begin = slot.begin.load(std::memory_order_acquire);
        if (info->si_code > 0 && begin != 0 && address >= begin && address < slot.end.load())
            end_in_slot(slot, address);
    }
    // The instruction runs again, and its signal takes its earlier course. One that was sent has to
    // be sent again.
    ::sigaction(signal, &earlier[static_cast<size_t>(signal)], nullptr);
    if (info->si_code <= 0) ::raise(signal);
    errno = saved;
}

void install() {
    struct sigaction action{};
    action.sa_sigaction = handle;
    action.sa_flags = SA_SIGINFO;
    sigemptyset(&action.sa_mask);
    for (const int signal : {SIGBUS, SIGSEGV})
        ::sigaction(signal, &action, &earlier[static_cast<size_t>(signal)]);
}

bool is_json() {
    return ::isatty(STDERR_FILENO) != 1;
}

void prepare_text(Slot& slot, const std::filesystem::path& file) {
    const std::string line = base::log::format_line(is_json(), base::log::Level::kError, 0, kWhat,
                                                    {{"file", file.string()}, {"offset", 0}});
    const size_t time = line.find(kNoTime);
    std::string text = line.substr(0, time) + line.substr(time + kNoTime.size());
    slot.last = 0;
    if (text.back() != '0') {
        slot.last = text.back();
        text.pop_back();
    }
    text.pop_back();  // the offset 0
    slot.before_time = time;
    slot.size = std::min(text.size(), slot.text.size());
    std::memcpy(slot.text.data(), text.data(), slot.size);
}

// A line of /proc/self/maps: "begin-end rights offset device inode   path", in hexadecimal.
struct Place {
    uintptr_t begin = 0;
    uintptr_t end = 0;
    uint64_t offset = 0;
    std::string path;
};

bool parse_place(const std::string& line, Place& place) {
    std::istringstream in(line);
    std::string rights;
    std::string device;
    std::string inode;
    char dash = 0;
    in >> std::hex >> place.begin >> dash >> place.end >> rights >> place.offset >> device >> inode;
    if (!in) return false;
    std::getline(in >> std::ws, place.path);
    return true;
}

}  // namespace

MappedFile::MappedFile(const std::filesystem::path& file) {
    static std::once_flag installed;
    std::call_once(installed, install);
    std::error_code failed;
    const std::string path = std::filesystem::canonical(file, failed).string();
    const base::MutexLock lock(slots_mutex());
    std::ifstream maps("/proc/self/maps");
    Place place;
    for (std::string line; std::getline(maps, line);) {
        if (!parse_place(line, place) || failed || place.path != path) continue;
        size_t free = kSlots;
        bool named = false;
        for (size_t i = 0; i < kSlots; ++i) {
            const uintptr_t begin = slots[i].begin.load();
            if (begin == place.begin) named = true;
            if (begin == 0 && free == kSlots) free = i;
        }
        if (named || free == kSlots) continue;
        prepare_text(slots[free], path);
        slots[free].end.store(place.end);
        slots[free].offset.store(place.offset);
        slots[free].begin.store(place.begin, std::memory_order_release);
        slots_.push_back(free);
    }
}

MappedFile::~MappedFile() {
    const base::MutexLock lock(slots_mutex());
    for (const size_t slot : slots_) slots[slot].begin.store(0);
}

void end_for_damage(const std::filesystem::path& file, std::string_view what) {
    Line line;
    line.add(base::log::format_line(
        is_json(), base::log::Level::kError, base::system_clock().now_ms(),
        "the file is damaged; run snapgate fsck", {{"file", file.string()}, {"error", what}}));
    line.add("\n");
    line.write();
    ::_exit(1);
}

}  // namespace snapgate::engine
