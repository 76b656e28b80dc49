#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// The bytes of a token, part by part; numbers are big-endian. A writer and a reader have the same
// functions, so that every kind of token lists its parts once, in one function template, for both.
// The first byte is the layout. No two kinds share one, and a kind whose parts change gets a new
// one: the tokens of before are then refused, or their layout is read beside the new one.
namespace snapgate::query {

class TokenWriter {
  public:
    explicit TokenWriter(char layout) : bytes_(1, layout) {}

    // So many bytes.
    void fixed(const std::string& bytes, size_t size);
    void u32(uint32_t number);
    void u64(uint64_t number);
    void i64(int64_t number) { u64(static_cast<uint64_t>(number)); }
    // A text of at most 255 bytes; one of at most 65,535.
    void short_text(const std::string& text);
    void text(const std::string& text);
    // A number that may be unknown, and one more fact beside it.
    void known(const std::optional<uint64_t>& number, bool fact = false);

    const std::string& bytes() const { return bytes_; }

  private:
    std::string bytes_;
};

// Takes the parts of the layout off the bytes; zeros and empty texts once they are used up.
class TokenReader {
  public:
    TokenReader(std::string_view bytes, char layout);

    void fixed(std::string& bytes, size_t size);
    void u32(uint32_t& number);
    void u64(uint64_t& number);
    void i64(int64_t& number);
    void short_text(std::string& text);
    void text(std::string& text);
    void known(std::optional<uint64_t>& number);
    void known(std::optional<uint64_t>& number, bool& fact);

    // Whether the layout was right, and all parts were there, and nothing else.
    bool is_whole() const { return is_whole_ && rest_.empty(); }

  private:
    std::string_view take(size_t size);

    std::string_view rest_;
    bool is_whole_ = true;
};

}  // namespace snapgate::query
