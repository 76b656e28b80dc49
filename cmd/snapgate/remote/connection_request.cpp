#include "remote/connection_request.h"

#include <fmt/format.h>

#include "base/encoding.h"
#include "terminal/json_path.h"

namespace snapgate::cli {

Outcome<json::Object> connect_cluster(Api& api, const NewConnection& connection) {
    json::Object body{
        {"name", connection.name}, {"type", "connected"}, {"kubeconfig", connection.kubeconfig}};
    if (!connection.uid.empty()) body["uid"] = connection.uid;
    if (!connection.project_uid.empty()) body["projectUid"] = connection.project_uid;
    SNAPGATE_ASSIGN(auto response, api.post("/admin/v1/clusters", body));
    return parse_answer(response, api.server());
}

Outcome<json::Object> set_connection(Api& api, const std::string& uid,
                                     const std::string& kubeconfig) {
    const std::string target =
        fmt::format("/admin/v1/clusters/{}/kubeconfig", base::percent_encode(uid));
    SNAPGATE_ASSIGN(auto response, api.put(target, json::Object{{"kubeconfig", kubeconfig}}));
    return parse_answer(response, api.server());
}

std::vector<std::string> warnings_of(const json::Object& answer) {
    std::vector<std::string> texts;
    const json::Array* warnings = array_at(answer, {"warnings"});
    if (warnings == nullptr) return texts;
    for (const json::Value& warning : *warnings) {
        if (const auto* text = warning.if_string()) texts.emplace_back(std::string_view(*text));
    }
    return texts;
}

void note_warnings(Console& console, const json::Object& answer) {
    for (const std::string& text : warnings_of(answer)) console.note("warning: " + text);
}

}  // namespace snapgate::cli
