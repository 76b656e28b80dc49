#include "net/http/request_head.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "net/http/header_values.h"

namespace snapgate::net {

using base::Code;
using base::Error;
using base::Result;

namespace {

bool is_one_line(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return c == '\t' || (c >= ' ' && c != '\x7f') || c < 0; });
}

}  // namespace

Result<std::string> request_head(const base::ServerUrl& url, const ClientRequest& request) {
    const std::string target = url.prefix + request.target;
    if (!is_token(request.method) || !target.starts_with('/') ||
        std::any_of(target.begin(), target.end(), [](char c) { return c <= ' ' || c == '\x7f'; })) {
        return Error(Code::kInvalidParameter, "the request's method or target is not valid");
    }
    std::string head = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: snapgate/{}\r\n",
                                   request.method, target, url.authority, SNAPGATE_VERSION);
    for (const auto& [name, value] : request.headers) {
        if (!is_token(name) || !is_one_line(value)) {
            return Error(Code::kInvalidParameter,
                         fmt::format("the value of the header {} is not valid: it holds a line end "
                                     "or another control character",
                                     is_token(name) ? name : "given"));
        }
        head += fmt::format("{}: {}\r\n", name, value);
    }
    if (!request.content_type.empty()) {
        head += fmt::format("Content-Type: {}\r\n", request.content_type);
    }
    if (request.next_piece) {
        head += "Transfer-Encoding: chunked\r\n";
    } else if (!request.body.empty() || request.method == "POST" || request.method == "PUT" ||
               request.method == "PATCH") {
        head += fmt::format("Content-Length: {}\r\n", request.body.size());
    }
    head += "\r\n";
    return head;
}

}  // namespace snapgate::net
