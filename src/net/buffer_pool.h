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
        return buffer;
    }
    // Memory beyond what pages need goes back to the system.
    void give(std::string buffer) {
        if (buffer.capacity() > kMaxKeptBytes || free_.size() >= kMaxKept) return;
        if (buffer.capacity() == std::string().capacity()) return;
        buffer.clear();
        free_.push_back(std::move(buffer));
    }

  private:
    static constexpr size_t kMaxKeptBytes = 1 << 20;
    static constexpr size_t kMaxKept = 32;
    std::vector<std::string> free_;
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
