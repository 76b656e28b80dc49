#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/file_descriptor.h"
#include "base/result.h"

namespace snapgate::store {

// The file in which a repair keeps the rows that it removes because they are damaged. It is text,
// with a line for each row: the key, a blank, the value as it was stored (its checksum first), both
// in hexadecimal, a blank, and what the row was. Only its owner may read it. Without a row there is
// no file. Belongs to one thread.
class DamagedFile {
  public:
    // `now_ms`: the system's time, for the file's name: damaged-20261104T141906.123Z.
    DamagedFile(const std::filesystem::path& directory, int64_t now_ms);
    // Removes the file unless it was kept.
    ~DamagedFile();
    DamagedFile(const DamagedFile&) = delete;
    DamagedFile& operator=(const DamagedFile&) = delete;

    base::Result<void> add(std::string_view key, std::string_view stored);
    // Waits until all that was added is on disk.
    base::Result<void> sync();
    // From now on the file stays.
    void keep() { kept_ = true; }

    uint64_t rows() const { return rows_; }
    const std::filesystem::path& path() const { return path_; }

  private:
    base::Result<void> make();
    base::Result<void> write_out();
    base::Error failed(const char* what) const;

    const std::filesystem::path path_;
    base::FileDescriptor fd_;
    std::string pending_;
    uint64_t rows_ = 0;
    bool kept_ = false;
};

}  // namespace snapgate::store
