#include "app/load_settings.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string_view>

#include "app/config_file.h"
#include "app/credentials_key.h"
#include "app/etcd_settings.h"
#include "base/ascii.h"
#include "base/nearest.h"
#include "base/test_time.h"

namespace snapgate::app {
namespace {

using base::Code;
using base::Error;
using base::Result;

constexpr std::string_view kVariablePrefix = "SNAPGATE_";
// What the client commands read; a server ignores them.
constexpr std::array<std::string_view, 4> kClientVariables = {"SNAPGATE_SERVER", "SNAPGATE_API_KEY",
                                                              "SNAPGATE_CA", "SNAPGATE_PROJECT"};

// The setting's name as the environment spells it: SNAPGATE_DATA_DIR.
std::string variable_of(std::string_view name) {
    std::string out(kVariablePrefix);
    for (char c : name) out += c == '-' ? '_' : base::to_upper(c);
    return out;
}

// Compares what stands behind the prefix, which they all have.
std::string near_variable(std::string_view name,
                          const std::map<std::string, std::string>& variables) {
    std::vector<std::string> known;
    known.reserve(variables.size() + kClientVariables.size());
    for (const auto& [variable, setting] : variables)
        known.push_back(variable.substr(kVariablePrefix.size()));
    for (const std::string_view variable : kClientVariables)
        known.emplace_back(variable.substr(kVariablePrefix.size()));
    const std::string meant = base::nearest(name.substr(kVariablePrefix.size()), known);
    return meant.empty() ? meant : fmt::format(": did you mean {}{}?", kVariablePrefix, meant);
}

const Setting* find_setting(std::string_view name) {
    auto found = std::ranges::find(all_settings(), name, &Setting::name);
    return found == all_settings().end() ? nullptr : &*found;
}

// What a configuration file may set: not which file is read.
std::vector<std::string> settings_of_file() {
    std::vector<std::string> names;
    for (const Setting& setting : all_settings())
        if (setting.name != "config") names.emplace_back(setting.name);
    return names;
}

// What is wrong with the settings of all places, so that one look finds all of it.
class Faults {
  public:
    void add(const Result<void>& result) {
        if (!result) faults_.push_back(result.error());
    }
    // {} if there is none, else all in one: messages are a single line.
    Result<void> all() const {
        if (faults_.empty()) return {};
        std::string text = faults_.front().message;
        for (size_t i = 1; i < std::min(faults_.size(), kMostTold); ++i)
            text += "; " + faults_[i].message;
        if (faults_.size() > kMostTold)
            text += fmt::format("; and {} more", faults_.size() - kMostTold);
        return Error(Code::kInvalidParameter, text, faults_.front().subject);
    }

  private:
    static constexpr size_t kMostTold = 10;

    std::vector<Error> faults_;
};

Result<void> apply(Settings& settings, const Setting& setting, std::string_view value,
                   const std::string& place) {
    auto applied = setting.apply(settings, value);
    if (applied) {
        settings.given[std::string(setting.name)] = value;
        return {};
    }
    return Error(Code::kInvalidParameter, fmt::format("{}: {}", place, applied.error().message),
                 std::string(setting.name));
}

Result<std::filesystem::path> default_data_dir(const Environment& environment) {
    if (auto data = environment.get("XDG_DATA_HOME"); data && !data->empty())
        return std::filesystem::path(*data) / "snapgate";
    if (auto home = environment.get("HOME"); home && !home->empty())
        return std::filesystem::path(*home) / ".local/share/snapgate";
    return Error(Code::kInvalidParameter, "data-dir: say where to keep the data (there is no HOME)",
                 "data-dir");
}

Result<void> check_together(const Settings& settings) {
    if (settings.tls_cert.empty() != settings.tls_key.empty()) {
        return Error(Code::kInvalidParameter,
                     "tls-cert and tls-key go together: give both or neither", "tls-cert");
    }
    if (settings.tls_self_signed && !settings.tls_cert.empty()) {
        return Error(Code::kInvalidParameter,
                     "tls-self-signed and tls-cert exclude each other: give one",
                     "tls-self-signed");
    }
    SNAPGATE_TRY(check_etcd(settings));
    if (!settings.loopback() && !settings.has_tls() && !settings.insecure_http) {
        return Error(
            Code::kInvalidParameter,
            fmt::format("listen: {} is reachable from other machines, and keys would cross "
                        "the network in clear: use --tls-self-signed or --tls-cert and "
                        "--tls-key, or --insecure-http if something in front does TLS",
                        settings.address),
            "listen");
    }
    return {};
}

}  // namespace

Environment Environment::of_process() {
    Environment environment;
    environment.get = [](const std::string& name) -> std::optional<std::string> {
        const char* value = std::getenv(name.c_str());
        if (value == nullptr) return std::nullopt;
        return value;
    };
    for (char** entry = environ; *entry != nullptr; ++entry) {
        std::string_view text = *entry;
        environment.names.emplace_back(text.substr(0, text.find('=')));
    }
    return environment;
}

Result<Settings> load_settings(const std::vector<std::pair<std::string, std::string>>& flags,
                               const Environment& environment) {
    // From the weakest place to the strongest, so that the last one to speak counts.
    std::map<std::string, std::string> variables;
    for (const Setting& setting : all_settings())
        variables[variable_of(setting.name)] = setting.name;
    Faults faults;
    for (const std::string& name : environment.names) {
        if (!name.starts_with(kVariablePrefix) || variables.contains(name)) continue;
        if (name == kCredentialsKeyVariable || base::is_test_variable(name)) continue;
        if (std::ranges::find(kClientVariables, name) != kClientVariables.end()) continue;
        faults.add(Error(Code::kInvalidParameter,
                         fmt::format("the environment variable {}: there is no such setting{}",
                                     name, near_variable(name, variables)),
                         name));
    }

    std::optional<std::string> config = environment.get(variable_of("config"));
    for (const auto& [name, value] : flags) {
        if (name == "config") config = value;
    }
    Settings settings;
    if (config && !config->empty()) {
        settings.config = *config;
        SNAPGATE_ASSIGN(ConfigFile file, read_config_file(settings.config, settings_of_file()));
        for (const Error& fault : file.faults) faults.add(fault);
        for (const ConfigFile::Value& value : file.values) {
            faults.add(
                apply(settings, *find_setting(value.name), value.text,
                      fmt::format("{}:{}: {}", settings.config.string(), value.line, value.name)));
        }
        settings.declared = std::move(file.declarations);
        settings.credential_programs = std::move(file.credential_programs);
        settings.issuers = std::move(file.issuers);
    }
    for (const auto& [variable, name] : variables) {
        auto value = environment.get(variable);
        if (!value || name == "config") continue;
        faults.add(apply(settings, *find_setting(name), *value,
                         fmt::format("the environment variable {}", variable)));
    }
    for (const auto& [name, value] : flags) {
        if (name == "config") continue;
        const Setting* setting = find_setting(name);
        if (setting == nullptr)
            return Error(Code::kInvalidParameter, fmt::format("--{}: there is no such flag", name),
                         name);
        faults.add(apply(settings, *setting, value, fmt::format("--{}", name)));
    }
    SNAPGATE_TRY(faults.all());
    if (settings.data_dir.empty()) {
        SNAPGATE_ASSIGN(settings.data_dir, default_data_dir(environment));
    }
    SNAPGATE_TRY(check_together(settings));
    SNAPGATE_TRY(choose_credentials_key(settings, environment));
    return settings;
}

}  // namespace snapgate::app
