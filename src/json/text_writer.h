#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

namespace snapgate::json {

// A growing text that is written to at full speed and keeps its memory for the next one. Writing
// through std::string costs a third of the time of preparing an object. Not thread-safe.
class TextWriter {
  public:
    size_t size() const { return size_; }
    std::string_view view() const { return {text_.get(), size_}; }
    void clear() { size_ = 0; }
    // Gives memory above `kept_bytes` back.
    void shrink(size_t kept_bytes) {
        if (capacity_ <= kept_bytes) return;
        text_.reset();
        size_ = capacity_ = 0;
    }

    void put(char c) {
        *room(1) = c;
        ++size_;
    }
    void put(std::string_view text) {
        if (text.empty()) return;
        std::memcpy(room(text.size()), text.data(), text.size());
        size_ += text.size();
    }
    // As a JSON string with its quotes, escaped as Go's encoder does with HTML escaping off: the
    // characters that must be, and U+2028 and U+2029. `text` must be UTF-8.
    void put_string(std::string_view text);
    void put_base64(std::string_view bytes);

  private:
    // Where the next byte goes, with room for so many.
    char* room(size_t more) {
        if (!text_ || capacity_ - size_ < more) grow(more);
        return text_.get() + size_;
    }
    void grow(size_t more);

    std::unique_ptr<char[]> text_;
    size_t size_ = 0;
    size_t capacity_ = 0;
};

// What put_string writes.
std::string to_json_string(std::string_view text);

// Whether put_string would write anything but the text between quotes.
bool needs_escapes(std::string_view text);

}  // namespace snapgate::json
