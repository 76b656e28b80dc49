#pragma once

#include <filesystem>

#include "base/result.h"

namespace snapgate::store {

// Reserves a directory for one process, by a lock that the system drops when the process ends,
// however it ends.
class DirectoryLock {
  public:
    // kUnavailable if another process has the lock. Makes the directory (0700) if it does not
    // exist.
    static base::Result<DirectoryLock> take(const std::filesystem::path& directory);
    ~DirectoryLock();
    DirectoryLock(DirectoryLock&& other) noexcept;
    DirectoryLock& operator=(DirectoryLock&&) = delete;

  private:
    explicit DirectoryLock(int fd) : fd_(fd) {}
    int fd_;
};

}  // namespace snapgate::store
