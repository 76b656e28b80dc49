#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "query/listing.h"

namespace snapgate::query {

// Messages from which tests see which fault of a list occurred.
inline constexpr ListWords kTestWords{
    .broken_token = [](std::string_view) { return std::string("the token is broken"); },
    .foreign_token = "the token is of another list",
    .token_expired = "the token is too old",
    .state_expired = "the state is gone",
    .version_with_token = "a version with a token",
    .version_ahead =
        [](std::string_view version, std::string_view newest) {
            return base::Error(base::Code::kFutureVersion,
                               fmt::format("version {} is ahead of {}", version, newest));
        },
};

}  // namespace snapgate::query
