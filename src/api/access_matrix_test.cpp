// Every route by every caller: each role with a key of the cluster's project, of another project
// and of the tenant, a reader and an editor that are held to the cluster or to another one, each of
// them once more with a token of an issuer, and no key. The rows below say who may do what, apart
// from the table of routes; a route without a row fails. The same for the port for scrapes.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/kube/route_table.h"
#include "api/router.h"
#include "api/routes.h"
#include "api/service_testing.h"
#include "base/clock_testing.h"
#include "net/server/raw_connection_testing.h"

namespace snapgate::api {
namespace {

using access::Role;

// What a route's path names, and so who may see it.
enum class About {
    kOpen,     // nothing that needs a key
    kCaller,   // what the key sees, whatever that is
    kNamed,    // a cluster, project or key: not there for a key of another project
    kTenants,  // what a key of a project may not do
};

struct Row {
    About about = About::kNamed;
    Role least = Role::kReader;
};

const std::map<std::string, Row, std::less<>> kRows = {
    {"list /v1/spectroclusters/{}/vms/snapshot", {}},
    {"create /v1/spectroclusters/{}/vms/{}/snapshot", {About::kNamed, Role::kEditor}},
    {"get /v1/spectroclusters/{}/vms/{}/snapshot/{}", {}},
    {"update /v1/spectroclusters/{}/vms/{}/snapshot/{}", {About::kNamed, Role::kEditor}},
    {"delete /v1/spectroclusters/{}/vms/{}/snapshot/{}", {About::kNamed, Role::kEditor}},
    {"list /v1/spectroclusters/{}/vms/sources", {}},
    {"list /v1/spectroclusters/{}/vms/summary", {}},
    {"list /v1/spectroclusters/{}/vms/protection", {}},
    {"get /v1/dashboard/spectroclusters/vms", {About::kCaller}},
    {"get /v1/dashboard/projects/metadata", {About::kCaller}},
    {"get /admin/v1/projects", {About::kCaller}},
    {"create /admin/v1/projects", {About::kTenants, Role::kAdmin}},
    {"get /admin/v1/projects/{}", {}},
    {"delete /admin/v1/projects/{}", {About::kTenants, Role::kAdmin}},
    {"update /admin/v1/projects/{}/quota", {About::kTenants, Role::kAdmin}},
    {"get /admin/v1/clusters", {About::kCaller}},
    {"create /admin/v1/clusters", {About::kCaller, Role::kAdmin}},
    {"get /admin/v1/clusters/{}", {}},
    {"delete /admin/v1/clusters/{}", {About::kNamed, Role::kAdmin}},
    {"update /admin/v1/clusters/{}/kubeconfig", {About::kNamed, Role::kAdmin}},
    {"get /admin/v1/replicas", {About::kTenants, Role::kAdmin}},
    {"update /admin/v1/clusters/{}/imports", {About::kNamed, Role::kAdmin}},
    {"create /admin/v1/clusters/{}/check", {About::kNamed, Role::kAdmin}},
    {"create /admin/v1/clusters/{}/import", {About::kNamed, Role::kEditor}},
    {"get /admin/v1/backup", {About::kTenants, Role::kAdmin}},
    {"get /admin/v1/whoami", {About::kCaller}},
    {"get /admin/v1/keys", {About::kCaller, Role::kAdmin}},
    {"create /admin/v1/keys", {About::kCaller, Role::kAdmin}},
    {"get /admin/v1/keys/{}", {About::kNamed, Role::kAdmin}},
    {"delete /admin/v1/keys/{}", {About::kNamed, Role::kAdmin}},
    {"get /console/v1/session", {About::kOpen}},
    {"create /console/v1/session", {About::kOpen}},
    {"delete /console/v1/session", {About::kOpen}},
    {"get /livez", {About::kOpen}},
    {"get /readyz", {About::kOpen}},
    {"get /version", {About::kOpen}},
    {"get /openapi.json", {About::kOpen}},
    {"get /metrics", {About::kTenants}},
};

// Of the port for scrapes: for whoever reaches it.
const std::set<std::string, std::less<>> kScrapes = {"get /metrics", "get /livez", "get /readyz"};

// Below /clusters/{uid}: who may read the cluster's objects, and who may write them. Each is a verb
// and the rest of the path.
const std::set<std::string, std::less<>> kReads = {
    "get /healthz",
    "get /livez",
    "get /readyz",
    "get /version",
    "get /api",
    "get /apis",
    "get /api/{}",
    "get /apis/{}",
    "get /apis/{}/{}",
    "get /openapi/v2",
    "get /openapi/v3",
    "get /openapi/v3/{}/{}",
    "get /openapi/v3/{}/{}/{}",
    "create /apis/authentication.k8s.io/v1/selfsubjectreviews",
    "create /apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
    "create /apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
    "get G/namespaces/{}/virtualmachinesnapshots/{}",
    "get G/namespaces/{}/virtualmachinesnapshots/{}/status",
    "get G/namespaces/{}/virtualmachinerestores/{}",
    "get G/namespaces/{}/virtualmachinerestores/{}/status",
    "get /api/v1/namespaces/{}",
    "list G/namespaces/{}/virtualmachinesnapshots",
    "list G/virtualmachinesnapshots",
    "list G/namespaces/{}/virtualmachinerestores",
    "list G/virtualmachinerestores",
    "list /api/v1/namespaces",
    "list /api/v1/events",
    "list /api/v1/namespaces/{}/events",
    "watch G/namespaces/{}/virtualmachinesnapshots",
    "watch G/virtualmachinesnapshots",
    "watch G/namespaces/{}/virtualmachinerestores",
    "watch G/virtualmachinerestores",
    "watch /api/v1/namespaces",
    "watch G/watch/namespaces/{}/virtualmachinesnapshots/{}",
    "watch G/watch/namespaces/{}/virtualmachinesnapshots",
    "watch G/watch/virtualmachinesnapshots",
    "watch G/watch/namespaces/{}/virtualmachinerestores/{}",
    "watch G/watch/namespaces/{}/virtualmachinerestores",
    "watch G/watch/virtualmachinerestores",
    "watch /api/v1/watch/namespaces",
    "watch /api/v1/watch/namespaces/{}",
};
const std::set<std::string, std::less<>> kWrites = {
    "create G/namespaces/{}/virtualmachinesnapshots",
    "create G/namespaces/{}/virtualmachinesnapshots/{}",
    "create /api/v1/namespaces",
    "update G/namespaces/{}/virtualmachinesnapshots",
    "update G/namespaces/{}/virtualmachinesnapshots/{}",
    "update G/namespaces/{}/virtualmachinesnapshots/{}/status",
    "patch G/namespaces/{}/virtualmachinesnapshots",
    "patch G/namespaces/{}/virtualmachinesnapshots/{}",
    "patch G/namespaces/{}/virtualmachinesnapshots/{}/status",
    "deletecollection G/namespaces/{}/virtualmachinesnapshots",
    "delete G/namespaces/{}/virtualmachinesnapshots/{}",
    "delete /api/v1/namespaces/{}",
};

constexpr std::string_view kPrefix = "/clusters/{}";
constexpr std::string_view kGroup = "/apis/snapshot.kubevirt.io/{}";

std::string name_of(const Route& route) {
    return fmt::format("{} {}", to_text(route.verb), route.path);
}

std::optional<Row> row_of(const Route& route, bool fleet) {
    const std::string_view path = route.path;
    if (!path.starts_with(kPrefix)) {
        const auto found = kRows.find(name_of(route));
        return found == kRows.end() ? std::nullopt : std::optional(found->second);
    }
    std::string rest(path.substr(kPrefix.size()));
    if (rest.starts_with(std::string(kGroup) + "/")) rest.replace(0, kGroup.size(), "G");
    const std::string name = fmt::format("{} {}", to_text(route.verb), rest);
    const About about = fleet ? About::kCaller : About::kNamed;
    if (kReads.contains(name)) return Row{about, Role::kReader};
    if (kWrites.contains(name) && !fleet) return Row{about, Role::kEditor};
    return std::nullopt;
}

enum class Belongs {
    kOwn,
    kOther,
    kTenant,
    kHeld,       // to the cluster, in its project
    kElsewhere,  // held to another cluster of the project
};

struct Caller {
    std::string key;  // "": none
    Role role = Role::kReader;
    Belongs belongs = Belongs::kTenant;
};

class AccessMatrix : public testing::Test {
  protected:
    AccessMatrix() {
        const access::Project other{"fedcba9876543210fedcba98", "other"};
        service_.must([&](store::WriteTxn& txn) { return access::create_project(txn, other); });
        for (const Role role : {Role::kReader, Role::kEditor, Role::kAdmin}) {
            add(role, Belongs::kOwn, kProject);
            add(role, Belongs::kOther, other.uid);
            add(role, Belongs::kTenant, "");
        }
        cluster::Cluster elsewhere;
        elsewhere.uid = elsewhere.name = "elsewhere";
        service_.must([&](store::WriteTxn& txn) -> base::Result<void> {
            SNAPGATE_ASSIGN(elsewhere, service_.create(txn, elsewhere));
            return {};
        });
        // There are no admins of clusters alone.
        for (const Role role : {Role::kReader, Role::kEditor}) {
            add(role, Belongs::kHeld, kProject,
                access::KeyCluster{std::string(TestService::kCluster), service_.cluster()});
            add(role, Belongs::kElsewhere, kProject,
                access::KeyCluster{elsewhere.uid, elsewhere.number});
        }
        service_.trust({issuer_});
        callers_.emplace_back();
        named_key_ = add_key(Role::kReader, kProject, "named");
        service_.reload();
    }

    // A request of a caller that is to be let in ends with a fault of its own, a parameter that is
    // not there: nothing is changed by it. (That is told before who may see what, and so it tells
    // nobody anything.)
    net::RawConnection::Answer ask(const Route& route, std::string_view cluster,
                                   const Caller& caller, bool let_in) {
        return ask(service_.port(), route, cluster, caller, let_in);
    }
    net::RawConnection::Answer ask(uint16_t port, const Route& route, std::string_view cluster,
                                   const Caller& caller, bool let_in) {
        std::string path;
        std::string_view before;
        for (std::string_view rest = route.path.substr(1); !rest.empty();) {
            const std::string_view segment = rest.substr(0, rest.find('/'));
            rest.remove_prefix(std::min(rest.size(), segment.size() + 1));
            path += '/';
            path += segment == "{}" ? named(before, cluster) : segment;
            before = segment;
        }
        const bool kube = route.path.starts_with(kPrefix);
        if (!kube && !is_read(route.verb) && let_in) path += "?nonsense=1";
        if (route.verb == Verb::kWatch) path += "?watch=1&resourceVersion=nonsense";
        std::string request =
            fmt::format("{} {} HTTP/1.1\r\nHost: a\r\n", method_of(route.verb), path);
        if (!caller.key.empty()) request += fmt::format("Authorization: Bearer {}\r\n", caller.key);
        const bool body = method_of(route.verb).starts_with('P');
        request +=
            body ? "Content-Type: application/json\r\nContent-Length: 8\r\n\r\nnonsense" : "\r\n";
        net::RawConnection connection(port);
        connection.send(request);
        auto answer = connection.read_answer();
        EXPECT_TRUE(answer) << request;
        return answer ? std::move(*answer) : net::RawConnection::Answer();
    }

    const base::TestClock clock_;
    TestService service_{clock_};
    std::vector<Caller> callers_;
    std::string named_key_;
    identity::DeclaredIssuer issuer_ = identity::test_issuer({});

  private:
    static constexpr std::string_view kProject = "0123456789abcdef01234567";

    std::string add_key(Role role, std::string_view project, std::string_view name,
                        std::string* text = nullptr,
                        const std::optional<access::KeyCluster>& held_to = std::nullopt) {
        access::NewKey made = access::make_key(std::string(name), role, std::string(project),
                                               service_.store().now_ms(), std::nullopt);
        if (held_to) made.key.clusters.push_back(*held_to);
        service_.must([&](store::WriteTxn& txn) { return access::create_key(txn, made.key); });
        if (text != nullptr) *text = made.text;
        return made.key.id;
    }
    void add(Role role, Belongs belongs, std::string_view project,
             const std::optional<access::KeyCluster>& held_to = std::nullopt) {
        Caller caller{{}, role, belongs};
        // The service has made an admin's key with the name of its role.
        const std::string name = fmt::format("{} of {}", access::role_name(role),
                                             held_to ? held_to->uid : std::string("all"));
        add_key(role, project, name, &caller.key, held_to);
        callers_.push_back(caller);
        const std::string group = fmt::format("{} {} {}", name, project, callers_.size());
        identity::Rule rule = identity::rule(group, role);
        if (!project.empty()) rule.projects = {std::string(project)};
        rule.tenant = project.empty();
        if (held_to) rule.clusters = {held_to->uid};
        issuer_.rules.push_back(std::move(rule));
        json::Object claims = identity::test_claims(clock_.now_ms());
        claims["groups"] = json::Array{std::string_view(group)};
        caller.key = TestService::trusted_key().token(claims);
        callers_.push_back(std::move(caller));
    }
    // What stands for a parameter that comes after this segment.
    std::string_view named(std::string_view before, std::string_view cluster) const {
        if (before == "spectroclusters" || before == "clusters") return cluster;
        if (before == "projects") return kProject;
        if (before == "keys") return named_key_;
        if (before == "api") return "v1";
        if (before == "apis") return "snapshot.kubevirt.io";
        if (before == "snapshot.kubevirt.io") return "v1beta1";
        return "nothing";
    }
};

// The status that keeps the caller out; 0: it is let in.
unsigned refusal(const Route& route, const Row& row, const Caller& caller) {
    if (row.about == About::kOpen) return 0;
    if (caller.key.empty()) return 401;
    const bool of_cluster = route.path.find("clusters/{}") != std::string_view::npos;
    const bool hidden =
        row.about == About::kNamed && (caller.belongs == Belongs::kOther ||
                                       (of_cluster && caller.belongs == Belongs::kElsewhere));
    // The Kubernetes side tells what a role may do in a cluster only to those who see it.
    if (hidden && route.path.starts_with(kPrefix)) return 404;
    if (caller.role < row.least) return 403;
    if (row.about == About::kTenants && caller.belongs != Belongs::kTenant) return 403;
    return hidden ? 404 : 0;
}

bool is_let_in(const net::RawConnection::Answer& answer) {
    return answer.status != 401 && answer.status != 403 &&
           answer.body.find("that this key may see") == std::string::npos;
}

std::string told(std::string_view name, const Caller& caller,
                 const net::RawConnection::Answer& answer) {
    return fmt::format("{} by {} of {}: {} {}", name,
                       caller.key.empty() ? "nobody" : access::role_name(caller.role),
                       static_cast<int>(caller.belongs), answer.status, answer.body.substr(0, 300));
}

TEST_F(AccessMatrix, EveryRouteByEveryCaller) {
    size_t cells = 0;
    std::set<std::string> met;
    const auto check = [&](std::span<const Route> routes, std::string_view cluster) {
        for (const Route& route : routes) {
            const std::string name = name_of(route);
            const auto row = row_of(route, cluster == "-");
            if (!row) {
                ADD_FAILURE() << "no row says who may use the route " << name;
                continue;
            }
            met.insert(name);
            for (const Caller& caller : callers_) {
                const unsigned expected = refusal(route, *row, caller);
                const net::RawConnection::Answer answer =
                    ask(route, cluster, caller, expected == 0);
                const std::string who = told(name, caller, answer);
                if (expected == 0) {
                    EXPECT_TRUE(is_let_in(answer)) << who;
                } else {
                    EXPECT_EQ(answer.status, expected) << who;
                }
                ++cells;
            }
        }
    };
    check(own_routes(), TestService::kCluster);
    check(kube::cluster_routes(), TestService::kCluster);
    check(kube::fleet_routes(), "-");
    EXPECT_GT(cells, 2500U);
    for (const auto& [name, row] : kRows) EXPECT_TRUE(met.contains(name)) << "no route " << name;
}

// No key is asked for there, so there must be nothing else.
TEST_F(AccessMatrix, ThePortForScrapesHasItsRoutesForEveryCallerAndNoOthers) {
    const uint16_t port = service_.scrapes_port();
    std::set<std::string> met;
    for (const Route& route : metrics_routes()) {
        const std::string name = name_of(route);
        met.insert(name);
        EXPECT_TRUE(kScrapes.contains(name)) << "no row says that anybody may use " << name;
        for (const Caller& caller : callers_) {
            const auto answer = ask(port, route, "", caller, true);
            EXPECT_EQ(answer.status, 200U) << told(name, caller, answer);
        }
    }
    for (const std::string& name : kScrapes) EXPECT_TRUE(met.contains(name)) << "no route " << name;
    const auto check_absent = [&](std::span<const Route> routes, std::string_view cluster) {
        for (const Route& route : routes) {
            const std::string name = name_of(route);
            if (kScrapes.contains(name)) continue;
            for (const Caller& caller : callers_) {
                const auto answer = ask(port, route, cluster, caller, false);
                EXPECT_EQ(answer.status, 404U) << told(name, caller, answer);
            }
        }
    };
    check_absent(own_routes(), TestService::kCluster);
    check_absent(kube::cluster_routes(), TestService::kCluster);
    check_absent(kube::fleet_routes(), "-");
}

}  // namespace
}  // namespace snapgate::api
