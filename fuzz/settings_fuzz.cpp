// The configuration file of `serve`, and settings as flags and variables: they are read or refused
// with their place, nothing of a file that is none of ours is quoted, and it makes no difference
// where a setting is given.

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "app/load_settings.h"
#include "base/encoding.h"
#include "check.h"
#include "input.h"

namespace {

using namespace snapgate;
using fuzz::check;
using fuzz::check_equal;
using Values = std::map<std::string, std::string>;

// A file in memory that is read by its path.
class File {
  public:
    explicit File(std::string_view text) : fd_(::memfd_create("config", MFD_CLOEXEC)) {
        check(
            fd_ >= 0 && ::write(fd_, text.data(), text.size()) == static_cast<ssize_t>(text.size()),
            "a file in memory");
    }
    ~File() { ::close(fd_); }
    File(const File&) = delete;
    File& operator=(const File&) = delete;

    std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

  private:
    int fd_;
};

app::Environment environment_of(const Values& variables) {
    app::Environment environment;
    environment.get = [variables](const std::string& name) -> std::optional<std::string> {
        if (name == "HOME") return "/home/nobody";
        const auto found = variables.find(name);
        return found == variables.end() ? std::nullopt : std::optional(found->second);
    };
    for (const auto& [name, value] : variables) environment.names.push_back(name);
    return environment;
}

std::string variable_of(std::string_view setting) {
    std::string name = "SNAPGATE_";
    for (const char c : setting)
        name += c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    return name;
}

// What is set, as text.
std::string text_of_settings(const app::Settings& settings) {
    std::string out = settings.address + ":" + std::to_string(settings.port);
    for (const auto& path :
         {settings.data_dir, settings.credentials_key_file, settings.tls_cert, settings.tls_key})
        out += "\n" + path.string();
    for (const std::string& host : settings.tls_hosts) out += "\nhost " + host;
    for (const auto* networks :
         {&settings.trusted_proxies, &settings.connect_allow, &settings.connect_deny}) {
        out += "\n";
        for (const net::Network& network : *networks) out += network.text() + ",";
    }
    for (const uint64_t number :
         {uint64_t{settings.tls_self_signed}, uint64_t{settings.insecure_http},
          uint64_t{settings.threads}, static_cast<uint64_t>(settings.history.count()),
          static_cast<uint64_t>(settings.scrub_interval.count()),
          uint64_t{settings.max_connections}, uint64_t{settings.peer_connections.value_or(0)},
          uint64_t{settings.mirror_mib}, static_cast<uint64_t>(settings.protection_max_age.count()),
          uint64_t{settings.metrics_clusters}, uint64_t{settings.access_log},
          static_cast<uint64_t>(settings.log_level)})
        out += "\n" + std::to_string(number);
    return out;
}

void check_bounds(const app::Settings& settings) {
    check(!settings.address.empty() && !settings.data_dir.empty(), "an address and a place");
    check(settings.loopback() || settings.has_tls() || settings.insecure_http,
          "keys do not cross a network in clear");
    check(settings.history >= std::chrono::seconds(1), "history has a length");
    check(settings.tls_cert.empty() == settings.tls_key.empty(), "a certificate has a key");
    for (const connect::DeclaredCluster& cluster : settings.declared.clusters) {
        const int kinds = (cluster.in_cluster ? 1 : 0) + (cluster.hosted ? 1 : 0) +
                          (cluster.kubeconfig.empty() ? 0 : 1);
        check(!cluster.name.empty() && kinds == 1, "a cluster has a name and is of one kind");
    }
    for (const connect::DeclarationFault& fault : settings.declared.faults) {
        const std::string said = settings.declared.text(fault);
        check(said.size() < 4'000 && said.find(fault.place) != std::string::npos,
              "a fault is short and says where it is");
    }
    for (const auto& program : settings.credential_programs)
        check(program.is_absolute(), "a program has a whole path");
}

void check_refusal(const base::Error& error) {
    check(error.code == base::Code::kInvalidParameter, "the code of a refusal");
    fuzz::check_says_why(error);
    check(error.message.size() < 4'000, "a refusal is short");
}

void check_file(std::string_view text) {
    const File file(text);
    const auto settings = app::load_settings({{"config", file.path()}}, environment_of({}));
    if (settings) return check_bounds(*settings);
    check_refusal(settings.error());
}

// "name=value" on each line.
void check_places(std::string_view lines) {
    std::vector<std::pair<std::string, std::string>> flags;
    Values variables;
    while (!lines.empty()) {
        const std::string_view line = lines.substr(0, lines.find('\n'));
        lines.remove_prefix(std::min(line.size() + 1, lines.size()));
        const size_t equals = line.find('=');
        if (equals == std::string_view::npos) continue;
        const std::string name(line.substr(0, equals));
        const auto known = std::ranges::find(app::all_settings(), name, &app::Setting::name);
        if (known == app::all_settings().end() || name == "config") continue;
        const std::string value(line.substr(equals + 1));
        if (!variables.emplace(variable_of(name), value).second) continue;
        flags.emplace_back(name, value);
    }
    if (flags.empty()) return;
    const auto by_flag = app::load_settings(flags, environment_of({}));
    const auto by_variable = app::load_settings({}, environment_of(variables));
    check(by_flag.has_value() == by_variable.has_value(), "flags and variables are read alike");
    if (!by_flag) return check_refusal(by_flag.error());
    check_bounds(*by_flag);
    check_equal(text_of_settings(*by_variable), text_of_settings(*by_flag), "and say the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
    const std::string_view text = fuzz::text_of(bytes, size);
    check_file(text);
    check_places(text);
    return 0;
}
