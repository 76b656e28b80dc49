#pragma once

#include <simdjson.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace snapgate::json {

// What is taken from outside.
constexpr size_t kMaxObjectBytes = 2 << 20;
// What is stored may be larger by what the server itself writes into it (a deletion's times): an
// object must never be too large to be deleted.
constexpr size_t kMaxStoredBytes = kMaxObjectBytes + (64 << 10);
constexpr size_t kMaxLevels = 64;

// A reader of untrusted JSON by simdjson that keeps its memory between texts. The whole text is
// validated. Not thread-safe: use one a thread. What it reads is good until the next parse().
class Document {
  public:
    // kInvalidBody if it is no JSON, kTooLarge above kMaxStoredBytes. Nesting is up to the caller.
    base::Result<simdjson::dom::element> parse(std::string_view text);

    // Gives memory back if an unusually large text has been read.
    void shrink();

  private:
    simdjson::error_code parse_padded(std::string_view text, simdjson::dom::element& root);

    std::unique_ptr<simdjson::dom::parser> parser_;
    std::string padded_;
};

}  // namespace snapgate::json
