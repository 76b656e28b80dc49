#include "api/kube/status.h"

#include "api/errors.h"
#include "base/json_text.h"
#include "base/quote.h"
#include "model/names.h"
#include "net/server/key_secret.h"

namespace snapgate::api::kube {
namespace {

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
        details.text_if("name", base::visible(model::shown_name(error.about->name)));
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
            members.text("message", base::visible(cause.message));
            members.text_if("field", base::visible(cause.field));
            members.end();
        }
        out += ']';
    }
    if (may_retry(error.code)) {
        details.name("retryAfterSeconds") +=
            std::to_string(error.retry_after_seconds.value_or(kRetryAfterSeconds));
    }
    details.end();
}

// The conflicts of an apply are told in lines, as by kube-apiserver; what is in a line was made
// visible there (rules/apply_conflicts.cpp).
std::string visible_message(const base::Error& error, std::string_view request_id) {
    const std::string_view message = shown_message(Side::kKubernetes, error, request_id);
    if (error.code != base::Code::kConflict || error.causes.empty()) return base::visible(message);
    std::string out;
    for (std::string_view rest = message;;) {
        const size_t end = rest.find('\n');
        out += base::visible(rest.substr(0, end));
        if (end == std::string_view::npos) return out;
        out += '\n';
        rest.remove_prefix(end + 1);
    }
}

}  // namespace

std::string status_body(const base::Error& error, std::string_view request_id) {
    const HttpError http = to_http(error.code);
    std::string out;
    Members status(out);
    status.text("kind", "Status");
    status.text("apiVersion", "v1");
    std::string& metadata = status.name("metadata");
    Members list(metadata);
    list.text_if("continue", error.continue_token);
    list.end();
    status.text("status", "Failure");
    status.text("message", visible_message(error, request_id));
    status.text("reason", http.reason);
    if (error.about || !error.causes.empty() || may_retry(error.code))
        append_details(error, status.name("details"));
    status.name("code") += std::to_string(http.status);
    status.end();
    // Messages quote what the request named, and clients log them.
    return net::without_key_secrets(std::move(out));
}

void render_no_such_path(net::Response& response) {
    response.status = 404;
    response.code = "NotFound";
    response.content_type = "text/plain; charset=utf-8";
    response.body = "404 page not found\n";
}

}  // namespace snapgate::api::kube
