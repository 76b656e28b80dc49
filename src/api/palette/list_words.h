#pragma once

#include "query/listing.h"

namespace snapgate::api::palette {

inline constexpr std::string_view kTokenExpired =
    "the state that this list began with is no longer kept: go on with details.continue at the "
    "newest state, or begin anew without a token";
inline constexpr std::string_view kStateExpired =
    "the state that this list began with is no longer kept: begin anew";

// How the list of one cluster tells what is wrong with a token.
inline constexpr query::ListWords kListWords{
    .broken_token =
        [](std::string_view) {
            return std::string(
                "continue is no token that this server gave out: use the token of the page before "
                "with the same cluster, vmName and namespace, or leave it out to begin anew");
        },
    .foreign_token =
        "continue belongs to another list: use the token of the page before with the "
        "same cluster, vmName and namespace, or leave it out to begin anew",
    .token_expired = kTokenExpired,
    .state_expired = kStateExpired,
    .version_with_token = {},
    .version_ahead = nullptr,
};

// How lists over several clusters, which may be filtered and sorted, tell it.
inline constexpr query::ListWords kFleetWords{
    .broken_token =
        [](std::string_view) {
            return std::string(
                "continue is no token that this server gave out: use the token of the page before "
                "with the same filters and order, or leave it out to begin anew");
        },
    .foreign_token =
        "continue belongs to another list: use the token of the page before with the same filters "
        "and order, or leave it out to begin anew",
    .token_expired = kTokenExpired,
    .state_expired = kStateExpired,
    .version_with_token = {},
    .version_ahead = nullptr,
};

}  // namespace snapgate::api::palette
