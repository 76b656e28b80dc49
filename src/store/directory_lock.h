#pragma once

#include <filesystem>

#include "base/result.h"

namespace snapgate::store {

// Keeps a directory to one process at a time, by a lock the system drops when the process ends,
// however it ends.
class DirectoryLock {
  public:
    // kUnavailable if someone else has it. Makes the directory (0700) if it is not there.
    static base::Result<DirectoryLock> take(const std::filesystem::path& directory);
    ~DirectoryLock();
    DirectoryLock(DirectoryLock&& other) noexcept;
    DirectoryLock& operator=(DirectoryLock&&) = delete;

  private:
    explicit DirectoryLock(int fd) : fd_(fd) {}
    int fd_;
};

}  // namespace snapgate::store
