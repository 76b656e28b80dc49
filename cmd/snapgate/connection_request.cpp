#include "connection_request.h"

#include <fmt/format.h>

#include "base/encoding.h"
#include "json_path.h"

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

void note_warnings(Console& console, const json::Object& answer) {
    const json::Array* warnings = array_at(answer, {"warnings"});
    if (warnings == nullptr) return;
    for (const json::Value& warning : *warnings) {
        if (const auto* text = warning.if_string())
            console.note(fmt::format("warning: {}", std::string_view(*text)));
    }
}

}  // namespace snapgate::cli
