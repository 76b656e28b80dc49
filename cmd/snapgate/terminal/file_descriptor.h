#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "remote/failure.h"

namespace snapgate::cli {

// A file descriptor that closes itself.
class FileDescriptor {
  public:
    FileDescriptor() = default;
    explicit FileDescriptor(int fd) : fd_(fd) {}
    ~FileDescriptor();
    FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    FileDescriptor& operator=(FileDescriptor&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    FileDescriptor(const FileDescriptor&) = delete;
    FileDescriptor& operator=(const FileDescriptor&) = delete;

    explicit operator bool() const { return fd_ >= 0; }
    int get() const { return fd_; }

  private:
    int fd_ = -1;
};

// Everything up to the end of the file. kTooLarge above `max_bytes`, kInternal if reading fails.
base::Result<std::string> read_all(int fd, size_t max_bytes);

// A whole file. kUsage if it cannot be read or is larger; the message calls it `what` and its name:
// "cannot read the CA ca.crt: ...".
Outcome<std::string> read_file(const std::string& file, size_t max_bytes, std::string_view what);
// Like read_file(), without a `what`; "-" is standard input.
Outcome<std::string> read_file_or_input(const std::string& file, size_t max_bytes);

}  // namespace snapgate::cli
