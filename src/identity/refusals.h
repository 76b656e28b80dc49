#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/result.h"

namespace snapgate::identity {

// Why a token is refused: the label of a metric.
enum class Refusal {
    kMalformed,
    kAlgorithm,
    kUnknownIssuer,
    kUnknownKey,
    kSignature,
    kAudience,
    kExpired,
    kTooEarly,
    kClaims,       // a claim is missing or of another type
    kNoRule,       // it is good, and no rule gives it a role
    kUnavailable,  // the issuer's keys are not known, or too old
};

inline constexpr std::array<std::string_view, 11> kRefusalNames{
    "malformed", "algorithm", "unknownIssuer", "unknownKey", "signature",  "audience",
    "expired",   "tooEarly",  "claims",        "noRule",     "unavailable"};

// The error for it: kForbidden for kNoRule, kUnavailable for kUnavailable, else kUnauthorized. Its
// `subject` is the name of the refusal, its message "the token is refused: " and `what`, which
// holds nothing of the token that is not verified.
base::Error refuse(Refusal refusal, std::string_view what);
// Of an error that refuse() made.
Refusal refusal_of(const base::Error& error);

}  // namespace snapgate::identity
