#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "access/principal.h"
#include "api/call.h"
#include "api/form.h"
#include "api/side.h"
#include "base/result.h"
#include "model/types.h"
#include "net/http/http.h"

namespace snapgate::api {

// What a route does, in the words of Kubernetes' RBAC. The HTTP method follows from it.
enum class Verb {
    kGet,               // GET, and HEAD, as for the next two
    kList,              // of a collection
    kWatch,             // of a collection, where the query says watch
    kCreate,            // POST
    kUpdate,            // PUT
    kPatch,             // PATCH
    kDelete,            // DELETE
    kDeleteCollection,  // DELETE of a collection
};

std::string_view to_text(Verb verb);  // get, list, ..., deletecollection
std::string_view method_of(Verb verb);
constexpr bool is_read(Verb verb) {
    return verb == Verb::kGet || verb == Verb::kList || verb == Verb::kWatch;
}

// Which objects of a kind a route is about.
enum class Extent {
    kAllNamespaces,
    kCollection,  // of one namespace, or all Namespaces
    kObject,
    kStatus,  // an object through its /status
};

using Operation = net::Awaitable<base::Result<void>> (*)(Call&);

// One operation, and everything about it that is known before a request comes.
struct Route {
    Verb verb = Verb::kGet;
    // Segments, "{}" for a parameter that is not empty. Also the route's label in metrics and log:
    // it holds no uid and no name.
    std::string_view path;
    std::optional<access::Role> role;  // the least that a key needs; nullopt: it needs no key
    Operation operation = nullptr;
    // The parameters that the query of a write may have, blanks between them.
    std::string_view takes;
    // The objects of a cluster that it is about; nullopt: it is about none.
    std::optional<model::Kind> kind;
    Extent extent = Extent::kObject;
    // Which objects answer it; nullopt: none of a resource, and the operation reads Accept itself.
    std::optional<Wanted> answer;
    // What the audit trail calls it; "": by its verb.
    std::string_view audited_as;
};

// The route of a request, as far as the path and the method go.
struct Match {
    const Route* route = nullptr;              // null: there is none
    std::vector<std::string_view> parameters;  // still encoded
    const Route* other = nullptr;  // without a route: one with that path, but another method
    std::string allow;             // and the methods that the path takes
};

// `watch`: whether the query of a GET asks for changes instead of a list.
Match find_route(std::span<const Route> routes, std::string_view method, std::string_view path,
                 bool watch);

// What one side of the interface does its own way, in the order in which the router asks for it.
// Each step may end the request with an Error.
struct Face {
    Side side = Side::kPalette;
    // Finds the route. On a side where the caller is identified first, does that before.
    base::Result<Match> (*find)(Call& call) = nullptr;
    // Answers a request for which `match` has no route, and one whose parameters cannot be decoded
    // or name nothing that is served.
    base::Result<void> (*refuse)(Call& call, const Match& match) = nullptr;
    // Checks the key and what it may do, and fills in what of a cluster the call names. False:
    // there is no such path after all.
    base::Result<bool> (*admit)(Call& call, const Route& route) = nullptr;
    // Reads how the answer is to look. Always before the operation: a write whose answer cannot be
    // given is refused before it is done.
    base::Result<Form> (*negotiate)(const Call& call, const Route& route) = nullptr;
    // What answers the call: the route's own operation, or another in its place.
    Operation (*choose)(const Call& call, const Route& route) = nullptr;
    // A write with a parameter that its route does not take is refused, and a deletion with a body.
    bool strict = false;
};

// Below /admin/: no cache may keep the answer, which tells of keys and clusters.
void forbid_caches(const net::Request& request, net::Response& response);

// Takes a request the whole way: finds its route, decodes the path, lets the face admit it, agrees
// on the form of the answer, runs the operation, and renders what went wrong. `services` outlives
// it.
net::Awaitable<void> answer(const Face& face, const Services& services, net::Request& request,
                            net::Response& response);

}  // namespace snapgate::api
