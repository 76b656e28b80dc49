#include "app/server_process.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <future>
#include <utility>

#include "api/palette/snapshot_feed.h"
#include "api/routes.h"
#include "app/backup.h"
#include "app/configuration_log.h"
#include "app/credentials_key.h"
#include "app/damage_log.h"
#include "app/mirrors.h"
#include "app/replicated.h"
#include "app/usable_memory.h"
#include "base/clock.h"
#include "base/duration.h"
#include "base/file_rights.h"
#include "base/log.h"
#include "base/test_time.h"
#include "console/console.h"
#include "json/object.h"
#include "model/names.h"
#include "net/client/address_rules.h"
#include "net/client/outbound.h"
#include "replica/replica_store.h"

namespace snapgate::app {
namespace {

using base::Result;

constexpr std::chrono::minutes kHousekeepingRhythm{1};
constexpr size_t kMetricsConnections = 64;

std::vector<model::ClusterNumber> hosted_clusters(const DataDirectory& data) {
    std::vector<model::ClusterNumber> clusters;
    const auto rows = data.clusters.snapshot();
    for (const auto& [uid, cluster] : *rows)
        if (!cluster.connected()) clusters.push_back(cluster.number);
    return clusters;
}

connect::ConnectRules connect_rules(const Settings& settings) {
    const auto rules = [&](bool loopback, std::unique_ptr<net::OwnAddresses> own) {
        return std::make_shared<const net::AddressRules>(
            settings.connect_allow, settings.connect_deny, loopback, std::move(own));
    };
    // What listens on loopback alone serves who works on this machine; its ports are theirs. A
    // server on a node of the cluster that it follows knows this cluster by the node's address.
    return {rules(settings.loopback(), nullptr),
            rules(false, std::make_unique<net::OwnAddresses>())};
}

// Half of the files that this process may open are left to those who connect to it.
void bound_connections_to_clusters() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_max == RLIM_INFINITY) return;
    net::bound_outbound(static_cast<size_t>(limit.rlim_max / 2));
}

// The bytes that requests may hold at a time.
uint64_t held_bytes(const Settings& settings) {
    constexpr uint64_t kLeast = 64ULL << 20;
    constexpr uint64_t kMost = 4ULL << 30;
    return settings.held_bytes.value_or(std::clamp(usable_memory() / 4, kLeast, kMost));
}

void warn_of_odd_uids(const DataDirectory& data) {
    const auto rows = data.clusters.snapshot();
    for (const auto& [uid, cluster] : *rows) {
        if (model::is_uid(uid)) continue;
        base::log::warning(
            "a cluster's uid begins with '-', which no uid may any more: export its snapshots, "
            "import them into a cluster with another uid, and delete this one",
            {{"uid", uid}, {"cluster", cluster.name}});
    }
}

}  // namespace

Result<std::unique_ptr<ServerProcess>> ServerProcess::start(const Settings& settings) {
    std::unique_ptr<ServerProcess> process(new ServerProcess(settings));
    SNAPGATE_TRY(process->open_data());
    SNAPGATE_TRY(process->open_clusters());
    process->offer_services();
    // Before the first request asks for their states.
    follow_clusters(*process->data_, *process->sources_, *process->mirrors_);
    SNAPGATE_TRY(process->listen());
    process->announce();
    SNAPGATE_TRY(process->listen_for_scrapes());
    process->housekeeper_.start([self = process.get()] { self->keep_house(); });
    base::log::info("listening", {{"address", process->server_->address()},
                                  {"port", process->server_->port()},
                                  {"tls", process->certificates_->contexts() != nullptr},
                                  {"dataDir", settings.data_dir.string()},
                                  {"history", base::format_duration(settings.history)},
                                  {"version", SNAPGATE_VERSION}});
    return process;
}

Result<void> ServerProcess::open_data() {
    store::StoreOptions store_options;
    store_options.directory = settings_.data_dir;
    store_options.history = settings_.history;
    store_options.scrub_interval = settings_.scrub_interval;
    store_options.derive_facts = json::derive_facts;
    if (settings_.replicates()) {
        SNAPGATE_ASSIGN(data_, open_replica(settings_, std::move(store_options)));
    } else {
        SNAPGATE_ASSIGN(
            data_, DataDirectory::open(store_options, {settings_.tls_cert, settings_.tls_key}));
    }
    base::warn_of_open_rights(data_->path);
    base::warn_of_open_rights(data_->path / "store");
    base::warn_of_open_rights(data_->path / "store" / "data.mdb");
    log_damage(*data_->store, data_->clusters);
    url_file_.emplace(settings_.data_dir);
    // A server that was killed leaves the file behind.
    url_file_->remove();
    if (data_->first_start) {
        base::log::info("made a new data directory; its admin key is in this file",
                        {{"file", data_->admin_key_file().string()}});
    }
    SNAPGATE_ASSIGN(certificates_, Certificates::open(settings_));
    if (settings_.audit.on()) {
        SNAPGATE_ASSIGN(audit_, audit::Trail::start(data_->store->local(), settings_.audit));
    }
    return {};
}

// Makes what the connections to clusters need. None is followed yet.
Result<void> ServerProcess::open_clusters() {
    SNAPGATE_ASSIGN(connect::CredentialKey key, open_credentials_key(settings_));
    // A service user often has no home. A server without connected clusters needs none, either.
    if (auto place = check_place_of_credentials_key(settings_); !place) {
        base::log::warning("credentials of connected clusters cannot be stored",
                           {{"error", place.error().message}});
    }
    sealer_ = std::make_unique<connect::CredentialSealer>(std::move(key));
    bound_connections_to_clusters();
    connect::ConnectRules rules = connect_rules(settings_);
    declared_ = std::make_unique<DeclaredClusters>(*data_, [this] { return reload_registry(); });
    SNAPGATE_ASSIGN(const DeclaredChanges changes, declared_->take_in(settings_, rules.of_tenant));
    log_declared(changes, settings_.declared);
    sources_ = std::make_unique<connect::ConnectionSources>(*sealer_, std::move(rules),
                                                            declared_->sources());
    mirrors_ = make_mirrors(*data_, settings_.mirror_mib << 20);
    return {};
}

void ServerProcess::offer_services() {
    warn_of_odd_uids(*data_);
    use_settings();
    metrics_ = std::make_unique<Metrics>(*data_, *certificates_, settings_.metrics_clusters);
    metrics_->note_backup(last_backup_ms(data_->path));
    watches_ = std::make_unique<api::kube::WatchHub>(*data_->store);
    namespaces_ = std::make_unique<objects::NamespaceSweeper>(*data_->store, data_->clusters,
                                                              hosted_clusters(*data_),
                                                              actions_of(audit::kNamespaceActor));
    garbage_ = std::make_unique<objects::GarbageCollector>(
        *data_->store, [this] { return hosted_clusters(*data_); },
        actions_of(audit::kCollectorActor));
    services_.emplace(
        api::Services{*data_->store, *data_->signer, data_->keys, data_->projects, data_->clusters,
                      *watches_, *namespaces_, *sealer_, *mirrors_, *sources_,
                      [this](std::string& out) {
                          metrics_->append(serving_.load(), *mirrors_, *garbage_,
                                           *services_->shares, audit_.get(), issuers_, out);
                      },
                      [this] { return begin_backup(*data_); }, [this] { note_backup(); }});
    services_->audit = audit_.get();
    services_->fleet_metrics = [this, most_clusters = settings_.metrics_clusters] {
        return api::FleetMetricsOptions{metrics_max_age_, most_clusters};
    };
    services_->shares = std::make_shared<api::KeyShares>(
        api::KeyLimits{.bytes = settings_.key_held_bytes.value_or(held_bytes(settings_) / 4),
                       .requests = settings_.key_requests,
                       .terms = size_t{4} * settings_.key_requests});
    if (settings_.console) {
        services_->sessions = &sessions_;
        if (data_->replica != nullptr) services_->shared_sessions = &shared_sessions_;
    }
    services_->issuers = &issuers_;
    issuers_.keep_in(data_->path / "issuer-keys");
    issuers_.replace(settings_.issuers, sources_->rules().of_tenant);
    serve_as_replica(*data_, *services_);
    if (data_->replica != nullptr) {
        data_->replica->tell_of_lead([this](bool taken) { lead_replicas(taken); });
    }
    services_->declared_projects->replace(declared_->projects());
}

void ServerProcess::lead_replicas(bool taken) {
    if (taken) garbage_->look_everywhere();
    // A namespace may have begun to go on a replica that is no more.
    for (const model::ClusterNumber cluster : hosted_clusters(*data_)) namespaces_->wake(cluster);
}

audit::ActionIn ServerProcess::actions_of(std::string_view actor) const {
    if (!audit_) return audit::no_action;
    return [&clusters = data_->clusters, actor](model::ClusterNumber number) {
        auto action = std::make_shared<audit::Action>();
        action->actor.name = actor;
        const auto rows = clusters.snapshot();
        const auto row = std::ranges::find_if(
            *rows, [number](const auto& one) { return one.second.number == number; });
        if (row != rows->end()) {
            action->cluster = row->first;
            action->cluster_name = row->second.name;
        }
        return action;
    };
}

Result<void> ServerProcess::listen() {
    net::ServerOptions options;
    options.address = settings_.address;
    options.port = settings_.port;
    options.threads = settings_.threads;
    options.max_connections = settings_.max_connections;
    options.peer_connections =
        settings_.peer_connections.value_or(std::max(settings_.max_connections / 2, size_t{1}));
    options.trusted_proxies = settings_.trusted_proxies;
    options.held_bytes = held_bytes(settings_);
    options.health_paths = {"/livez", "/readyz"};
    options.tls = certificates_->contexts();
    options.plain = settings_.loopback() || settings_.insecure_http;
    net::ServerHooks hooks;
    hooks.handler = api::make_handler(*services_);
    if (settings_.console)
        hooks.handler = console::serve_console(console::assets(), std::move(hooks.handler));
    hooks.refuse = api::render_refusal;
    hooks.served = [this](const net::Served& served) { note_served(served); };
    SNAPGATE_ASSIGN(server_, net::Server::start(std::move(options), std::move(hooks)));
    serving_ = server_.get();
    const bool tls = certificates_->contexts() != nullptr;
    auto url = url_file_->write(local_url(server_->address(), server_->port(), tls));
    // On a full disk the server still serves its objects.
    if (!url) base::log::warning("cannot write the file url", {{"error", url.error().message}});
    return {};
}

// As the other replicas and people may reach it, where it listens on all addresses.
std::string ServerProcess::own_address() const {
    std::string host = server_->address();
    if (host == "0.0.0.0" || host == "::") {
        std::array<char, 256> name{};
        if (::gethostname(name.data(), name.size() - 1) == 0) host = name.data();
    }
    const bool bracketed = host.find(':') != std::string::npos && !host.starts_with('[');
    return fmt::format("{}:{}", bracketed ? "[" + host + "]" : host, server_->port());
}

void ServerProcess::announce() {
    if (data_->replica == nullptr) return;
    const auto tls = certificates_->contexts();
    data_->replica->announce(own_address(), tls ? tls->digest() : std::string(),
                             settings_.loopback());
}

Result<void> ServerProcess::listen_for_scrapes() {
    if (!settings_.metrics_listen) return {};
    net::ServerOptions options;
    options.address = settings_.metrics_listen->address;
    options.port = settings_.metrics_listen->port;
    // Whoever scrapes too often has this thread alone, and waits.
    options.threads = 1;
    options.max_connections = kMetricsConnections;
    // No key crosses the network here, so plain HTTP is served beside TLS.
    options.tls = certificates_->contexts();
    net::ServerHooks hooks;
    hooks.handler = api::make_metrics_handler(*services_);
    hooks.refuse = api::render_refusal;
    hooks.served = [this](const net::Served& served) { note_served(served); };
    SNAPGATE_ASSIGN(metrics_server_, net::Server::start(std::move(options), std::move(hooks)));
    base::log::info("listening for scrapes",
                    {{"address", metrics_server_->address()}, {"port", metrics_server_->port()}});
    return {};
}

ServerProcess::~ServerProcess() {
    stop();
}

size_t ServerProcess::post_to_all_loops(const std::function<void()>& task) const {
    mirrors_->post(task);
    return server_->post_to_all(task) + 1;
}

void ServerProcess::note_served(const net::Served& served) {
    metrics_->observe(served);
    if (!access_log_) return;
    double milliseconds = std::chrono::duration<double, std::milli>(served.duration).count();
    // Only the path: a query may hold private data.
    base::log::access("request", {{"requestId", served.request.id},
                                  {"method", served.request.method},
                                  {"path", served.request.path},
                                  {"route", served.route},
                                  {"status", served.status},
                                  {"code", served.code},
                                  {"bytes", served.bytes},
                                  {"milliseconds", milliseconds},
                                  {"key", served.key},
                                  {"peer", served.request.peer},
                                  {"tls", served.request.tls}});
}

void ServerProcess::note_backup() {
    const int64_t now_ms = base::system_clock().now_ms();
    metrics_->note_backup(now_ms);
    if (auto noted = app::note_backup(data_->path, now_ms); !noted) {
        base::log::warning("cannot keep when the last backup ended",
                           {{"error", noted.error().message}});
    }
}

void ServerProcess::keep_house() {
    store_keys();
    certificates_->check();
    while (housekeeper_.pause(base::test_time("housekeeping", kHousekeepingRhythm))) {
        store_keys();
        certificates_->check();
        announce();
    }
    store_keys();
}

void ServerProcess::store_keys() {
    auto write = data_->keys.take_changes();
    if (!write) return;
    // The keys are read again on the writer thread, as always: on another thread this might come
    // late, and bring a revoked key back.
    std::promise<Result<void>> finished;
    const auto changed = std::make_shared<std::vector<store::ChangedRecord>>();
    data_->store->write(store::Priority::kBatch, store::noting_records(std::move(*write), changed),
                        [this, &finished, changed](Result<void> result) {
                            if (result) result = data_->keys.reload(data_->store->read(), *changed);
                            finished.set_value(std::move(result));
                        });
    Result<void> written = finished.get_future().get();
    if (!written) {
        base::log::warning("cannot write down when keys were last used",
                           {{"error", written.error().message}});
    }
}

void ServerProcess::stop() {
    // A program that gives credentials may take a minute: nobody waits for it now.
    if (sources_) sources_->stop();
    url_file_.reset();
    if (metrics_server_) metrics_server_->stop();
    if (server_) server_->stop();
    housekeeper_.stop();
    issuers_.stop();
    if (watches_) watches_->close();
    if (services_) services_->streams->close();
    // Ends the mirrors. They store their states at the end, so this comes before the store closes.
    if (mirrors_) mirrors_->stop();
    if (data_ && data_->store && data_->replica != nullptr) data_->replica->tell_of_lead({});
    namespaces_.reset();
    garbage_.reset();
    // Lines of the last requests are out before the store closes.
    audit_.reset();
    if (data_) data_->store.reset();
}

void ServerProcess::reload(const Result<Settings>& settings) {
    if (audit_) audit_->reopen();
    if (settings) {
        const std::vector<SettingChange> changes = take_settings(*settings);
        take_declared(File::kRead, changes);
    } else {
        base::log::error("cannot read the settings again: the old ones stay in use",
                         {{"error", settings.error().message}});
        take_declared(File::kUnreadable, {});
    }
    reload_certificate();
}

std::vector<SettingChange> ServerProcess::take_settings(const Settings& settings) {
    std::vector<SettingChange> changes = changed_settings(settings_, settings);
    set_log_level(settings_.log_level, settings.log_level);
    log_settings(changes);
    log_issuers_and_programs(settings_, settings);
    settings_.take_live(settings);
    use_settings();
    return changes;
}

void ServerProcess::use_settings() {
    access_log_ = settings_.access_log;
    data_->keys.set_limit(settings_.key_limit);
    metrics_max_age_ = static_cast<facts::Seconds>(
        std::min<int64_t>(settings_.protection_max_age.count() / 1000, UINT32_MAX));
}

void ServerProcess::take_declared(File file, const std::vector<SettingChange>& changes) {
    const bool other_rules = std::ranges::any_of(changes, [](const SettingChange& change) {
        return change.setting->name == "connect-allow" || change.setting->name == "connect-deny";
    });
    connect::ConnectRules rules = other_rules ? connect_rules(settings_) : sources_->rules();
    issuers_.replace(settings_.issuers, rules.of_tenant);
    auto taken = declared_->take_in(settings_, rules.of_tenant);
    if (!taken) {
        base::log::error("cannot take in the declared clusters: those of before are followed",
                         {{"error", taken.error().message}});
        return;
    }
    sources_->replace(std::move(rules), declared_->sources());
    services_->declared_projects->replace(declared_->projects());
    if (other_rules) {
        follow_clusters(*data_, *sources_, *mirrors_);
    } else {
        for (const std::string& uid : taken->to_follow) api::follow(*services_, uid);
    }
    // The faults of the file of before are not in this one: its one known fault is told already.
    if (file == File::kUnreadable) taken->faults.clear();
    log_declared(*taken, settings_.declared);
    if (file == File::kUnreadable)
        taken->faults.push_back({settings_.config.string(), "cannot be read"});
    log_taken_in(changes, *taken);
}

void ServerProcess::reload_certificate() {
    if (certificates_->contexts() == nullptr) return;
    if (auto reloaded = certificates_->reload(); !reloaded) {
        base::log::error("cannot read the certificate again: the old one stays in use",
                         {{"error", reloaded.error().message}});
        return;
    }
    announce();
    base::log::info("read the certificate again");
}

Result<void> ServerProcess::reload_registry() {
    if (services_) return services_->reload_registry();
    const store::ReadView view = data_->store->read();
    SNAPGATE_TRY(data_->projects.reload(view));
    return data_->clusters.reload(view);
}

}  // namespace snapgate::app
