#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "remote/api.h"

namespace snapgate::cli {

// The kinds of things that have a name and a uid.
enum class Kind { kProject, kCluster, kKey };

// What a kind is called, and where it is served.
struct KindWords {
    std::string_view one;        // project
    std::string_view many;       // projects
    std::string_view path;       // /admin/v1/projects
    std::string_view uid_field;  // uid; a key's is id
};
const KindWords& words_of(Kind kind);

struct Named {
    std::string uid;
    std::string name;
    std::string type;  // of a cluster: hosted
    // To be shown: its uid, or its name where names of clusters or keys have to be told apart.
    // NOLINTNEXTLINE(readability-redundant-member-init): so that an initializer may leave it out
    std::string project = {};
};

// Chooses among `all` what `wanted` names: the one whose uid it is exactly, else the one of that
// name. kRefused with what there is if there is none, and with the candidates if there are more.
Outcome<Named> choose(Kind kind, std::string_view wanted, const std::vector<Named>& all);
// The same for clusters and keys as the server lists them, with the uids of their projects: the
// message about several of a name has the names of their projects, for which it asks the server.
Outcome<Named> choose(Api& api, Kind kind, std::string_view wanted, const std::vector<Named>& all);

// Path of one object: /admin/v1/projects/UID.
std::string path_of(Kind kind, std::string_view uid);

// All objects of a kind that the key sees.
Outcome<std::vector<json::Object>> list_objects(Api& api, Kind kind);
// What an answer lists, in order of name.
std::vector<Named> named_items(Kind kind, const std::vector<json::Object>& items);

// Reads the list of a kind (any reader may) and chooses from it.
Outcome<Named> resolve(Api& api, Kind kind, std::string_view wanted);

// Makes the Api act in the target's project, if it names one.
Outcome<> enter_project(Api& api, const Target& target);

}  // namespace snapgate::cli
