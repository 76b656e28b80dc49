#include "remote/connection_request.h"

#include "json/path.h"
#include "remote/resolve.h"

namespace snapgate::cli {

Outcome<json::Object> connect_cluster(Api& api, const NewConnection& connection) {
    json::Object body{
        {"name", connection.name}, {"type", "connected"}, {"kubeconfig", connection.kubeconfig}};
    if (!connection.uid.empty()) body["uid"] = connection.uid;
    if (!connection.project_uid.empty()) body["projectUid"] = connection.project_uid;
    SNAPGATE_ASSIGN(auto response, api.post(std::string(words_of(Kind::kCluster).path), body));
    return parse_answer(response, api.server());
}

Outcome<json::Object> set_connection(Api& api, const std::string& uid,
                                     const std::string& kubeconfig) {
    const std::string target = path_of(Kind::kCluster, uid) + "/kubeconfig";
    SNAPGATE_ASSIGN(auto response, api.put(target, json::Object{{"kubeconfig", kubeconfig}}));
    return parse_answer(response, api.server());
}

std::string outcome_of(const json::Object& answer) {
    const json::Value* changed = json::value_at(answer, {"changed"});
    const bool same = changed != nullptr && changed->is_bool() && !changed->get_bool();
    return same ? "unchanged" : "configured";
}

std::vector<std::string> warnings_of(const json::Object& answer) {
    return json::texts_in(json::array_at(answer, {"warnings"}));
}

void note_warnings(Console& console, const json::Object& answer) {
    for (const std::string& text : warnings_of(answer)) console.note("warning: " + text);
}

}  // namespace snapgate::cli
