#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "base/file_descriptor.h"
#include "base/result.h"

namespace snapgate::audit {

// A file of lines that only grows at its end, and that is put aside when it is large: FILE becomes
// FILE.1, FILE.1 becomes FILE.2, and the last one that is not kept is removed. Mode 0600. Belongs
// to one thread at a time.
//
// A line that is there is whole: what a write left that failed, or a killed process, is cut off.
class LogFile {
  public:
    // Before a file would have more than `most_bytes` it is put aside; `keep` of those are kept.
    LogFile(std::filesystem::path file, uint64_t most_bytes, unsigned keep);

    // Opens the file anew, as it was put aside by somebody else. Also the first time. kUnavailable;
    // kInvalid if it is no regular file.
    base::Result<void> reopen();
    // Appends whole lines, each with its line feed, and waits until they are on the disk. Either
    // all of them are in the file, or none. kStorageFull, kUnavailable.
    base::Result<void> append(std::string_view lines);

  private:
    base::Result<void> rotate();
    base::Result<void> cut(uint64_t size);
    base::Error failed(std::string_view what, int error_number) const;

    const std::filesystem::path file_;
    const uint64_t most_bytes_;
    const unsigned keep_;
    base::FileDescriptor fd_;
    uint64_t size_ = 0;
    bool dirty_ = false;  // behind `size_` there may be a part of a line
};

}  // namespace snapgate::audit
