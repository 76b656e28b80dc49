#include "remote/api.h"

#include <fmt/format.h>

#include <utility>

#include "json/path.h"

namespace snapgate::cli {
namespace {

net::ClientOptions options_for(const Target& target, std::chrono::milliseconds timeout) {
    net::ClientOptions options;
    options.server = target.server;
    options.ca_file = target.ca;
    options.timeout = timeout;
    // A page holds at most 50 objects of at most 3 MiB.
    options.max_response_bytes = size_t{200} << 20;
    return options;
}

// Asks either API of the server for snapshots in Kubernetes' form.
constexpr const char* kAccept = "application/vnd.snapgate.kubernetes+json, application/json;q=0.9";

std::string not_snapgate(unsigned status, std::string_view server) {
    return fmt::format(
        "{} answered {}, but not the way snapgate does: check the server's address, and any proxy "
        "in between",
        server, status);
}

// Advice for the user of the command line, which the server cannot give.
std::string_view advice(unsigned status) {
    if (status == 401) return "; give another key with 'snapgate login' or --api-key-file";
    return "";
}

// A 400 or 422 says that a value cannot be right, whatever is stored and whoever asks: then the
// command line that it comes from is wrong. Everything else may be right at another time, with
// another key or for another object.
Exit exit_of_status(unsigned status) {
    return status == 400 || status == 422 ? Exit::kUsage : Exit::kRefused;
}

}  // namespace

Api::Api(const Target& target, std::chrono::milliseconds timeout)
    : server_(target.server),
      key_(target.key),
      options_(options_for(target, timeout)),
      client_(options_) {}

void Api::reconnect() {
    client_ = net::Client(options_);
}

Outcome<net::ClientResponse> Api::get(std::string target) {
    net::ClientRequest request;
    request.target = std::move(target);
    return send(std::move(request));
}

Outcome<net::ClientResponse> Api::post(std::string target, const json::Object& body) {
    return send_body("POST", std::move(target), body);
}

Outcome<net::ClientResponse> Api::put(std::string target, const json::Object& body) {
    return send_body("PUT", std::move(target), body);
}

Outcome<net::ClientResponse> Api::send_body(std::string method, std::string target,
                                            const json::Object& body) {
    net::ClientRequest request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.content_type = "application/json";
    request.body = json::serialize(body);
    return send(std::move(request));
}

Outcome<net::ClientResponse> Api::remove(std::string target) {
    net::ClientRequest request;
    request.method = "DELETE";
    request.target = std::move(target);
    return send(std::move(request));
}

Outcome<net::ClientResponse> Api::upload(
    std::string target, std::string content_type,
    std::function<base::Result<std::string_view>()> next_piece) {
    net::ClientRequest request;
    request.method = "POST";
    request.target = std::move(target);
    request.content_type = std::move(content_type);
    request.next_piece = std::move(next_piece);
    auto response = send(std::move(request));
    if (!response) return std::move(response).error().of_content();
    return response;
}

net::ClientRequest Api::kube_request(std::string target) const {
    net::ClientRequest request;
    request.target = std::move(target);
    if (!key_.empty()) request.headers.emplace_back("Authorization", "Bearer " + key_);
    request.headers.emplace_back("Accept", "application/json");
    return request;
}

Outcome<net::ClientResponse> Api::kube_get(std::string target) {
    SNAPGATE_ASSIGN(auto response, client_.send(kube_request(std::move(target))));
    if (response.status < 200 || response.status > 299) return failure_of(response, server_);
    return response;
}

Outcome<net::ClientResponse> Api::kube_remove(std::string target, const json::Object& options) {
    net::ClientRequest request = kube_request(std::move(target));
    request.method = "DELETE";
    request.content_type = "application/json";
    request.body = json::serialize(options);
    SNAPGATE_ASSIGN(auto response, client_.send(request));
    if (response.status < 200 || response.status > 299) return failure_of(response, server_);
    return response;
}

Outcome<net::StreamedResponse> Api::kube_stream(std::string target,
                                                const net::StreamOptions& options,
                                                const net::PieceSink& sink) {
    return take(client_.stream(kube_request(std::move(target)), options, sink));
}

Outcome<net::StreamedResponse> Api::stream(std::string target, const net::StreamOptions& options,
                                           const net::PieceSink& sink) {
    net::ClientRequest request;
    request.target = std::move(target);
    return take(client_.stream(own_request(std::move(request)), options, sink));
}

Outcome<net::StreamedResponse> Api::take(base::Result<net::StreamedResponse> streamed) const {
    if (!streamed) return streamed.error();
    const bool stopped = streamed->end == net::StreamEnd::kStopped;
    if (!stopped && (streamed->response.status < 200 || streamed->response.status > 299))
        return failure_of(streamed->response, server_);
    return std::move(*streamed);
}

net::ClientRequest Api::own_request(net::ClientRequest request) const {
    if (!key_.empty()) request.headers.emplace_back("ApiKey", key_);
    if (!project_uid_.empty()) request.headers.emplace_back("ProjectUid", project_uid_);
    request.headers.emplace_back("Accept", kAccept);
    return request;
}

Outcome<net::ClientResponse> Api::send(net::ClientRequest request) {
    SNAPGATE_ASSIGN(auto response, client_.send(own_request(std::move(request))));
    if (response.status < 200 || response.status > 299) return failure_of(response, server_);
    return response;
}

Failure failure_of(const net::ClientResponse& response, std::string_view server) {
    auto value = json::parse(response.body);
    const json::Object* error = value ? value->if_object() : nullptr;
    Failure failure(Exit::kRefused, {});
    failure.status = response.status;
    const bool is_status = error != nullptr && json::text_at(*error, {"kind"}) == "Status";
    if (error != nullptr) failure.reason = json::text_at(*error, {is_status ? "reason" : "code"});
    std::string_view message =
        error != nullptr ? json::text_at(*error, {"message"}) : std::string_view();
    if (failure.reason.empty() || message.empty()) {
        failure.reason.clear();
        failure.message = not_snapgate(response.status, server);
        return failure;
    }
    failure.exit = exit_of_status(response.status);
    for (const std::string_view member : {"parameter", "field"})
        if (const auto named = json::text_at(*error, {"details", member}); !named.empty())
            failure.subject = named;
    failure.message = fmt::format("{}{} ({}", message, advice(response.status), failure.reason);
    if (response.status >= 500) {
        if (auto ref = json::text_at(*error, {"ref"}); !ref.empty())
            failure.message += fmt::format(", request {}", ref);
    }
    failure.message += ')';
    if (const json::Array* causes = json::array_at(*error, {"details", "causes"})) {
        for (const json::Value& value_of_cause : *causes) {
            const json::Object* cause = value_of_cause.if_object();
            if (cause == nullptr) continue;
            std::string_view said = json::text_at(*cause, {"message"});
            if (message.find(said) != std::string_view::npos) continue;
            failure.message += fmt::format("; {}: {}", json::text_at(*cause, {"field"}), said);
        }
    }
    failure.continue_token =
        json::text_at(*error, {is_status ? "metadata" : "details", "continue"});
    return failure;
}

Outcome<json::Object> parse_answer(const net::ClientResponse& response, std::string_view server) {
    auto value = json::parse(response.body);
    if (!value || !value->is_object())
        return Failure(Exit::kUnreachable, not_snapgate(response.status, server));
    return std::move(value->get_object());
}

Outcome<std::vector<const json::Object*>> items_of(const json::Object& answer,
                                                   std::string_view server) {
    const json::Array* items = json::array_at(answer, {"items"});
    if (items == nullptr) return Failure(Exit::kUnreachable, not_snapgate(200, server));
    std::vector<const json::Object*> objects;
    for (const json::Value& item : *items)
        if (const json::Object* object = item.if_object()) objects.push_back(object);
    return objects;
}

Outcome<std::vector<json::Object>> parse_items(const net::ClientResponse& response,
                                               std::string_view server) {
    SNAPGATE_ASSIGN(const json::Object answer, parse_answer(response, server));
    SNAPGATE_ASSIGN(const auto items, items_of(answer, server));
    std::vector<json::Object> objects;
    for (const json::Object* item : items) objects.push_back(*item);
    return objects;
}

}  // namespace snapgate::cli
