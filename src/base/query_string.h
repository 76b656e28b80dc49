#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace snapgate::base {

// The parameters of a URL's query (without its '?'), in order. Values stay encoded until a caller
// decodes them: a value that nobody reads need not be correct.
class QueryString {
  public:
    struct Parameter {
        std::string name;        // decoded
        std::string_view value;  // still encoded; "" if there is no '='
    };

    explicit QueryString(std::string_view query) : rest_(query) {}

    // The next parameter whose name can be decoded; nullopt at the end.
    std::optional<Parameter> next();

  private:
    std::string_view rest_;
};

// Which control characters (U+0000 to U+001F, U+007F) a parameter may hold.
enum class Controls {
    kNone,
    kBlanks,  // tab, line feed, carriage return: between the words of a selector
    kAny,     // its reader judges each character
};

// The value of a parameter, decoded. kInvalidParameter, with the parameter's name, if it is not
// percent-encoded correctly or has a control character that is not allowed: a later reader that
// stops at a zero byte would act on only a part of the caller's text.
Result<std::string> decode_parameter(std::string_view name, std::string_view value,
                                     Controls controls = Controls::kNone);

// A segment of a path, decoded ('+' stays '+'). nullopt if it is not percent-encoded correctly or
// has a control character: such a segment names nothing.
std::optional<std::string> decode_segment(std::string_view segment);

}  // namespace snapgate::base
