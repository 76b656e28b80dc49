#include "api/errors.h"

#include <fmt/format.h>

#include "api/kube/status.h"
#include "base/json_text.h"
#include "base/log.h"
#include "base/quote.h"
#include "base/utf8.h"
#include "net/server/key_secret.h"

namespace snapgate::api {
namespace {

using base::Code;

std::string details(const base::Error& error) {
    std::string out = "{";
    auto comma = [&out] {
        if (out.size() > 1) out += ',';
    };
    // Of a method that is not allowed these are the ones that are: the header Allow has them.
    if (!error.subject.empty() && error.code != Code::kMethodNotAllowed) {
        base::append_json_member(error.code == Code::kInvalidBody ||
                                         error.code == Code::kAlreadyExists ||
                                         error.code == Code::kInvalid
                                     ? "field"
                                     : "parameter",
                                 base::visible(error.subject), out);
    }
    if (!error.continue_token.empty()) {
        comma();
        base::append_json_member("continue", error.continue_token, out);
    }
    if (!error.causes.empty()) {
        comma();
        out += "\"causes\":[";
        for (const base::Cause& cause : error.causes) {
            if (&cause != &error.causes.front()) out += ',';
            out += '{';
            base::append_json_member("reason", cause.reason, out);
            out += ',';
            base::append_json_member("message", base::visible(cause.message), out);
            out += ',';
            base::append_json_member("field", base::visible(cause.field), out);
            out += '}';
        }
        out += ']';
    }
    out += '}';
    return out;
}

void append_body(std::string_view code, std::string_view message, std::string_view details_json,
                 std::string_view request_id, net::Response& response) {
    response.content_type = "application/json";
    response.body.clear();
    std::string out = "{";
    base::append_json_member("code", code, out);
    out += ",\"details\":";
    out += details_json;
    out += ',';
    base::append_json_member("message", base::visible(message), out);
    out += ',';
    base::append_json_member("ref", request_id, out);
    out += "}\n";
    // Messages quote what the request named, and clients log them.
    response.body += net::without_key_secrets(std::move(out));
}

// No answer is longer for what a request had in it.
constexpr size_t kMostMessageBytes = 16 << 10;

// Whether an error is about the server itself: its message is for the log alone.
bool is_of_the_inside(Code code) {
    return code == Code::kStorageFull || code == Code::kCorrupt || code == Code::kInternal;
}

}  // namespace

HttpError to_http(Code code) {
    switch (code) {
        case Code::kInvalidParameter:
            return {400, "InvalidParameter", "BadRequest"};
        case Code::kInvalidBody:
            return {400, "InvalidBody", "BadRequest"};
        case Code::kUnauthorized:
            return {401, "Unauthorized", "Unauthorized"};
        case Code::kForbidden:
            return {403, "Forbidden", "Forbidden"};
        case Code::kTooManyRequests:
            return {429, "TooManyRequests", "TooManyRequests"};
        case Code::kQuotaExceeded:
            return {403, "QuotaExceeded", "Forbidden"};
        case Code::kNotFound:
            return {404, "ResourceNotFound", "NotFound"};
        case Code::kMethodNotAllowed:
            return {405, "MethodNotAllowed", "MethodNotAllowed"};
        case Code::kAlreadyExists:
            return {409, "AlreadyExists", "AlreadyExists"};
        case Code::kConflict:
            return {409, "Conflict", "Conflict"};
        case Code::kExpired:
            return {410, "Expired", "Expired"};
        case Code::kTooLarge:
            return {413, "RequestTooLarge", "RequestEntityTooLarge"};
        case Code::kNotAcceptable:
            return {406, "NotAcceptable", "NotAcceptable"};
        case Code::kUnsupportedMediaType:
            return {415, "UnsupportedMediaType", "UnsupportedMediaType"};
        case Code::kInvalid:
            return {422, "Invalid", "Invalid"};
        case Code::kNoFreeName:
            return {500, "ServerTimeout", "ServerTimeout"};
        case Code::kStorageFull:
            return {507, "StorageFull", "StorageFull"};
        case Code::kUnavailable:
            return {503, "Unavailable", "ServiceUnavailable"};
        case Code::kBusy:
            return {503, "ServerBusy", "ServiceUnavailable"};
        case Code::kTimeout:
            return {408, "RequestTimeout", "Timeout"};
        case Code::kFutureVersion:
            return {504, "ClusterTimeout", "Timeout"};
        case Code::kBadPeer:
            return {502, "ClusterError", "BadGateway"};
        case Code::kClusterUnavailable:
            return {503, "ClusterUnavailable", "ServiceUnavailable"};
        case Code::kClusterTimeout:
            return {504, "ClusterTimeout", "Timeout"};
        case Code::kLoopDetected:
            return {508, "LoopDetected", "LoopDetected"};
        case Code::kCorrupt:
        case Code::kInternal:
            break;
    }
    return {500, "InternalError", "InternalError"};
}

bool may_retry(Code code) {
    const unsigned status = to_http(code).status;
    return status == 429 || status == 503 || status == 504 || code == Code::kNoFreeName;
}

std::string_view shown_message(Side side, const base::Error& error, std::string_view request_id) {
    if (error.code == Code::kStorageFull) {
        base::log::error("the disk is full", {{"requestId", request_id}, {"error", error.message}});
        return "there is no room on the server's disk: make room and try again";
    }
    if (is_of_the_inside(error.code)) {
        base::log::error("a request failed", {{"requestId", request_id}, {"error", error.message}});
        return side == Side::kPalette
                   ? "the server failed at this request; its log says why under this ref"
                   : "the server failed at this request; its log says why under its X-Request-Id";
    }
    return base::clip(error.message, kMostMessageBytes);
}

void render_error(Side side, const base::Error& error, std::string_view request_id,
                  const std::optional<objects::Freshness>& freshness, net::Response& response) {
    const HttpError http = to_http(error.code);
    response.status = http.status;
    response.code = http.word(side);
    response.headers.clear();
    response.finish = nullptr;
    if (http.status == 404 && freshness) add_headers(*freshness, side, response);
    if (http.status == 401) {
        response.add_header("WWW-Authenticate", side == Side::kPalette
                                                    ? R"(ApiKey, Bearer realm="snapgate")"
                                                    : "Bearer");
    }
    if (may_retry(error.code)) {
        const unsigned seconds = error.retry_after_seconds.value_or(kRetryAfterSeconds);
        response.add_header("Retry-After", fmt::format_int(seconds).str());
    }
    if (error.code == Code::kMethodNotAllowed) response.add_header("Allow", error.subject);
    if (side == Side::kKubernetes) {
        response.content_type = "application/json";
        response.body = kube::status_body(error, request_id);
        response.body += '\n';
        return;
    }
    append_body(http.code, shown_message(side, error, request_id),
                is_of_the_inside(error.code) ? "{}" : details(error), request_id, response);
}

void render_error_body(std::string_view code, std::string_view message, std::string_view request_id,
                       net::Response& response) {
    append_body(code, message, "{}", request_id, response);
}

}  // namespace snapgate::api
