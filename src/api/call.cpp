#include "api/call.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "api/etag.h"
#include "api/fleet.h"
#include "api/identify.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "base/query_string.h"
#include "net/http/header_values.h"
#include "net/server/aside.h"

namespace snapgate::api {

using base::Code;
using base::Error;
using base::Result;

Result<std::string> query_parameter(const net::Request& request, std::string_view name) {
    std::optional<std::string> value;
    base::QueryString query(request.query);
    while (const auto parameter = query.next()) {
        if (parameter->name != name) continue;
        if (value) {
            return Error(Code::kInvalidParameter,
                         fmt::format("{} was given more than once: give it once", name),
                         std::string(name));
        }
        SNAPGATE_ASSIGN(value, base::decode_parameter(name, parameter->value));
    }
    return value.value_or("");
}

Result<bool> query_flag(const net::Request& request, std::string_view name) {
    SNAPGATE_ASSIGN(std::string value, query_parameter(request, name));
    if (value == "true") return true;
    if (value.empty() || value == "false") return false;
    return Error(Code::kInvalidParameter,
                 fmt::format("{} \"{}\" is neither true nor false", name, value.substr(0, 64)),
                 std::string(name));
}

net::Awaitable<Result<std::string>> read_text(Call& call, size_t most) {
    SNAPGATE_CO_ASSIGN(auto text, co_await call.request.body->read_all(most));
    // Where the route wants no key, there is none.
    if (call.request.body->came_later() && !call.principal.key_id.empty())
        SNAPGATE_CO_TRY(check_key(call));
    co_return text;
}

net::Awaitable<Result<std::string>> read_json_text(Call& call, size_t most) {
    auto content_type = call.request.header("Content-Type");
    if (content_type && net::media_type(*content_type) != "application/json") {
        co_return Error(Code::kUnsupportedMediaType,
                        "the body must be JSON: send it with Content-Type: application/json");
    }
    co_return co_await read_text(call, most);
}

Result<json::Object> parse_json_object(std::string_view text) {
    SNAPGATE_ASSIGN(auto value, json::parse(text));
    if (!value.is_object()) return Error(Code::kInvalidBody, "the body must be a JSON object");
    return std::move(value.get_object());
}

net::Awaitable<Result<json::Object>> read_json_body(Call& call, size_t most) {
    SNAPGATE_CO_ASSIGN(const auto text, co_await read_json_text(call, most));
    auto parse = [&text] { return parse_json_object(text); };
    co_return co_await net::make_aside(*call.response.stream, text.size(), std::move(parse));
}

Result<cluster::Cluster> find_cluster(const Call& call, std::string_view uid) {
    if (uid == query::kAllClusters && call.side == Side::kPalette) {
        std::string path(call.request.path.substr(0, 256));
        if (const size_t at = path.find("/-"); at != std::string::npos)
            path.replace(at, 2, "/{uid}");
        return base::Error(
            base::Code::kMethodNotAllowed,
            fmt::format("\"-\" stands for all clusters only where snapshots, their sources, a "
                        "summary or a report of protection are read: use {} with the uid of one "
                        "cluster",
                        path));
    }
    auto clusters = call.services.clusters.snapshot();
    auto found = clusters->find(std::string(uid));
    call.hidden = found != clusters->end() &&
                  !call.scope.sees_cluster(found->second.project, found->second.number);
    if (found == clusters->end() || call.hidden) return cluster::no_such_cluster(uid);
    if (call.audit != nullptr) {
        call.audit->cluster = found->second.uid;
        call.audit->cluster_name = found->second.name;
    }
    return found->second;
}

bool is_field_manager(std::string_view text) {
    return text.size() <= kMaxFieldManager &&
           std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; });
}

std::string field_manager(const net::Request& request) {
    std::string_view agent = request.header("User-Agent").value_or("");
    std::string manager(agent.substr(0, std::min(agent.find('/'), kMaxFieldManager)));
    std::erase_if(manager, [](char c) { return !is_field_manager({&c, 1}); });
    return manager;
}

void respond_json(Call& call, unsigned status, const json::Value& value) {
    call.response.status = status;
    call.response.body += json::serialize(value);
    call.response.body += "\n";
}

void respond_unless_known(Call& call, std::string_view text, std::string_view type) {
    net::Response& response = call.response;
    const std::string etag = "\"" + base::hex(base::sha256(text)) + "\"";
    response.add_header("ETag", etag);
    response.content_type = type;
    if (none_match(call.request, etag)) {
        response.status = 304;
    } else {
        response.body += text;
    }
}

}  // namespace snapgate::api
