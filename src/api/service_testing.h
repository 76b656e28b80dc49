#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "access/keys.h"
#include "access/projects.h"
#include "api/kube/watch_hub.h"
#include "api/palette/snapshot_feed.h"
#include "api/replica_peers.h"
#include "api/routes.h"
#include "api/services.h"
#include "audit/trail.h"
#include "base/crypto.h"
#include "base/sealing.h"
#include "cluster/registry.h"
#include "connect/connection_sources.h"
#include "connect/credentials.h"
#include "identity/issuers.h"
#include "identity/sessions.h"
#include "identity/tokens_testing.h"
#include "mirror/mirrors.h"
#include "net/server/raw_connection_testing.h"
#include "net/server/server.h"
#include "objects/namespace_sweeper.h"
#include "store/objects_testing.h"
#include "store/store.h"
#include "store/temporary_store_testing.h"

namespace snapgate::api {

// For tests: the whole HTTP interface on a free port of loopback, over a store of its own, with one
// hosted cluster and an admin's key.
class TestService {
  public:
    static constexpr const char* kCluster = "demo";

    // `clock` outlives it.
    explicit TestService(const base::Clock& clock, base::Millis history = base::Millis(60'000))
        : clock_(clock), history_(history) {
        open();
        const access::Project project{"0123456789abcdef01234567",
                                      std::string(access::kDefaultProject)};
        const access::NewKey key =
            access::make_key("admin", access::Role::kAdmin, "", store().now_ms(), std::nullopt);
        key_ = key.text;
        key_id_ = key.key.id;
        cluster::Cluster cluster;
        cluster.uid = cluster.name = kCluster;
        cluster.project = project.uid;
        must([&](store::WriteTxn& txn) -> base::Result<void> {
            SNAPGATE_TRY(access::create_project(txn, project));
            SNAPGATE_TRY(access::create_key(txn, key.key));
            SNAPGATE_ASSIGN(cluster, cluster::create_hosted(txn, cluster, store().now_ms()));
            return {};
        });
        cluster_ = cluster;
        start();
    }
    ~TestService() { stop(); }
    TestService(const TestService&) = delete;
    TestService& operator=(const TestService&) = delete;

    store::Store& store() { return *store_; }
    model::ClusterNumber cluster(model::Kind kind = model::Kind::kSnapshot) const {
        return cluster_.number_of(kind);
    }
    uint16_t port() const { return server_->port(); }
    // Of a port that is for scrapes alone, which is there from the first call to stop().
    uint16_t scrapes_port() {
        if (!scrapes_) scrapes_ = serve(make_metrics_handler(*services_));
        return scrapes_->port();
    }
    const std::string& key() const { return key_; }
    // The uid of the project that all of its clusters are in.
    const std::string& project() const { return cluster_.project; }

    // Within a write: makes another hosted cluster in the first one's project.
    base::Result<cluster::Cluster> create(store::WriteTxn& txn, cluster::Cluster cluster) {
        cluster.project = cluster_.project;
        return cluster::create_hosted(txn, std::move(cluster), store().now_ms());
    }

    // A write that must not fail.
    void must(const store::WriteFunction& function) {
        auto done = store().write_and_wait(store::Priority::kRequest, function);
        if (!done) throw std::runtime_error(done.error().message);
    }
    void reload() {
        const store::ReadView view = store().read();
        for (const auto& reloaded : {services_->keys.reload(view), services_->projects.reload(view),
                                     services_->clusters.reload(view)}) {
            if (!reloaded) throw std::runtime_error(reloaded.error().message);
        }
        services_->streams->registry_changed();
    }
    // With the console, as from the start, or without it. No request may be under way.
    void offer_console(bool offered) { services_->sessions = offered ? &sessions_ : nullptr; }
    // From now on there are other servers of this one's truth. No request may be under way.
    void offer_replicas(ListReplicas list) {
        services_->list_replicas = std::move(list);
        services_->peers = std::make_shared<ReplicaPeers>(services_->list_replicas);
    }
    const query::TokenSigner& signer() const { return signer_; }
    // From now on what is done has lines in an audit trail. No request may be under way.
    void keep_trail() {
        audit::TrailOptions options;
        options.file = directory_.path() / "audit.log";
        auto started = audit::Trail::start(store(), options);
        if (!started) throw std::runtime_error(started.error().message);
        trail_ = std::move(*started);
        services_->audit = trail_.get();
    }
    // The lines of the trail, which ends by that.
    std::vector<std::string> trail() {
        services_->audit = nullptr;
        trail_.reset();
        std::ifstream file(directory_.path() / "audit.log");
        std::vector<std::string> lines;
        for (std::string line; std::getline(file, line);) lines.push_back(line);
        return lines;
    }
    // From now on tokens of these issuers are taken, signed with trusted_key().
    void trust(const std::vector<identity::DeclaredIssuer>& issuers) {
        issuers_.replace(issuers, nullptr);
    }
    static identity::TestKey trusted_key() { return identity::TestKey("trusted"); }
    // A request with a connection of its own. `headers` are whole lines; `body`: of JSON.
    net::RawConnection::Answer ask(std::string_view method, std::string_view path,
                                   std::string_view headers, std::string_view body = {}) const {
        net::RawConnection connection(port());
        std::string request = fmt::format("{} {} HTTP/1.1\r\nHost: a\r\n{}", method, path, headers);
        if (!body.empty()) {
            request += fmt::format("Content-Type: application/json\r\nContent-Length: {}\r\n",
                                   body.size());
        }
        connection.send(request + "\r\n" + std::string(body));
        auto answer = connection.read_answer();
        EXPECT_TRUE(answer) << request;
        return answer ? std::move(*answer) : net::RawConnection::Answer();
    }
    // From now on the key opens nothing.
    void revoke_key() {
        must([&](store::WriteTxn& txn) -> base::Result<void> {
            const access::NewKey other =
                access::make_key("other", access::Role::kAdmin, "", store().now_ms(), std::nullopt);
            SNAPGATE_TRY(access::create_key(txn, other.key));
            return access::delete_key(txn, key_id_, store().now_ms());
        });
        reload();
    }
    // As when the process ends and begins again; on another port.
    void restart() {
        stop();
        open();
        start();
    }
    void stop() {
        if (scrapes_) scrapes_->stop();
        if (server_) server_->stop();
        if (watches_) watches_->close();
        if (services_) services_->streams->close();
        namespaces_.reset();
        trail_.reset();
        store_.reset();
        // These end after the store, as in the server process.
        scrapes_.reset();
        server_.reset();
        services_.reset();
        watches_.reset();
    }

  private:
    void open() {
        store::StoreOptions options = store::small_options(directory_.path(), clock_);
        options.history = history_;
        options.map_bytes = 4ULL << 30;
        store_ = store::open_or_throw(options);
    }
    void start() {
        watches_ = std::make_unique<kube::WatchHub>(
            *store_, kube::WatchTimes{.tick = std::chrono::milliseconds(1'000),
                                      .last_bookmark = std::chrono::milliseconds(500),
                                      .version_patience = std::chrono::milliseconds(200)});
        namespaces_ = std::make_unique<objects::NamespaceSweeper>(
            *store_, clusters_, std::vector<model::ClusterNumber>{cluster()});
        services_.emplace(Services{*store_, signer_, keys_, projects_, clusters_, *watches_,
                                   *namespaces_, sealer_, mirrors_, sources_, [](std::string&) {},
                                   [this] { return store_->back_up({}); }, [] {}});
        services_->streams = std::make_shared<palette::SnapshotFeeds>(
            palette::StreamTimes{.heartbeat = std::chrono::milliseconds(1'000)});
        services_->issuers = &issuers_;
        offer_console(true);
        reload();
        server_ = serve(make_handler(*services_));
    }
    static std::unique_ptr<net::Server> serve(net::Handler handler) {
        net::ServerOptions options;
        options.port = 0;
        options.threads = 2;
        net::ServerHooks hooks;
        hooks.handler = std::move(handler);
        hooks.refuse = render_refusal;
        auto started = net::Server::start(options, std::move(hooks));
        if (!started) throw std::runtime_error(started.error().message);
        return std::move(*started);
    }

    const base::Clock& clock_;
    const base::Millis history_;
    store::TestDirectory directory_;
    const query::TokenSigner signer_{base::random_bytes(32)};
    access::KeyRing keys_{clock_};
    identity::Sessions sessions_{clock_};
    // Each has the key that trusted_key() makes.
    identity::Issuers issuers_{
        clock_,
        [](const identity::DeclaredIssuer&, std::shared_ptr<const net::AddressRules>)
            -> net::Awaitable<base::Result<identity::KeySet>> {
            const identity::TestKey key = trusted_key();
            co_return identity::key_set_of({&key});
        }};
    access::ProjectTable projects_;
    cluster::ClusterTable clusters_;
    std::unique_ptr<store::Store> store_;
    std::unique_ptr<audit::Trail> trail_;
    std::unique_ptr<kube::WatchHub> watches_;
    std::unique_ptr<objects::NamespaceSweeper> namespaces_;
    const connect::CredentialSealer sealer_{std::string(base::kSealingKeyBytes, 'k')};
    mirror::Mirrors mirrors_{mirror::MirrorsOptions{}};
    const connect::ConnectionSources sources_{sealer_, {}};
    std::optional<Services> services_;
    std::unique_ptr<net::Server> server_;
    std::unique_ptr<net::Server> scrapes_;
    std::string key_;
    std::string key_id_;
    cluster::Cluster cluster_;
};

}  // namespace snapgate::api
