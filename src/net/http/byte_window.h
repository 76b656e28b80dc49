#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace snapgate::net {

// A flat buffer that is filled at its end and used up from its start.
class ByteWindow {
  public:
    std::string_view view() const { return {bytes_.get() + begin_, end_ - begin_}; }
    size_t size() const { return end_ - begin_; }
    bool empty() const { return begin_ == end_; }

    void consume(size_t count) {
        begin_ += count;
        if (begin_ == end_) begin_ = end_ = 0;
    }
    // `rest` lies within view(), or elsewhere: from now on the window holds just that.
    void keep(std::string_view rest) {
        if (rest.empty()) {
            begin_ = end_ = 0;
            return;
        }
        if (rest.data() >= bytes_.get() && rest.data() < bytes_.get() + capacity_) {
            begin_ = static_cast<size_t>(rest.data() - bytes_.get());
            end_ = begin_ + rest.size();
            return;
        }
        begin_ = end_ = 0;
        make_room(rest.size());
        std::memcpy(bytes_.get(), rest.data(), rest.size());
        end_ = rest.size();
    }

    // Room for at least `count` bytes behind what is there.
    void make_room(size_t count) {
        if (capacity_ - end_ >= count) return;
        const size_t held = size();
        if (begin_ > 0 && capacity_ - held >= count) {
            std::memmove(bytes_.get(), bytes_.get() + begin_, held);
        } else {
            const size_t capacity = std::max({kSmallest, capacity_ * 2, held + count});
            auto bytes = std::make_unique_for_overwrite<char[]>(capacity);
            if (held > 0) std::memcpy(bytes.get(), bytes_.get() + begin_, held);
            bytes_ = std::move(bytes);
            capacity_ = capacity;
        }
        begin_ = 0;
        end_ = held;
    }
    char* room() { return bytes_.get() + end_; }
    size_t room_size() const { return capacity_ - end_; }
    void filled(size_t count) { end_ += count; }
    void append(std::string_view bytes) {
        make_room(bytes.size());
        std::memcpy(room(), bytes.data(), bytes.size());
        filled(bytes.size());
    }

    // Gives memory back if it is empty and large.
    void shrink() {
        if (!empty() || capacity_ <= kSmallest) return;
        bytes_.reset();
        capacity_ = begin_ = end_ = 0;
    }

  private:
    static constexpr size_t kSmallest = 4 << 10;
    std::unique_ptr<char[]> bytes_;
    size_t capacity_ = 0;
    size_t begin_ = 0;
    size_t end_ = 0;
};

}  // namespace snapgate::net
