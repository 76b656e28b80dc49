#include "engine/map_fault.h"

#include <fcntl.h>
#include <link.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <mutex>
#include <string>
#include <string_view>

namespace snapgate::engine {
namespace {

constexpr size_t kFiles = 8;
constexpr size_t kMostPath = 1024;

// What the handler reads: it may take no lock and no memory.
struct Slot {
    std::atomic<bool> taken = false;
    std::atomic<uintptr_t> begin = 0;
    std::atomic<uintptr_t> end = 0;
    std::array<char, kMostPath> path = {};  // written before `begin`
};
std::array<Slot, kFiles> slots;

// LMDB's own code.
uintptr_t code_begin = 0;
uintptr_t code_end = 0;

struct sigaction old_segv = {};
struct sigaction old_bus = {};

// Text that is put together without memory.
class Line {
  public:
    void add(std::string_view text) {
        const size_t size = std::min(text.size(), bytes_.size() - size_);
        std::memcpy(bytes_.data() + size_, text.data(), size);
        size_ += size;
    }
    // What JSON would have to escape is left out.
    void add_plain(std::string_view text) {
        for (const char& byte : text)
            if (byte >= ' ' && byte != '"' && byte != '\\') add({&byte, 1});
    }
    // With zeros in front, so that there are at least `width` digits.
    void add_number(uint64_t number, size_t width = 1) {
        std::array<char, 20> digits = {};
        size_t at = digits.size();
        do {
            digits.at(--at) = static_cast<char>('0' + number % 10);
            number /= 10;
        } while (number > 0 || digits.size() - at < width);
        add({digits.data() + at, digits.size() - at});
    }
    // The present time, as other lines of the log have it.
    void add_time() {
        using namespace std::chrono;
        const auto now = floor<milliseconds>(system_clock::now());
        const year_month_day date(floor<days>(now));
        const hh_mm_ss time(now - floor<days>(now));
        add_number(static_cast<uint64_t>(static_cast<int>(date.year())), 4);
        add("-");
        add_number(static_cast<unsigned>(date.month()), 2);
        add("-");
        add_number(static_cast<unsigned>(date.day()), 2);
        add("T");
        add_number(static_cast<uint64_t>(time.hours().count()), 2);
        add(":");
        add_number(static_cast<uint64_t>(time.minutes().count()), 2);
        add(":");
        add_number(static_cast<uint64_t>(time.seconds().count()), 2);
        add(".");
        add_number(static_cast<uint64_t>(time.subseconds().count()), 3);
        add("Z");
    }
    void write_out(int file) const {
        std::string_view rest(bytes_.data(), size_);
        while (!rest.empty()) {
            const ssize_t written = ::write(file, rest.data(), rest.size());
            if (written <= 0) return;
            rest.remove_prefix(static_cast<size_t>(written));
        }
    }

  private:
    std::array<char, 2048> bytes_ = {};
    size_t size_ = 0;
};

uintptr_t instruction_of(const void* context) {
    const auto& machine = static_cast<const ucontext_t*>(context)->uc_mcontext;
#if defined(__x86_64__)
    return static_cast<uintptr_t>(machine.gregs[REG_RIP]);
#elif defined(__aarch64__)
    return machine.pc;
#else
    static_cast<void>(machine);
    return 0;
#endif
}

const Slot* slot_of(uintptr_t address) {
    for (const Slot& slot : slots)
        if (address >= slot.begin.load() && address < slot.end.load()) return &slot;
    return nullptr;
}

// Adds to the file's note, if it has one.
void note_damage(const Slot& slot) {
    std::array<char, kMostPath + kNote.size()> name = {};
    const size_t size = std::strlen(slot.path.data());
    std::memcpy(name.data(), slot.path.data(), size);
    std::memcpy(name.data() + size, kNote.data(), kNote.size());
    const int note = ::open(name.data(), O_WRONLY | O_APPEND | O_CLOEXEC);
    if (note < 0) return;
    Line line;
    line.add(kDamagedNote);
    line.add("\n");
    line.write_out(note);
    ::close(note);
}

[[noreturn]] void tell_and_exit(const Slot* slot, uintptr_t address) {
    Line line;
    line.add(R"({"time":")");
    line.add_time();
    line.add(R"(","level":"error","message":"the data file is damaged: LMDB cannot go on with it; )"
             R"(see snapgate fsck")");
    if (slot == nullptr) {
        // LMDB went astray: of one open file it can only be that one.
        for (const Slot& one : slots)
            if (one.begin.load() != 0) slot = &one;
    } else {
        line.add(R"(,"offset":)");
        line.add_number(address - slot->begin.load());
    }
    if (slot != nullptr) {
        line.add(R"(,"file":")");
        line.add_plain(slot->path.data());
        line.add("\"");
    }
    line.add("}\n");
    line.write_out(STDERR_FILENO);
    if (slot != nullptr) note_damage(*slot);
    ::_exit(1);
}

void handle(int signal, siginfo_t* info, void* context) {
    const auto address = reinterpret_cast<uintptr_t>(info->si_addr);
    const Slot* slot = slot_of(address);
    const uintptr_t at = instruction_of(context);
    if (slot != nullptr || (at >= code_begin && at < code_end)) tell_and_exit(slot, address);
    // Whoever was there before does what it would have done: the instruction runs again.
    ::sigaction(signal, signal == SIGBUS ? &old_bus : &old_segv, nullptr);
    // Somebody sent the signal: no instruction will raise it a second time.
    if (info->si_code <= 0) ::raise(signal);
}

int find_code(dl_phdr_info* object, size_t /*size*/, void* /*data*/) {
    if (std::string_view(object->dlpi_name).find("liblmdb") == std::string_view::npos) return 0;
    for (int i = 0; i < object->dlpi_phnum; ++i) {
        const auto& part =
            object->dlpi_phdr[i];  // NOLINT(*-pointer-arithmetic): the linker's array
        if (part.p_type != PT_LOAD || (part.p_flags & PF_X) == 0) continue;
        code_begin = object->dlpi_addr + part.p_vaddr;
        code_end = code_begin + part.p_memsz;
    }
    return 1;
}

struct Range {
    uintptr_t begin = 0;
    uintptr_t end = 0;
};

// Where the system has mapped a file: the largest of its places.
Range range_of(const std::string& path) {
    std::ifstream maps("/proc/self/maps");
    Range largest;
    for (std::string line; std::getline(maps, line);) {
        if (!line.ends_with(path)) continue;
        char* rest = nullptr;
        const uintptr_t begin = std::strtoull(line.c_str(), &rest, 16);
        if (*rest != '-') continue;
        const uintptr_t end = std::strtoull(rest + 1, nullptr, 16);
        if (end - begin > largest.end - largest.begin) largest = {begin, end};
    }
    return largest;
}

}  // namespace

void exit_on_failed_assertion(MDB_env* /*environment*/, const char* /*what*/) {
    tell_and_exit(nullptr, 0);
}

void exit_on_map_faults() {
    static std::once_flag once;
    std::call_once(once, [] {
        ::dl_iterate_phdr(find_code, nullptr);
        struct sigaction action = {};
        action.sa_sigaction = handle;
        action.sa_flags = SA_SIGINFO;
        sigemptyset(&action.sa_mask);
        ::sigaction(SIGSEGV, &action, &old_segv);
        ::sigaction(SIGBUS, &action, &old_bus);
    });
}

MappedFile::MappedFile(const std::filesystem::path& file) {
    std::error_code failed;
    const std::string path = std::filesystem::canonical(file, failed).string();
    const Range range = range_of(path);
    if (failed || range.begin == 0) return;
    for (size_t i = 0; i < slots.size(); ++i) {
        Slot& slot = slots.at(i);
        if (slot.taken.exchange(true)) continue;
        slot.path.fill('\0');
        std::memcpy(slot.path.data(), path.data(), std::min(path.size(), kMostPath - 1));
        slot.end = range.end;
        slot.begin = range.begin;
        slot_ = static_cast<int>(i);
        return;
    }
}

MappedFile::~MappedFile() {
    if (slot_ < 0) return;
    Slot& slot = slots.at(static_cast<size_t>(slot_));
    slot.end = 0;
    slot.begin = 0;
    slot.taken = false;
}

}  // namespace snapgate::engine
