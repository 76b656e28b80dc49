#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "json/value.h"
#include "net/client/client.h"
#include "remote/context.h"

namespace snapgate::cli {

// The server's API over one connection that is kept open, with the key of a Target. Every answer
// but a 2xx becomes a Failure with the server's message. Used by one thread.
class Api {
  public:
    // `timeout` is how long the server may be silent.
    explicit Api(const Target& target,
                 std::chrono::milliseconds timeout = std::chrono::seconds(60));

    // Drops the connection; the next request makes a new one. Before an upload, which cannot be
    // sent twice: the server may have closed a connection that was idle meanwhile.
    void reconnect();

    // Requests from now on are made in this project.
    void enter_project(std::string uid) { project_uid_ = std::move(uid); }
    const std::string& project_uid() const { return project_uid_; }
    const std::string& server() const { return server_; }

    Outcome<net::ClientResponse> get(std::string target);
    Outcome<net::ClientResponse> post(std::string target, const json::Object& body);
    Outcome<net::ClientResponse> put(std::string target, const json::Object& body);
    Outcome<net::ClientResponse> remove(std::string target);
    // A GET of a cluster's Kubernetes API, below /clusters/.
    Outcome<net::ClientResponse> kube_get(std::string target);
    // A DELETE there, with a body of DeleteOptions.
    Outcome<net::ClientResponse> kube_remove(std::string target, const json::Object& options);
    // Like kube_get(), for a watch or a list of any size: the body goes to `sink` as it arrives.
    Outcome<net::StreamedResponse> kube_stream(std::string target,
                                               const net::StreamOptions& options,
                                               const net::PieceSink& sink);
    // Like kube_stream(), for the server's own API, with this client's key and project.
    Outcome<net::StreamedResponse> stream(std::string target, const net::StreamOptions& options,
                                          const net::PieceSink& sink);
    // Sends pieces of a file's content until an empty one, chunked.
    Outcome<net::ClientResponse> upload(std::string target, std::string content_type,
                                        std::function<base::Result<std::string_view>()> next_piece);

  private:
    Outcome<net::ClientResponse> send(net::ClientRequest request);
    Outcome<net::ClientResponse> send_body(std::string method, std::string target,
                                           const json::Object& body);
    Outcome<net::StreamedResponse> take(base::Result<net::StreamedResponse> streamed) const;
    // Adds the key and the project.
    net::ClientRequest own_request(net::ClientRequest request) const;
    net::ClientRequest kube_request(std::string target) const;

    std::string server_;
    std::string key_;
    std::string project_uid_;
    net::ClientOptions options_;
    net::Client client_;
};

// What an answer that is not a 2xx means: the message of the API's error object, or of Kubernetes'
// Status, with what to do; or that this is not snapgate. kUsage if a value cannot be right (400,
// 422), else kRefused.
Failure failure_of(const net::ClientResponse& response, std::string_view server);

// A 2xx answer's body as a JSON object; kUnreachable if it is none: then this is not snapgate.
Outcome<json::Object> parse_answer(const net::ClientResponse& response, std::string_view server);

// The objects in an answer's "items"; kUnreachable if it has none: then this is not snapgate.
Outcome<std::vector<const json::Object*>> items_of(const json::Object& answer,
                                                   std::string_view server);
// The same for an answer that was not parsed yet.
Outcome<std::vector<json::Object>> parse_items(const net::ClientResponse& response,
                                               std::string_view server);

}  // namespace snapgate::cli
