#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace snapgate::net {

// What is sent to another server, and what it answers.
struct ClientRequest {
    std::string method = "GET";
    std::string target;  // path and query, encoded
    std::vector<std::pair<std::string, std::string>> headers;
    std::string content_type;  // "" for no body
    std::string body;
    // Instead of `body`: gives the next piece of a chunked upload, "" at its end.
    std::function<base::Result<std::string_view>()> next_piece;
};

struct ClientResponse {
    unsigned status = 0;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    std::optional<std::string_view> header(std::string_view name) const;  // any case
    // Its Retry-After, at most `most`; nullopt for none, or one that is a date.
    std::optional<std::chrono::seconds> retry_after(std::chrono::seconds most) const;
};

}  // namespace snapgate::net
