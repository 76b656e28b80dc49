#include "remote/connection_request.h"

#include "json/path.h"
#include "remote/resolve.h"

namespace snapgate::cli {

Outcome<json::Object> make_cluster(Api& api, const NewCluster& cluster) {
    json::Object body{{"name", cluster.name}};
    if (!cluster.kubeconfig.empty()) {
        body["type"] = "connected";
        body["kubeconfig"] = cluster.kubeconfig;
    }
    if (!cluster.uid.empty()) body["uid"] = cluster.uid;
    if (!cluster.project_uid.empty()) body["projectUid"] = cluster.project_uid;
    if (!cluster.apply_set.empty()) body["applySet"] = cluster.apply_set;
    if (!cluster.expected_every.empty()) body["expectedEvery"] = cluster.expected_every;
    std::string target(words_of(Kind::kCluster).path);
    if (cluster.dry_run) target += "?dryRun=true";
    const auto response = api.post(std::move(target), body);
    if (!response) {
        Failure failure = response.error();
        // The others are words of the command line, or of the one who lists clusters in a file.
        const bool of_kubeconfig = !cluster.kubeconfig.empty() && failure.subject != "name" &&
                                   failure.subject != "uid" && failure.subject != "projectUid";
        return of_kubeconfig ? std::move(failure).of_content() : failure;
    }
    return parse_answer(*response, api.server());
}

Outcome<json::Object> set_connection(Api& api, const std::string& uid,
                                     const std::string& kubeconfig, bool dry_run) {
    std::string target = path_of(Kind::kCluster, uid) + "/kubeconfig";
    if (dry_run) target += "?dryRun=true";
    auto response = api.put(std::move(target), json::Object{{"kubeconfig", kubeconfig}});
    if (!response) return std::move(response).error().of_content();
    return parse_answer(*response, api.server());
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
