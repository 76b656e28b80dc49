#include "api/kube/list_words.h"

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "base/ascii.h"

namespace snapgate::api::kube {

base::Cause version_too_large() {
    return {"ResourceVersionTooLarge", "Too large resource version", {}};
}

namespace {

using base::Code;
using base::Error;

bool is_base64url(char c) {
    return base::is_letter_or_digit(c) || c == '-' || c == '_';
}

// Why a text is no token of ours, in the words of Go's base64 where it is not even that.
std::string token_fault(std::string_view text) {
    // Groups of four; a last one may be short of one or two. Line ends are no part of the text.
    size_t in_group = 0;
    size_t group_begin = 0;
    for (size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '\r' || text[at] == '\n') continue;
        if (!is_base64url(text[at])) return fmt::format("illegal base64 data at input byte {}", at);
        if (in_group == 0) group_begin = at;
        in_group = (in_group + 1) % 4;
    }
    if (in_group == 1) return fmt::format("illegal base64 data at input byte {}", group_begin);
    return "it was not given out by this server";
}

std::string broken_token(std::string_view token) {
    return fmt::format("invalid continue token: continue key is not valid: {}", token_fault(token));
}

Error version_ahead(std::string_view version, std::string_view newest) {
    Error error(
        Code::kFutureVersion,
        fmt::format("Timeout: Too large resource version: {}, current: {}", version, newest),
        "resourceVersion");
    error.causes.push_back(version_too_large());
    return error;
}

constexpr std::string_view kTokenExpired =
    "The provided continue parameter is too old to display a consistent list result. "
    "You can start a new list without the continue parameter, or use the continue "
    "token in this response to retrieve the remainder of the results. Continuing with "
    "the provided token results in an inconsistent list - objects that were created, "
    "modified, or deleted between the time the first chunk was returned and now may "
    "show up in the list.";
constexpr std::string_view kStateExpired = "The resourceVersion for the provided list is too old.";
constexpr std::string_view kVersionWithToken =
    "specifying resource version is not allowed when using continue";

}  // namespace

const query::ListWords kListWords{
    .broken_token = broken_token,
    .foreign_token =
        "invalid continue token: continue key is not valid: it belongs to a list of "
        "another cluster or resource",
    .token_expired = kTokenExpired,
    .state_expired = kStateExpired,
    .version_with_token = kVersionWithToken,
    .version_ahead = version_ahead,
};

const query::ListWords kFleetListWords{
    .broken_token = broken_token,
    .foreign_token =
        "invalid continue token: continue key is not valid: it belongs to a list with "
        "another resource, namespace or selector, or of one cluster",
    .token_expired = kTokenExpired,
    .state_expired = kStateExpired,
    .version_with_token = kVersionWithToken,
    .version_ahead = version_ahead,
};

const query::ListWords kFirstStateWords{
    .broken_token = broken_token,
    .foreign_token = {},
    .token_expired = {},
    .state_expired = "the state was not read in the time for which it is kept: begin again",
    .version_with_token = {},
    .version_ahead = version_ahead,
};

}  // namespace snapgate::api::kube
