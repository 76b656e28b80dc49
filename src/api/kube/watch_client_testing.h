#pragma once

#include <fmt/format.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "api/service_testing.h"
#include "json/kept_object.h"
#include "json/object.h"
#include "json/value.h"
#include "net/http/chunked_body.h"
#include "net/server/raw_connection_testing.h"

namespace snapgate::api::kube {

// For tests: one watch over a connection of its own. Every wait ends after 30 s, which a test sees
// as an event that is missing.
class WatchClient {
  public:
    // `path` within the cluster, with its query; `?watch=1` is added.
    WatchClient(TestService& service, std::string_view path, std::string_view headers = {},
                std::string_view cluster = TestService::kCluster)
        : connection_(service.port()) {
        connection_.send(fmt::format(
            "GET /clusters/{}{}{}watch=1 HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {}\r\n{}\r\n",
            cluster, path, path.find('?') == std::string_view::npos ? "?" : "&", service.key(),
            headers));
        auto answer = connection_.read_answer();
        status_ = answer ? answer->status : 0;
        body_ = answer ? answer->body : "";
        streams_ = answer && answer->header("Transfer-Encoding") == "chunked";
    }

    unsigned status() const { return status_; }
    // Of an answer that is no watch.
    const std::string& body() const { return body_; }
    int fd() const { return connection_.fd(); }

    // The next event's text without its line feed; nullopt at the end.
    std::optional<std::string> next_line() {
        size_t end = 0;
        while ((end = events_.find('\n')) == std::string::npos) {
            if (!streams_ || !read_more()) return std::nullopt;
        }
        std::string line = events_.substr(0, end);
        events_.erase(0, end + 1);
        return line;
    }
    std::optional<json::Object> next() {
        auto line = next_line();
        if (!line) return std::nullopt;
        auto value = json::parse(*line);
        if (!value || !value->is_object()) {
            ADD_FAILURE() << "no JSON object: " << *line;
            return std::nullopt;
        }
        return std::move(value->get_object());
    }
    // Whether the stream ended with its last chunk.
    bool ended_well() const { return chunks_.state() == net::ChunkedBody::State::kDone; }
    void end_sending() { connection_.end_sending(); }

  private:
    bool read_more() {
        if (chunks_.state() != net::ChunkedBody::State::kReading) return false;
        std::string came = connection_.take_received();
        if (came.empty()) {
            if (!connection_.receive()) return false;
            came = connection_.take_received();
        }
        std::string_view rest(came);
        while (!rest.empty() && chunks_.state() == net::ChunkedBody::State::kReading) {
            const net::ChunkedBody::Step step = chunks_.next(rest);
            events_.append(step.piece);
            rest.remove_prefix(step.consumed);
        }
        return chunks_.state() != net::ChunkedBody::State::kBroken;
    }

    net::RawConnection connection_;
    net::ChunkedBody chunks_;
    unsigned status_ = 0;
    std::string body_;
    std::string events_;
    bool streams_ = false;
};

// A snapshot with these labels, as the store takes it.
inline model::PreparedObject make_snapshot(std::string_view ns, std::string_view name,
                                           const std::map<std::string, std::string>& labels = {},
                                           std::string_view vm = "web-01") {
    std::string text;
    for (const auto& [key, value] : labels) {
        if (!text.empty()) text += ',';
        text += fmt::format(R"("{}":"{}")", key, value);
    }
    if (!text.empty()) text = fmt::format(R"("labels":{{{}}},)", text);
    auto prepared = json::prepare_snapshot(
        fmt::format(
            R"({{"apiVersion":"snapshot.kubevirt.io/v1beta1","kind":"VirtualMachineSnapshot",)"
            R"("metadata":{{{}"name":"{}","namespace":"{}"}},"spec":{{"source":{{)"
            R"("apiGroup":"kubevirt.io","kind":"VirtualMachine","name":"{}"}}}}}})",
            text, name, ns, vm),
        {"00000000-0000-4000-8000-000000000000", "2026-11-04T14:19:06Z", 1});
    if (!prepared) throw std::runtime_error(prepared.error().message);
    return std::move(prepared->object);
}

// A restore with these labels, as the store keeps it.
inline model::PreparedObject make_restore(std::string_view ns, std::string_view name,
                                          std::string_view labels, bool complete) {
    auto prepared = json::prepare_restore(fmt::format(
        R"({{"apiVersion":"snapshot.kubevirt.io/v1beta1","kind":"VirtualMachineRestore",)"
        R"("metadata":{{{}"name":"{}","namespace":"{}","resourceVersion":"1",)"
        R"("uid":"00000000-0000-4000-8000-000000000001"}},"spec":{{"target":{{)"
        R"("apiGroup":"kubevirt.io","kind":"VirtualMachine","name":"web-01"}},)"
        R"("virtualMachineSnapshotName":"s"}},"status":{{"complete":{}}}}})",
        labels, name, ns, complete));
    if (!prepared) throw std::runtime_error(prepared.error().message);
    return std::move(*prepared);
}

// A namespace in that phase, as the store takes it.
inline model::PreparedObject make_namespace(std::string_view name, std::string_view phase) {
    model::PreparedObject ns = json::make_namespace(
        name, {"00000000-0000-4000-8000-000000000000", "2026-11-04T14:19:06Z", 1});
    constexpr std::string_view kActive = "Active";
    ns.text.replace(ns.text.rfind(kActive), kActive.size(), phase);
    return ns;
}

}  // namespace snapgate::api::kube
