#include "api/errors.h"

#include "api/freshness.h"
#include "base/json_text.h"
#include "base/log.h"

namespace snapgate::api {
namespace {

using base::Code;

// What a client is told to wait before it tries again, in seconds.
constexpr std::string_view kRetryAfter = "1";

void append_member(std::string_view name, std::string_view value, std::string& out) {
    base::append_json_string(name, out);
    out += ':';
    base::append_json_string(value, out);
}

std::string details(const base::Error& error) {
    std::string out = "{";
    auto comma = [&out] {
        if (out.size() > 1) out += ',';
    };
    if (!error.subject.empty()) {
        append_member(error.code == Code::kInvalidBody || error.code == Code::kAlreadyExists ||
                              error.code == Code::kInvalid
                          ? "field"
                          : "parameter",
                      error.subject, out);
    }
    if (!error.continue_token.empty()) {
        comma();
        append_member("continue", error.continue_token, out);
    }
    if (!error.causes.empty()) {
        comma();
        out += "\"causes\":[";
        for (const base::Cause& cause : error.causes) {
            if (&cause != &error.causes.front()) out += ',';
            out += '{';
            append_member("reason", cause.reason, out);
            out += ',';
            append_member("message", cause.message, out);
            out += ',';
            append_member("field", cause.field, out);
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
    append_member("code", code, out);
    out += ",\"details\":";
    out += details_json;
    out += ',';
    append_member("message", message, out);
    out += ',';
    append_member("ref", request_id, out);
    out += "}\n";
    response.body += out;
}

}  // namespace

HttpError to_http(Code code) {
    switch (code) {
        case Code::kInvalidParameter:
            return {400, "InvalidParameter"};
        case Code::kInvalidBody:
            return {400, "InvalidBody"};
        case Code::kUnauthorized:
            return {401, "Unauthorized"};
        case Code::kForbidden:
            return {403, "Forbidden"};
        case Code::kNotFound:
            return {404, "ResourceNotFound"};
        case Code::kMethodNotAllowed:
            return {405, "MethodNotAllowed"};
        case Code::kAlreadyExists:
            return {409, "AlreadyExists"};
        case Code::kConflict:
            return {409, "Conflict"};
        case Code::kExpired:
            return {410, "Expired"};
        case Code::kTooLarge:
            return {413, "RequestTooLarge"};
        case Code::kNotAcceptable:
            return {406, "NotAcceptable"};
        case Code::kUnsupportedMediaType:
            return {415, "UnsupportedMediaType"};
        case Code::kInvalid:
            return {422, "Invalid"};
        case Code::kNoFreeName:
            return {500, "ServerTimeout"};
        case Code::kStorageFull:
            return {507, "StorageFull"};
        case Code::kUnavailable:
            return {503, "Unavailable"};
        case Code::kTimeout:
            return {408, "RequestTimeout"};
        case Code::kFutureVersion:
            return {504, "ClusterTimeout"};
        case Code::kBadPeer:
            return {502, "ClusterError"};
        case Code::kClusterUnavailable:
            return {503, "ClusterUnavailable"};
        case Code::kClusterTimeout:
            return {504, "ClusterTimeout"};
        case Code::kLoopDetected:
            return {508, "LoopDetected"};
        case Code::kCorrupt:
        case Code::kInternal:
            break;
    }
    return {500, "InternalError"};
}

void render_error(const base::Error& error, std::string_view request_id, net::Response& response) {
    HttpError http = to_http(error.code);
    response.status = http.status;
    response.code = http.code;
    clear_headers_for_error(response);
    if (http.status == 401)
        response.add_header("WWW-Authenticate", R"(ApiKey, Bearer realm="snapgate")");
    const bool retries =
        http.status == 503 || http.status == 504 || error.code == Code::kNoFreeName;
    if (retries && response.headers.find("Retry-After: ") == std::string::npos)
        response.add_header("Retry-After", kRetryAfter);
    if (http.code == "InternalError") {
        base::log::error("a request failed", {{"requestId", request_id}, {"error", error.message}});
        append_body(http.code, "the server failed at this request; its log says why under this ref",
                    "{}", request_id, response);
        return;
    }
    if (error.code == Code::kStorageFull) {
        // The message names the server's folders, which are no client's business.
        base::log::error("the disk is full", {{"requestId", request_id}, {"error", error.message}});
        append_body(http.code, "there is no room on the server's disk: make room and try again",
                    "{}", request_id, response);
        return;
    }
    append_body(http.code, error.message, details(error), request_id, response);
}

void render_error_body(std::string_view code, std::string_view message, std::string_view request_id,
                       net::Response& response) {
    append_body(code, message, "{}", request_id, response);
}

}  // namespace snapgate::api
