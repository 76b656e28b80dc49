#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/file_descriptor.h"
#include "remote/failure.h"
#include "remote/temporary_file.h"

namespace snapgate::cli {

// A file as its user wrote it, or a copy that only this process can read.
struct ReadableFile {
    base::FileDescriptor file;
    std::optional<base::StreamCipher> cipher;  // of the copy

    // As pread(2), without being interrupted.
    ssize_t read(uint64_t offset, char* room, size_t size) const;
};

// One FILE of an import, as a JSON text that can be read more than once. Standard input and other
// streams are copied to a temporary file first, and YAML is rewritten as JSON into one: never into
// memory. One thread.
class ImportInput {
  public:
    // Told now and then how many bytes of the file have been taken in.
    using Taken = std::function<void(uint64_t bytes)>;

    // `file` is a path, or "-" for standard input; `complete` says that its user knows that it is
    // whole. kUsage if it cannot be read, kRefused if what it holds can be no dump (nothing at all,
    // compressed, UTF-16, YAML that is broken or was cut off).
    static Outcome<ImportInput> open(const std::string& file, bool complete,
                                     const Taken& taken = {});

    // For messages: the path as given, or "standard input".
    const std::string& name() const { return name_; }
    uint64_t bytes() const { return bytes_; }
    // Whether it was YAML with something in it whose end cannot be seen; see json::YamlEnd.
    bool open_ended() const { return open_ended_; }

    // The next bytes from `offset` on, at most `room.size()`; "" at the end. kInternal if reading
    // fails, kConflict if the file has changed since it was opened.
    base::Result<std::string_view> read(uint64_t offset, std::string& room) const;

  private:
    ImportInput() = default;

    std::string name_;
    ReadableFile file_;
    uint64_t bytes_ = 0;
    int64_t modified_ns_ = 0;
    bool open_ended_ = false;
    uint64_t start_ = 0;  // behind a byte order mark
};

}  // namespace snapgate::cli
