#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>

#include "api/kube/watch_hub.h"
#include "api/services.h"
#include "app/certificates.h"
#include "app/data_directory.h"
#include "app/declared_clusters.h"
#include "app/metrics.h"
#include "app/settings.h"
#include "app/url_file.h"
#include "audit/action.h"
#include "audit/trail.h"
#include "base/background_thread.h"
#include "base/result.h"
#include "connect/connection_sources.h"
#include "connect/credentials.h"
#include "identity/issuers.h"
#include "identity/sessions.h"
#include "identity/shared_sessions.h"
#include "mirror/mirrors.h"
#include "net/server/server.h"
#include "objects/garbage_collector.h"
#include "objects/namespace_sweeper.h"

namespace snapgate::app {

// A running server: all parts wired together. start(), stop() and reload() are called by one
// thread.
class ServerProcess {
  public:
    static base::Result<std::unique_ptr<ServerProcess>> start(const Settings& settings);
    ~ServerProcess();

    // Finishes running requests (at most 10 s) and closes the store.
    void stop();
    // SIGHUP: takes from `settings`, if they could be read, what can be taken without a restart:
    // projects and clusters, and the settings that are live; and reads the certificate again (a
    // self-signed one that is due is renewed first); and opens the audit log anew. Logs what that
    // changed, and what needs a restart.
    void reload(const base::Result<Settings>& settings);

    const net::Server& server() const { return *server_; }

    // Has every event loop run `task` once: those that serve requests, and that of the mirrors.
    // Returns the number of loops. Any thread, before stop().
    size_t post_to_all_loops(const std::function<void()>& task) const;

  private:
    explicit ServerProcess(const Settings& settings) : settings_(settings) {}
    // The steps of start(), in their order.
    base::Result<void> open_data();
    base::Result<void> open_clusters();
    void offer_services();
    // What a part of the server does, for the audit trail. `actor`: static text.
    audit::ActionIn actions_of(std::string_view actor) const;
    // While this replica leads (Membership::tell_of_lead).
    void lead_replicas(bool taken);
    std::string own_address() const;
    // Tells the other replicas, if there are any, where this one is and which certificate it shows:
    // at the start, and whenever that may have changed. Any thread.
    void announce();
    base::Result<void> listen();
    base::Result<void> listen_for_scrapes();

    // Of reload().
    std::vector<SettingChange> take_settings(const Settings& settings);
    enum class File { kRead, kUnreadable };
    void take_declared(File file, const std::vector<SettingChange>& changes);
    void reload_certificate();
    base::Result<void> reload_registry();
    // Has the metrics and the keys go by settings_.
    void use_settings();

    void note_served(const net::Served& served);
    void note_backup();
    // At the start, once a minute and at the end: keys, certificates.
    void keep_house();
    // Stores the times when keys were last used, and mends keys that were made in the future.
    void store_keys();

    Settings settings_;
    std::unique_ptr<DataDirectory> data_;
    std::optional<UrlFile> url_file_;
    std::unique_ptr<Certificates> certificates_;
    std::unique_ptr<Metrics> metrics_;
    std::unique_ptr<api::kube::WatchHub> watches_;
    std::unique_ptr<objects::NamespaceSweeper> namespaces_;
    std::unique_ptr<objects::GarbageCollector> garbage_;
    std::unique_ptr<connect::CredentialSealer> sealer_;
    std::unique_ptr<connect::ConnectionSources> sources_;
    std::unique_ptr<DeclaredClusters> declared_;
    std::unique_ptr<mirror::Mirrors> mirrors_;
    identity::Sessions sessions_;
    identity::SharedSessions shared_sessions_;  // of a replica
    std::unique_ptr<audit::Trail> audit_;       // null: none is kept
    identity::Issuers issuers_;
    std::optional<api::Services> services_;
    // Destroyed after the store: the answer of a commit may still be on its way to a connection.
    std::unique_ptr<net::Server> server_;
    std::unique_ptr<net::Server> metrics_server_;  // null without a port of its own
    // The server, for its own threads: they run before start() has returned it.
    std::atomic<const net::Server*> serving_ = nullptr;
    // Settings that the server's threads read.
    std::atomic<bool> access_log_ = true;
    std::atomic<facts::Seconds> metrics_max_age_ = 0;
    base::BackgroundThread housekeeper_;
};

}  // namespace snapgate::app
