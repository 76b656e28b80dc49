#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

namespace snapgate::engine {

// Names a file that LMDB has mapped into memory, for as long as this exists. An access to a page
// that the file does not have (it was cut short, its disk failed, or a damaged page leads there) is
// a signal, SIGBUS or SIGSEGV. If the address is within a named file, the process then ends with
// exit code 1 and a line in the form of the log that has the file and the offset. Every other such
// signal takes the course that it would have taken.
//
// The first of these installs the handler. Any thread.
class MappedFile {
  public:
    // Finds the places of `file` in memory. If it finds none, an access ends as it would without
    // this. `file` must exist.
    explicit MappedFile(const std::filesystem::path& file);
    ~MappedFile();
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

  private:
    std::vector<size_t> slots_;
};

// Ends the process in the same way, for damage that LMDB itself noticed and cannot go on from. Any
// thread, not within a signal handler.
[[noreturn]] void end_for_damage(const std::filesystem::path& file, std::string_view what);

}  // namespace snapgate::engine
