#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace snapgate::base {

// A file descriptor that closes itself. It may be empty: a call that fails gives -1. Closing it
// keeps errno.
class FileDescriptor {
  public:
    FileDescriptor() = default;
    explicit FileDescriptor(int fd) : fd_(fd) {}
    ~FileDescriptor();
    FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    FileDescriptor& operator=(FileDescriptor&& other) noexcept {
        FileDescriptor taken(std::move(other));
        std::swap(fd_, taken.fd_);
        return *this;
    }
    FileDescriptor(const FileDescriptor&) = delete;
    FileDescriptor& operator=(const FileDescriptor&) = delete;

    explicit operator bool() const { return fd_ >= 0; }
    int get() const { return fd_; }

  private:
    int fd_ = -1;
};

// Appends what is left of a file to `bytes`, until that has `most` bytes, and one byte more if
// there is more. False, with errno set, if reading fails.
bool read_up_to(int fd, size_t most, std::string& bytes);

// Writes all of `bytes` to a blocking descriptor. False, with errno set, if a part could not be
// written.
bool write_all(int fd, std::string_view bytes);

// Whether this errno of a write says that there is no room: the disk or the quota is full, or the
// file may not grow (`ulimit -f`; the process must ignore SIGXFSZ to see that one).
bool means_disk_full(int error_number);

}  // namespace snapgate::base
