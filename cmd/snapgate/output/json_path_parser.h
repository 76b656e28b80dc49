#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "output/json_path.h"

namespace snapgate::cli {

// Reads a template of JSONPath, from its beginning to its end. Used once, by one thread.
class JsonPathParser {
  public:
    explicit JsonPathParser(std::string_view text) : text_(text) {}
    base::Result<JsonPath> parse();

  private:
    using Part = JsonPath::Part;
    using Step = JsonPath::Step;
    using Steps = JsonPath::Steps;
    enum class Ended { kText, kRange };

    // Parts up to the end of the text or the {end} of a range.
    base::Result<Ended> parse_parts(std::vector<Part>& parts, unsigned depth);
    // What is between braces; the position is behind the opening one.
    base::Result<void> parse_expression(Part& part);
    base::Result<Steps> parse_steps(unsigned depth);
    base::Result<void> parse_step(Steps& steps, unsigned depth);
    base::Result<std::string> parse_name();
    base::Result<void> parse_brackets(Steps& steps, unsigned depth);
    base::Result<Step> parse_selector();
    base::Result<Step> parse_filter(unsigned depth);
    base::Result<JsonPath::Compare> parse_compare();
    base::Result<std::optional<int64_t>> parse_number();
    base::Result<std::string> parse_quoted();
    base::Result<json::Value> parse_literal();

    bool at(std::string_view word) const { return text_.substr(position_).starts_with(word); }
    bool take(std::string_view word);
    bool take_word(std::string_view word);
    void skip_blanks();
    bool at_end() const { return position_ == text_.size(); }
    // The error at the present position.
    base::Error wrong(std::string_view what) const;

    std::string_view text_;
    size_t position_ = 0;
};

}  // namespace snapgate::cli
