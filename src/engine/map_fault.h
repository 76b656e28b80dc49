#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

struct MDB_env;

namespace snapgate::engine {

// LMDB follows what stands in its file without checking it, so a damaged page can lead it to an
// address that is not there. From the first call on, such a fault (SIGSEGV or SIGBUS, within a
// mapped data file or within LMDB's own code) ends the process with exit code 1 and a line in the
// log that names the file and, where it is known, the offset; before, it was a signal without a
// word. All that was acknowledged is on disk. Other faults do what they did before. Any thread.
void exit_on_map_faults();

// A data file may have a note beside it: a file with this behind its name. Whoever ends the process
// in one of these ways adds this line to it, for whoever opens the data file next.
inline constexpr std::string_view kNote = ".note";
inline constexpr std::string_view kDamagedNote = "damaged";

// What LMDB calls where one of its assertions fails, which is what a damaged page looks like to it:
// ends the process in the same way, instead of by abort().
[[noreturn]] void exit_on_failed_assertion(MDB_env* environment, const char* what);

// Names a data file that is mapped, once it is open, until it is closed. At most eight are known at
// a time; a fault in another one is told without its name. Any thread.
class MappedFile {
  public:
    explicit MappedFile(const std::filesystem::path& file);
    ~MappedFile();
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

  private:
    int slot_ = -1;
};

}  // namespace snapgate::engine
