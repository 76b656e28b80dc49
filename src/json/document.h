#pragma once

#include <simdjson.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "json/limits.h"

namespace snapgate::json {

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

// The member of an object; of a key given twice the last counts, as for Go and where objects are
// taken in. (simdjson's own at_key() gives the first.) nullopt if there is none.
std::optional<simdjson::dom::element> last_member(const simdjson::dom::element& object,
                                                  std::string_view key);

}  // namespace snapgate::json
