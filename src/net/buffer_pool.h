#pragma once

#include <string>
#include <utility>
#include <vector>

namespace snapgate::net {

// The buffers of one thread's connections. A connection holds one only while it answers a request,
// so thousands of idle connections keep none, and the one taken next is the one still in the CPU's
// cache. One thread; outlives what it lends.
class BufferPool {
  public:
    // An empty string, usually with capacity.
    std::string take() {
        if (free_.empty()) return {};
        std::string buffer = std::move(free_.back());
        free_.pop_back();
        kept_bytes_ -= buffer.capacity();
        return buffer;
    }
    // Memory beyond what a page or a piece of a list needs goes back to the system: whoever takes a
    // buffer may hold it for as long as its client is slow. (Memory that is new to the process
    // costs as much as filling it.)
    void give(std::string buffer) {
        const size_t bytes = buffer.capacity();
        if (bytes == std::string().capacity() || bytes > kMaxBytes) return;
        if (free_.size() >= kMaxKept || kept_bytes_ + bytes > kMaxKeptBytes) return;
        kept_bytes_ += bytes;
        buffer.clear();
        free_.push_back(std::move(buffer));
    }

  private:
    static constexpr size_t kMaxBytes = 640 << 10;
    static constexpr size_t kMaxKeptBytes = 16 << 20;
    static constexpr size_t kMaxKept = 32;
    std::vector<std::string> free_;
    size_t kept_bytes_ = 0;
};

// A buffer on loan; goes back at the end of its life.
class BufferLoan {
  public:
    explicit BufferLoan(BufferPool& pool) : pool_(pool), text(pool.take()) {}
    ~BufferLoan() { pool_.give(std::move(text)); }
    BufferLoan(const BufferLoan&) = delete;
    BufferLoan& operator=(const BufferLoan&) = delete;

  private:
    BufferPool& pool_;

  public:
    std::string text;
};

}  // namespace snapgate::net
