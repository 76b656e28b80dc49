#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/keys.h"
#include "audit/trail.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "connect/declarations.h"
#include "identity/declared_issuer.h"
#include "net/client/network.h"

namespace snapgate::app {

// The settings of the server. A setting has one name as a flag (--history), in the environment
// (SNAPGATE_HISTORY) and in the configuration file (history). app/load_settings.h reads them.
struct Settings {
    std::filesystem::path config;  // the configuration file; empty for none
    std::string address = "127.0.0.1";
    uint16_t port = 8080;
    std::filesystem::path data_dir;
    // The key that seals the credentials of connected clusters: a file (credentials_key.h has the
    // default place), or the key itself, which only the environment can give.
    std::filesystem::path credentials_key_file;
    std::string credentials_key;
    bool tls_self_signed = false;
    std::vector<std::string> tls_hosts;  // more names and addresses of the self-signed certificate
    std::filesystem::path tls_cert;
    std::filesystem::path tls_key;
    bool insecure_http = false;
    unsigned threads = 0;  // 0: one for each core
    base::Millis history{300'000};
    base::Millis scrub_interval = std::chrono::hours(24);  // 0: never
    size_t max_connections = 20'000;
    // Of one peer, unless it is one of the proxies; nullopt: half of max_connections.
    std::optional<size_t> peer_connections;
    std::vector<net::Network> trusted_proxies;
    // Bytes that requests may hold of bodies and answers; nullopt: by the machine's memory.
    std::optional<uint64_t> held_bytes;
    std::optional<uint64_t> key_held_bytes;  // of one key; nullopt: a quarter of these
    uint32_t key_requests = 1000;            // under way at a time, of one key
    size_t mirror_mib = 4096;                // of a cluster's objects of one kind
    // Of the addresses that clusters may be connected to (net/client/address_rules.h).
    std::vector<net::Network> connect_allow;
    std::vector<net::Network> connect_deny;
    access::RateLimit key_limit{0, 250};
    base::Millis protection_max_age = std::chrono::hours(24);  // of the metrics
    size_t metrics_clusters = 500;
    // A port for scrapes alone; nullopt: there is none.
    struct Listener {
        std::string address;
        uint16_t port = 0;
    };
    std::optional<Listener> metrics_listen;
    bool console = true;
    bool access_log = true;
    // The audit trail: a file, stderr, or both; neither: none is kept.
    audit::TrailOptions audit;
    base::log::Level log_level = base::log::Level::kInfo;

    // Where the truth is, if it is not in the store of the data directory (replica/options.h).
    struct Etcd {
        std::vector<std::string> endpoints;  // none: in the data directory
        std::filesystem::path ca;
        std::filesystem::path cert;
        std::filesystem::path key;
        std::string username;
        std::filesystem::path password_file;
        std::string prefix = "snapgate";
        size_t max_txn_ops = 128;
        size_t max_request_bytes = 1'572'864;
        base::Millis stale_reads = std::chrono::minutes(15);  // 0: none
    } etcd;

    // Only in the configuration file: projects and clusters, and the programs that the clusters'
    // kubeconfigs may name.
    connect::Declarations declared;
    std::vector<std::filesystem::path> credential_programs;
    // Only there, too: whose tokens are taken beside keys.
    std::vector<identity::DeclaredIssuer> issuers;

    // The settings that were given, as they were written, by name.
    std::map<std::string, std::string> given;

    bool has_tls() const { return tls_self_signed || !tls_cert.empty(); }
    bool loopback() const;
    bool replicates() const { return !etcd.endpoints.empty(); }
    // Takes the values of live settings (Setting::live) and all that is declared.
    void take_live(const Settings& from);
};

// One setting: its name, its help, and how it is read.
struct Setting {
    std::string_view name;   // as in --name
    std::string_view value;  // the placeholder of its value in the help; "" for a switch
    std::string_view help;
    base::Result<void> (*apply)(Settings& settings, std::string_view value);
    bool live = false;  // SIGHUP takes it in; others need a restart
};

const std::vector<Setting>& all_settings();

// A setting that is given otherwise than before.
struct SettingChange {
    const Setting* setting;
    std::string from;  // as it was written
    std::string to;
};
std::vector<SettingChange> changed_settings(const Settings& from, const Settings& to);

}  // namespace snapgate::app
