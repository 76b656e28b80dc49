#include "app/server_process.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <utility>

#include "api/routes.h"
#include "app/backup.h"
#include "app/credentials_key.h"
#include "app/damage_log.h"
#include "app/declared_clusters.h"
#include "app/mirrors.h"
#include "base/duration.h"
#include "base/file_rights.h"
#include "base/log.h"
#include "base/test_time.h"
#include "model/names.h"

namespace snapgate::app {
namespace {

using base::Result;

constexpr std::chrono::minutes kHousekeepingRhythm{1};

}  // namespace

Result<std::unique_ptr<ServerProcess>> ServerProcess::start(const Settings& settings) {
    std::unique_ptr<ServerProcess> process(new ServerProcess(settings));
    store::StoreOptions store_options;
    store_options.directory = settings.data_dir;
    store_options.history = settings.history;
    store_options.scrub_interval = settings.scrub_interval;
    SNAPGATE_ASSIGN(process->data_,
                    DataDirectory::open(store_options, {settings.tls_cert, settings.tls_key}));
    DataDirectory& data = *process->data_;
    base::warn_of_open_rights(data.path);
    base::warn_of_open_rights(data.path / "store");
    base::warn_of_open_rights(data.path / "store" / "data.mdb");
    log_damage(*data.store, data.clusters);
    process->url_file_.emplace(settings.data_dir);
    // A server that was killed leaves the file behind.
    process->url_file_->remove();
    if (data.first_start) {
        base::log::info("made a new data directory; its admin key is in this file",
                        {{"file", data.admin_key_file().string()}});
    }
    SNAPGATE_ASSIGN(process->certificates_, Certificates::open(settings));
    process->metrics_ = std::make_unique<Metrics>(data, *process->certificates_);
    process->watches_ = std::make_unique<api::kube::WatchHub>(*data.store);
    std::vector<model::ClusterNumber> clusters;
    for (const auto& [uid, cluster] : *data.clusters.snapshot()) {
        if (!cluster.connected()) clusters.push_back(cluster.number);
        if (!model::is_uid(uid)) {
            base::log::warning(
                "a cluster's uid begins with '-', which no uid may any more: export its snapshots, "
                "import them into a cluster with another uid, and delete this one",
                {{"uid", uid}, {"cluster", cluster.name}});
        }
    }
    process->namespaces_ =
        std::make_unique<objects::NamespaceSweeper>(*data.store, std::move(clusters));
    SNAPGATE_ASSIGN(connect::CredentialKey key, open_credentials_key(settings));
    // A service user often has no home. A server without connected clusters needs none, either.
    if (auto place = check_place_of_credentials_key(settings); !place) {
        base::log::warning("credentials of connected clusters cannot be stored",
                           {{"error", place.error().message}});
    }
    process->sealer_ = std::make_unique<connect::CredentialSealer>(std::move(key));
    SNAPGATE_ASSIGN(connect::DeclaredSources declared, declare_clusters(settings, data));
    process->sources_ =
        std::make_unique<connect::ConnectionSources>(*process->sealer_, std::move(declared));
    process->mirrors_ = make_mirrors(data);
    ServerProcess* self = process.get();
    process->services_.emplace(api::Services{
        *data.store, *data.signer, data.keys, data.projects, data.clusters, *process->watches_,
        *process->namespaces_, *process->sealer_, *process->mirrors_, *process->sources_,
        [self] { return self->metrics_->render(self->serving_.load(), *self->mirrors_); },
        [&data] { return begin_backup(data); }});
    // Before the first request asks for their states.
    follow_clusters(data, *process->sources_, *process->mirrors_);

    const bool tls = process->certificates_->contexts() != nullptr;
    net::ServerOptions options;
    options.address = settings.address;
    options.port = settings.port;
    options.threads = settings.threads;
    options.max_connections = settings.max_connections;
    options.tls = process->certificates_->contexts();
    options.plain = settings.loopback() || settings.insecure_http;
    net::ServerHooks hooks;
    hooks.handler = api::make_handler(*process->services_);
    hooks.refuse = api::render_refusal;
    hooks.served = [self](const net::Served& served) { self->note_served(served); };
    SNAPGATE_ASSIGN(process->server_, net::Server::start(std::move(options), std::move(hooks)));
    process->serving_ = process->server_.get();
    auto url = process->url_file_->write(
        local_url(process->server_->address(), process->server_->port(), tls));
    // On a full disk the server still serves its objects.
    if (!url) base::log::warning("cannot write the file url", {{"error", url.error().message}});
    process->housekeeper_ = std::thread([self] { self->keep_house(); });
    base::log::info("listening", {{"address", process->server_->address()},
                                  {"port", process->server_->port()},
                                  {"tls", tls},
                                  {"dataDir", settings.data_dir.string()},
                                  {"history", base::format_duration(settings.history)},
                                  {"version", SNAPGATE_VERSION}});
    return process;
}

ServerProcess::~ServerProcess() {
    stop();
}

void ServerProcess::note_served(const net::Served& served) {
    metrics_->observe(served);
    if (!settings_.access_log) return;
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
                                  {"peer", served.request.peer},
                                  {"tls", served.request.tls}});
}

void ServerProcess::keep_house() {
    store_keys();
    certificates_->check();
    bool last = false;
    while (!last) {
        {
            base::MutexLock lock(mutex_);
            last = wake_.wait_for(mutex_, base::test_time("housekeeping", kHousekeepingRhythm),
                                  [this]() SNAPGATE_REQUIRES(mutex_) { return stopping_; });
        }
        store_keys();
        if (!last) certificates_->check();
    }
}

void ServerProcess::store_keys() {
    auto write = data_->keys.take_changes();
    if (!write) return;
    // Reload on the writer thread, as always: a late reload on another thread could bring a
    // revoked key back.
    std::promise<Result<void>> finished;
    data_->store->write(store::Priority::kBatch, std::move(*write),
                        [this, &finished](Result<void> result) {
                            if (result) result = data_->keys.reload(data_->store->read());
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
    if (server_) server_->stop();
    if (housekeeper_.joinable()) {
        {
            base::MutexLock lock(mutex_);
            stopping_ = true;
        }
        wake_.notify_all();
        housekeeper_.join();
    }
    if (watches_) watches_->close();
    // Ends the mirrors. They store their states at the end, so this comes before the store closes.
    if (mirrors_) mirrors_->stop();
    namespaces_.reset();
    if (data_) data_->store.reset();
}

void ServerProcess::reload(const Settings& settings) {
    if (settings.log_level != settings_.log_level) {
        const auto before = std::exchange(settings_.log_level, settings.log_level);
        // Logged if either of the two levels shows it.
        base::log::set_level(std::min(before, settings.log_level));
        base::log::info("changed the log level",
                        {{"from", base::log::level_name(before)},
                         {"to", base::log::level_name(settings.log_level)}});
        base::log::set_level(settings.log_level);
    }
    if (certificates_->contexts() == nullptr) return;
    if (auto reloaded = certificates_->reload(); !reloaded) {
        base::log::error("cannot read the certificate again: the old one stays in use",
                         {{"error", reloaded.error().message}});
        return;
    }
    base::log::info("read the certificate again");
}

}  // namespace snapgate::app
