#include "identity/refusals.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace snapgate::identity {

using base::Code;
using base::Error;

Error refuse(Refusal refusal, std::string_view what) {
    Code code = Code::kUnauthorized;
    if (refusal == Refusal::kNoRule) code = Code::kForbidden;
    if (refusal == Refusal::kUnavailable) code = Code::kUnavailable;
    return {code, fmt::format("the token is refused: {}", what),
            std::string(kRefusalNames.at(static_cast<size_t>(refusal)))};
}

Refusal refusal_of(const Error& error) {
    const auto* const found = std::ranges::find(kRefusalNames, error.subject);
    if (found == kRefusalNames.end()) return Refusal::kMalformed;
    return static_cast<Refusal>(std::distance(kRefusalNames.begin(), found));
}

}  // namespace snapgate::identity
