#pragma once

#include <string_view>

namespace snapgate::json {

// EF BB BF, which some programs put before a text. JSON has none (RFC 8259, section 8.1), and Go's
// reader, with it kubectl, refuses a text that begins with one. So do all readers here, in these
// words: what is taken in must be what other clients of a cluster see.
inline constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
inline constexpr std::string_view kBeginsWithMark =
    "it begins with a byte order mark (EF BB BF), which JSON must not have";

}  // namespace snapgate::json
