#pragma once

#include <filesystem>
#include <utility>

#include "base/file_descriptor.h"
#include "base/result.h"

namespace snapgate::store {

// Reserves a directory for one process, by a lock that the system drops when the process ends,
// however it ends.
class DirectoryLock {
  public:
    // kUnavailable if another process has the lock. Makes the directory (0700) if it does not
    // exist.
    static base::Result<DirectoryLock> take(const std::filesystem::path& directory);

  private:
    explicit DirectoryLock(base::FileDescriptor fd) : fd_(std::move(fd)) {}
    base::FileDescriptor fd_;
};

}  // namespace snapgate::store
