#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace snapgate::base {

// Keeps a file unreadable for everyone but this process: AES-256 in counter mode, with a key that
// is made here and exists in memory alone. Nothing tells whether the file was changed. One thread.
class StreamCipher {
  public:
    StreamCipher();
    ~StreamCipher();
    StreamCipher(StreamCipher&&) noexcept;
    StreamCipher& operator=(StreamCipher&&) noexcept;

    // Turns bytes that stand, or are to stand, at `offset` of the file from one form into the
    // other. Never use two contents for one offset.
    void apply(uint64_t offset, char* bytes, size_t count) const;

  private:
    struct Context;
    std::unique_ptr<Context> context_;
};

}  // namespace snapgate::base
