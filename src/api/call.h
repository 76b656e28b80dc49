#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/principal.h"
#include "api/form.h"
#include "api/kube/resource.h"
#include "api/services.h"
#include "api/side.h"
#include "audit/action.h"
#include "base/clock.h"
#include "base/result.h"
#include "cluster/registry.h"
#include "json/value.h"
#include "net/http/http.h"
#include "objects/freshness.h"
#include "objects/write_context.h"

namespace snapgate::api {

inline constexpr size_t kMaxBodyBytes = 3 << 20;
// The most bytes of a body that never is large: a review, the options of a deletion, a project, a
// key.
inline constexpr size_t kMaxSmallBodyBytes = 64 << 10;
// The most bytes of a body in YAML, which takes a hundred times as long to read as JSON.
inline constexpr size_t kMaxYamlBodyBytes = 256 << 10;

// One request on its way through a route: who makes it, and what it may see. Lives as long as the
// route's coroutine.
struct Call {
    Call(Side the_side, const Services& the_services, net::Request& the_request,
         net::Response& the_response)
        : side(the_side), services(the_services), request(the_request), response(the_response) {}

    const Side side;
    const Services& services;
    net::Request& request;
    net::Response& response;
    // The servers that the request came by; goes with whatever is asked of a cluster because of it
    // (connect/passed_servers.h).
    std::string passed;
    std::vector<std::string> parameters;  // of the path, decoded, in order
    // The caller, if the request carries an issuer's token in place of a key; nullopt: it does not.
    std::optional<base::Result<std::shared_ptr<const identity::Caller>>> token;
    access::Principal principal;  // where the route wants a key
    access::Scope scope;
    std::shared_ptr<KeyShares::Turn> turn;  // among the requests of the key, where there is one
    // What the caller does, for the audit trail; null without a trail, and for reads.
    std::shared_ptr<audit::Action> audit;
    std::string_view verb;        // of the route, once that is known
    bool writes = false;          // the route changes something
    mutable bool hidden = false;  // it names a cluster of another project
    // How fresh the mirror of the connected cluster is that is read, once that is known.
    std::optional<objects::Freshness> freshness;

    // How long the store has heard nothing of its truth; 0 where it has none elsewhere.
    base::Millis copy_age{0};

    // How the answer is to look, agreed on before the operation begins: a write whose answer could
    // not be given must not happen. The default where the route answers with no object.
    Form form;

    // What the path names, on the Kubernetes face alone.
    cluster::Cluster cluster;
    kube::Resource resource;
    // The number that the cluster's objects of that kind have in the store.
    model::ClusterNumber store_number() const { return cluster.number_of(resource.kind); }

    // Whether a list's resource version is a text that stands for a revision of the store: that of
    // the connected cluster, or that of the truth of which the store is a copy.
    bool has_told_versions() const { return cluster.connected() || services.store.replicates(); }

    // What its writes of objects work on.
    objects::WriteContext write_context() const {
        return {services.store,
                services.namespaces,
                services.mirrors,
                passed,
                [&all = services](const cluster::Cluster& one) { return all.quota_of(one); },
                audit,
                *response.stream,
                request.held->held()};
    }
};

// The one value of a query parameter; "" if it is absent. kInvalidParameter if it is repeated or
// base::decode_parameter refuses it.
base::Result<std::string> query_parameter(const net::Request& request, std::string_view name);
// The same for true and false; absent and empty are false.
base::Result<bool> query_flag(const net::Request& request, std::string_view name);

// The whole body. Errors of RequestBody::read_all(); kUnauthorized if the caller's key was revoked,
// or has expired, while the body came: nothing may be stored for it then.
net::Awaitable<base::Result<std::string>> read_text(Call& call, size_t most = kMaxBodyBytes);
// The same for a body whose type must be JSON, or kUnsupportedMediaType.
net::Awaitable<base::Result<std::string>> read_json_text(Call& call, size_t most);
// Of such a body. kInvalidBody.
base::Result<json::Object> parse_json_object(std::string_view text);
// The body as a JSON object, with the errors of both.
net::Awaitable<base::Result<json::Object>> read_json_body(Call& call,
                                                          size_t most = kMaxSmallBodyBytes);

// The cluster of that uid, if there is one and the call may see it.
base::Result<cluster::Cluster> find_cluster(const Call& call, std::string_view uid);

inline constexpr size_t kMaxFieldManager = 128;
bool is_field_manager(std::string_view text);
// Whom managedFields name where the request says nothing else: the User-Agent up to its first '/'.
std::string field_manager(const net::Request& request);

void respond_json(Call& call, unsigned status, const json::Value& value);
// Answers with a document that clients ask for again and again: with an ETag, and as a 304 without
// the body if the client has it. `type` is static text.
void respond_unless_known(Call& call, std::string_view text, std::string_view type);

}  // namespace snapgate::api
