#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/result.h"

namespace snapgate::query {

// Pieces of a list's query that several operations read the same way. Errors are kInvalidParameter
// with the parameter's name.

inline constexpr size_t kMaxFilterValues = 1000;
inline constexpr size_t kShownValueBytes = 64;  // of a value that a message repeats

// Splits comma separated values, without blanks around them and without empty ones, and gives each
// to `take`, which may refuse it.
template <class Take>
base::Result<void> each_value(std::string_view csv, const Take& take) {
    while (true) {
        const size_t comma = csv.find(',');
        std::string_view value = csv.substr(0, comma);
        while (value.starts_with(' ')) value.remove_prefix(1);
        while (value.ends_with(' ')) value.remove_suffix(1);
        if (!value.empty()) SNAPGATE_TRY(take(value));
        if (comma == std::string_view::npos) return {};
        csv.remove_prefix(comma + 1);
    }
}

// Adds the values of one parameter to `values`, each of which must be `valid`; `rule` says what
// that is.
base::Result<void> add_values(std::string_view parameter, std::string_view csv,
                              bool (*valid)(std::string_view), std::string_view rule,
                              std::vector<std::string>& values);
base::Result<void> add_vms(std::string_view csv, std::vector<std::string>& vms);
base::Result<void> add_namespaces(std::string_view csv, std::vector<std::string>& namespaces);

void sort_unique(std::vector<std::string>& values);

// 1 to `most` as asked, `most` above it, `usual` for 0 and an empty text.
base::Result<uint32_t> parse_limit(std::string_view text, uint32_t usual, uint32_t most);

// The error for a parameter that may be given once.
base::Error repeated(std::string_view parameter);

}  // namespace snapgate::query
