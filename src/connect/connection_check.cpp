#include "connect/connection_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <span>
#include <utility>

#include "base/clock.h"
#include "base/quote.h"
#include "cluster/reflected_kind.h"
#include "connect/access_review.h"
#include "connect/cluster_target.h"
#include "json/cluster_answers.h"
#include "json/value.h"
#include "model/names.h"
#include "net/client/outbound.h"
#include "net/http/http_date.h"

namespace snapgate::connect {

using base::Code;
using base::Error;
using base::Result;
using Found = CheckedPoint::Outcome;

namespace {

constexpr size_t kMaxAnswerBytes = 1 << 20;
constexpr unsigned kLoopDetected = 508;
constexpr size_t kMaxShownType = 80;
constexpr int64_t kMostSkewMs = 30'000;
constexpr std::array<std::string_view, 3> kReadVerbs = {"get", "list", "watch"};
constexpr std::array<std::string_view, 4> kWriteVerbs = {"create", "update", "patch", "delete"};

bool is_about_tls(std::string_view reason) {
    using namespace net::outbound_reason;
    return reason == kCertificateExpired || reason == kCertificateNotTrusted ||
           reason == kCertificateWrongName || reason == kTls;
}

std::string joined(const std::vector<std::string>& words) {
    return fmt::format("{}", fmt::join(words, ", "));
}

// One running check. The result of a point decides whether the later points are checked.
class Checking {
  public:
    Checking(ClusterTarget target, std::string passed, const base::Clock& clock,
             std::chrono::milliseconds timeout)
        : target_(std::move(target)),
          passed_(std::move(passed)),
          clock_(clock),
          deadline_(std::chrono::steady_clock::now() + timeout) {}

    net::Awaitable<ConnectionCheck> run() {
        if (co_await reach()) {
            co_await identify();
            if (!check_.refused()) {
                co_await ask_permissions();
                co_await discover();
                for (const cluster::ReflectedKind& kind : further_kinds()) co_await look_for(kind);
            }
        }
        std::vector<std::string_view> all{"Reachable",   "TLS",        "Identity",
                                          "Permissions", "APIVersion", "Clock"};
        for (const cluster::ReflectedKind& kind : further_kinds()) all.push_back(kind.plural);
        std::vector<CheckedPoint> points;
        for (const std::string_view name : all) {
            auto found = std::ranges::find(check_.points, name, &CheckedPoint::name);
            if (found != check_.points.end()) {
                points.push_back(std::move(*found));
            } else {
                points.push_back({std::string(name), Found::kSkipped, "not looked at", {}});
            }
        }
        check_.points = std::move(points);
        co_return std::move(check_);
    }

  private:
    // Behind the snapshots.
    static std::span<const cluster::ReflectedKind> further_kinds() {
        return cluster::reflected_kinds().subspan(1);
    }

    void add(std::string_view name, Found outcome, std::string message, std::string advice = {}) {
        check_.points.push_back(
            {std::string(name), outcome, std::move(message), std::move(advice)});
    }

    net::Awaitable<Result<net::ClientResponse>> ask(std::string method, std::string target,
                                                    std::string body) {
        net::ClientRequest request;
        request.method = std::move(method);
        request.target = std::move(target);
        request.headers.emplace_back("Accept", "application/json");
        if (!body.empty()) {
            request.content_type = "application/json";
            request.body = std::move(body);
        }
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            deadline_ - std::chrono::steady_clock::now());
        if (left.count() <= 0) {
            co_return Error(Code::kTimeout, "the cluster took too long to answer",
                            std::string(net::outbound_reason::kAnswerTimeout));
        }
        const net::ClientRequest sent = target_.as_sent(std::move(request), passed_);
        auto answer = co_await net::exchange(target_.server, sent, left, kMaxAnswerBytes);
        if (answer && answer->status / 100 == 2) SNAPGATE_CO_TRY(check_readable(*answer));
        co_return answer;
    }

    net::Awaitable<bool> reach() {
        auto answer = co_await ask("GET", "/version", {});
        if (!answer) {
            const Error& error = answer.error();
            if (is_about_tls(error.subject)) {
                check_.reachable = true;
                add("Reachable", Found::kGood, "it takes connections");
                add("TLS", Found::kBad, error.message,
                    "check certificate-authority-data, tls-server-name and the client certificate "
                    "of the kubeconfig");
            } else if (error.subject == net::outbound_reason::kDenied) {
                add("Reachable", Found::kBad, error.message);
            } else if (error.subject == kAnswerCompressed) {
                add("Reachable", Found::kWarning, error.message,
                    "the cluster is followed as soon as its answers come as they are");
            } else {
                add("Reachable", Found::kWarning, error.message,
                    "the cluster is followed as soon as it can be reached from this server");
            }
            co_return false;
        }
        check_.reachable = true;
        const auto version = json::read_server_version(answer->body);
        has_version_ = version.has_value();
        add("Reachable", Found::kGood,
            version ? "it is Kubernetes " + version->text.substr(0, 64) : "it answers");
        add("TLS", Found::kGood, "the connection is as the kubeconfig wants it");
        look_at_clock(*answer);
        if (answer->status == 401) refuse_credentials();
        if (answer->status == kLoopDetected) {
            add("Identity", Found::kWarning, "the request came back to this server",
                "the server's address in the kubeconfig is this server's own, or leads to it: name "
                "the cluster's");
            co_return false;
        }
        co_return true;
    }

    void look_at_clock(const net::ClientResponse& answer) {
        const auto header = answer.header("Date");
        const auto theirs = header ? net::parse_http_date(*header) : std::nullopt;
        if (!theirs) return;
        const int64_t skew = *theirs - clock_.now_ms();
        if (std::abs(skew) <= kMostSkewMs) {
            add("Clock", Found::kGood, "both clocks agree within 30 s");
            return;
        }
        add("Clock", Found::kWarning,
            fmt::format("the cluster's clock is {} s {} this server's", std::abs(skew) / 1000,
                        skew > 0 ? "ahead of" : "behind"),
            "synchronise both; certificates and tokens are checked against them");
    }

    void refuse_credentials() {
        add("Identity", Found::kBad, "the cluster does not accept these credentials (401)",
            "make a new token or client certificate and take the kubeconfig again");
    }

    net::Awaitable<void> identify() {
        if (check_.refused()) co_return;
        auto answer =
            co_await ask("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews",
                         R"({"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"})");
        if (!answer) co_return;
        if (answer->status == 401) {
            refuse_credentials();
            co_return;
        }
        const auto value = json::parse(answer->body);
        std::string user;
        if (answer->status / 100 == 2 && value) {
            read_user(*value, user);
        }
        if (!is_kubernetes(*answer, value && value->is_object())) {
            const auto type = answer->header("Content-Type");
            add("Identity", Found::kWarning,
                fmt::format(
                    "the answer at {} (status {}, {}) is not a Kubernetes API server's",
                    target_.server->text(), answer->status,
                    type ? "of the type " + base::quote(*type, kMaxShownType) : "without a type"),
                "check the server's address, its port and path, in the kubeconfig, and what stands "
                "before the cluster");
        } else if (user.empty()) {
            add("Identity", Found::kGood, "the credentials are accepted");
        } else {
            add("Identity", Found::kGood, fmt::format("we are {}", model::shown_name(user)));
        }
    }

    // An older server may not know the review, or may not allow it to us: both come as a Status.
    // For a whole group that it does not know, a server says only "404 page not found"; then the
    // earlier answer to /version counts. A server of another kind may answer with any page.
    bool is_kubernetes(const net::ClientResponse& answer, bool is_object) const {
        if (answer.status / 100 == 2) return is_object;
        if (answer.status == 403) return true;
        if (answer.status != 404) return false;
        return has_version_ || json::read_status(answer.body).has_value();
    }

    static void read_user(const json::Value& review, std::string& user) {
        const json::Object* at = review.if_object();
        for (const std::string_view name : {"status", "userInfo"}) {
            const json::Value* next = at == nullptr ? nullptr : at->if_contains(name);
            at = next == nullptr ? nullptr : next->if_object();
        }
        if (at == nullptr) return;
        if (auto text = json::optional_string(*at, "username")) user = std::move(*text);
    }

    // nullopt if the cluster does not say.
    net::Awaitable<std::optional<bool>> may(const cluster::ReflectedKind& kind,
                                            std::string_view verb) {
        std::string body =
            access_review({{"group", kind.group}, {"resource", kind.plural}, {"verb", verb}});
        auto answer = co_await ask("POST", std::string(kAccessReviewPath), std::move(body));
        if (!answer || answer->status / 100 != 2) co_return std::nullopt;
        const auto verdict = json::read_access_verdict(answer->body);
        if (!verdict) co_return std::nullopt;
        co_return verdict->allowed;
    }

    net::Awaitable<void> ask_permissions() {
        std::vector<std::string> missing;
        std::vector<std::string> writes;
        for (const std::string_view verb : kReadVerbs) {
            const auto allowed = co_await may(kind_, verb);
            if (!allowed) {
                add("Permissions", Found::kWarning, "the cluster does not say what we may do");
                co_return;
            }
            if (!*allowed) missing.emplace_back(verb);
        }
        for (const std::string_view verb : kWriteVerbs) {
            const auto allowed = co_await may(kind_, verb);
            if (allowed && *allowed) writes.emplace_back(verb);
        }
        if (!missing.empty()) {
            add("Permissions", Found::kWarning,
                fmt::format("we may not {} {}", joined(missing), kind_.plural),
                "apply the role that `snapgate print rbac` prints");
        } else if (writes.size() < kWriteVerbs.size()) {
            add("Permissions", Found::kGood,
                writes.empty()
                    ? fmt::format("we may read {}, and not write them", kind_.noun)
                    : fmt::format("we may read {}, and {} them", kind_.noun, joined(writes)));
        } else {
            add("Permissions", Found::kGood, fmt::format("we may read and write {}", kind_.noun));
        }
    }

    net::Awaitable<void> discover() {
        auto answer = co_await ask("GET", fmt::format("/apis/{}", kind_.group), {});
        if (!answer) {
            add("APIVersion", Found::kWarning, answer.error().message);
            co_return;
        }
        if (answer->status == 404) {
            add("APIVersion", Found::kWarning,
                fmt::format("the cluster does not serve {}", kind_.group),
                fmt::format("install KubeVirt there; its {} are listed from then on", kind_.noun));
            co_return;
        }
        const auto versions = json::read_group_versions(answer->body);
        if (answer->status / 100 != 2 || !versions) {
            add("APIVersion", Found::kWarning,
                fmt::format("the cluster does not say which versions of {} it serves (it answered "
                            "{})",
                            kind_.group, answer->status));
            co_return;
        }
        const std::string_view best = kind_.best_version(*versions);
        if (!best.empty()) {
            check_.served_version = best;
            add("APIVersion", Found::kGood, fmt::format("it serves {}/{}", kind_.group, best));
            co_return;
        }
        add("APIVersion", Found::kWarning,
            fmt::format("the cluster serves {} of {}, and none of them is known here",
                        joined(*versions).substr(0, 200), kind_.group));
    }

    // A kind that a cluster need not have.
    net::Awaitable<void> look_for(const cluster::ReflectedKind& kind) {
        if (!co_await is_served(kind)) {
            add(kind.plural, Found::kSkipped, fmt::format("the cluster has no {}", kind.noun));
            co_return;
        }
        std::vector<std::string> missing;
        for (const std::string_view verb : kReadVerbs) {
            const auto allowed = co_await may(kind, verb);
            if (allowed && !*allowed) missing.emplace_back(verb);
        }
        if (missing.empty()) {
            add(kind.plural, Found::kGood, fmt::format("we may read {}", kind.noun));
        } else {
            add(kind.plural, Found::kWarning,
                fmt::format("we may not {} {}", joined(missing), kind.plural),
                "apply the role that `snapgate print rbac` prints; snapshots are followed "
                "without it");
        }
    }

    net::Awaitable<bool> is_served(const cluster::ReflectedKind& kind) {
        for (const std::string_view version : kind.versions) {
            auto answer = co_await ask("GET", fmt::format("/apis/{}/{}", kind.group, version), {});
            if (!answer || answer->status / 100 != 2) continue;
            const auto plurals = json::read_resource_names(answer->body);
            if (plurals && std::ranges::find(*plurals, kind.plural) != plurals->end())
                co_return true;
        }
        co_return false;
    }

    ClusterTarget target_;
    const cluster::ReflectedKind& kind_ = cluster::snapshots();
    const std::string passed_;
    const base::Clock& clock_;
    std::chrono::steady_clock::time_point deadline_;
    ConnectionCheck check_;
    bool has_version_ = false;  // /version was a Kubernetes API server's
};

}  // namespace

bool ConnectionCheck::refused() const {
    return std::ranges::any_of(points, [](const auto& p) { return p.outcome == Found::kBad; });
}

bool ConnectionCheck::warned() const {
    return std::ranges::any_of(points, [](const auto& p) { return p.outcome == Found::kWarning; });
}

net::Awaitable<Result<ConnectionCheck>> check_connection(
    Connection connection, std::shared_ptr<const net::AddressRules> rules, std::string passed,
    const base::Clock& clock, std::chrono::milliseconds timeout) {
    auto target = ClusterTarget::make(connection, std::move(rules));
    if (!target) co_return std::move(target).error();
    Checking checking(std::move(*target), std::move(passed), clock, timeout);
    co_return co_await checking.run();
}

}  // namespace snapgate::connect
