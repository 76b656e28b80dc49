#include "api/kube/status.h"

#include "api/errors.h"
#include "api/freshness.h"
#include "base/json_text.h"
#include "base/log.h"

namespace snapgate::api::kube {
namespace {

using base::Code;

// What a client is told to wait before it tries again, in seconds.
constexpr std::string_view kRetryAfter = "1";

struct Answer {
    unsigned code;
    std::string_view reason;  // StatusReason of meta/v1 where there is one
};

Answer answer_to(Code code) {
    switch (code) {
        case Code::kInvalidParameter:
        case Code::kInvalidBody:
            return {400, "BadRequest"};
        case Code::kUnauthorized:
            return {401, "Unauthorized"};
        case Code::kForbidden:
            return {403, "Forbidden"};
        case Code::kNotFound:
            return {404, "NotFound"};
        case Code::kMethodNotAllowed:
            return {405, "MethodNotAllowed"};
        case Code::kNotAcceptable:
            return {406, "NotAcceptable"};
        case Code::kTimeout:
            return {408, "Timeout"};
        case Code::kAlreadyExists:
            return {409, "AlreadyExists"};
        case Code::kConflict:
            return {409, "Conflict"};
        case Code::kExpired:
            return {410, "Expired"};
        case Code::kTooLarge:
            return {413, "RequestEntityTooLarge"};
        case Code::kUnsupportedMediaType:
            return {415, "UnsupportedMediaType"};
        case Code::kInvalid:
            return {422, "Invalid"};
        case Code::kNoFreeName:
            return {500, "ServerTimeout"};
        case Code::kBadPeer:
            return {502, "BadGateway"};
        case Code::kUnavailable:
        case Code::kClusterUnavailable:
            return {503, "ServiceUnavailable"};
        case Code::kFutureVersion:
        case Code::kClusterTimeout:
            return {504, "Timeout"};
        case Code::kStorageFull:
            return {507, "StorageFull"};
        case Code::kLoopDetected:
            return {508, "LoopDetected"};
        case Code::kCorrupt:
        case Code::kInternal:
            break;
    }
    return {500, "InternalError"};
}

bool retries(Code code) {
    return code == Code::kNoFreeName || code == Code::kUnavailable ||
           code == Code::kFutureVersion || code == Code::kClusterUnavailable ||
           code == Code::kClusterTimeout;
}

// A JSON object as it grows.
class Members {
  public:
    explicit Members(std::string& out) : out_(out) { out_ += '{'; }
    // The member's name; its value is up to the caller.
    std::string& name(std::string_view name) {
        if (!first_) out_ += ',';
        first_ = false;
        base::append_json_string(name, out_);
        out_ += ':';
        return out_;
    }
    void text(std::string_view member, std::string_view value) {
        base::append_json_string(value, name(member));
    }
    void text_if(std::string_view member, std::string_view value) {
        if (!value.empty()) text(member, value);
    }
    void end() { out_ += '}'; }

  private:
    std::string& out_;
    bool first_ = true;
};

void append_details(const base::Error& error, std::string& out) {
    Members details(out);
    if (error.about) {
        details.text_if("name", error.about->name);
        details.text_if("group", error.about->group);
        details.text_if("kind", error.about->kind);
        details.text_if("uid", error.about->uid);
    }
    if (!error.causes.empty()) {
        details.name("causes") += '[';
        for (const base::Cause& cause : error.causes) {
            if (&cause != &error.causes.front()) out += ',';
            Members members(out);
            members.text("reason", cause.reason);
            members.text("message", cause.message);
            members.text_if("field", cause.field);
            members.end();
        }
        out += ']';
    }
    if (retries(error.code)) details.name("retryAfterSeconds") += kRetryAfter;
    details.end();
}

std::string_view shown_message(const base::Error& error, std::string_view request_id,
                               const Answer& answer) {
    if (error.code == Code::kStorageFull) {
        // The message names the server's folders, which are no client's business.
        base::log::error("the disk is full", {{"requestId", request_id}, {"error", error.message}});
        return "there is no room on the server's disk: make room and try again";
    }
    if (answer.reason == "InternalError") {
        base::log::error("a request failed", {{"requestId", request_id}, {"error", error.message}});
        return "the server failed at this request; its log says why under its X-Request-Id";
    }
    return error.message;
}

}  // namespace

std::string status_body(const base::Error& error, std::string_view request_id, unsigned& code) {
    const Answer answer = answer_to(error.code);
    code = answer.code;
    std::string out;
    Members status(out);
    status.text("kind", "Status");
    status.text("apiVersion", "v1");
    std::string& metadata = status.name("metadata");
    Members list(metadata);
    list.text_if("continue", error.continue_token);
    list.end();
    status.text("status", "Failure");
    status.text("message", shown_message(error, request_id, answer));
    status.text("reason", answer.reason);
    if (error.about || !error.causes.empty() || retries(error.code))
        append_details(error, status.name("details"));
    status.name("code") += std::to_string(code);
    status.end();
    return out;
}

void render_status(const base::Error& error, net::Request& request, net::Response& response) {
    response.body.clear();
    response.body += status_body(error, request.id, response.status);
    clear_headers_for_error(response);
    response.body += '\n';
    response.content_type = "application/json";
    response.code = answer_to(error.code).reason;
    if (retries(error.code) && response.headers.find("Retry-After: ") == std::string::npos)
        response.add_header("Retry-After", kRetryAfter);
    if (response.status == 401) response.add_header("WWW-Authenticate", "Bearer");
}

void render_no_such_path(net::Response& response) {
    response.status = 404;
    response.code = "NotFound";
    response.content_type = "text/plain; charset=utf-8";
    response.body = "404 page not found\n";
}

}  // namespace snapgate::api::kube
