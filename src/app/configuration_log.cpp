#include "app/configuration_log.h"

#include <algorithm>

#include "base/log.h"

namespace snapgate::app {
namespace {

constexpr std::string_view kLogLevel = "log-level";

size_t count_of(const std::vector<SettingChange>& changes, bool live) {
    return static_cast<size_t>(std::ranges::count_if(
        changes, [live](const SettingChange& change) { return change.setting->live == live; }));
}

}  // namespace

void log_declared(const DeclaredChanges& changes, const connect::Declarations& declared) {
    for (const connect::DeclarationFault& fault : changes.faults) {
        base::log::error("a part of the configuration file is wrong; the others hold",
                         {{"fault", declared.text(fault)}});
    }
    for (const std::string& name : changes.new_projects)
        base::log::info("made a declared project", {{"project", name}});
    for (const std::string& name : changes.new_quotas)
        base::log::info("set the quota of a declared project", {{"project", name}});
    for (const std::string& name : changes.new_clusters)
        base::log::info("made a declared cluster", {{"cluster", name}});
    for (const std::string& name : changes.new_connections)
        base::log::info("took the new connection of a declared cluster", {{"cluster", name}});
    for (const auto& [name, from, to] : changes.new_expectations) {
        base::log::info("imports into a declared cluster are expected at other times from now on",
                        {{"cluster", name}, {"from", from}, {"to", to}});
    }
    for (const std::string& name : changes.restated) {
        base::log::info("wrote what is declared of a cluster over what was there",
                        {{"cluster", name}});
    }
    for (const auto& [name, why] : changes.unreadable) {
        base::log::warning(
            "cannot read the connection of a declared cluster: one that it has stays in use",
            {{"cluster", name}, {"error", why}});
    }
    for (const std::string& name : changes.undeclared) {
        base::log::warning(
            "a cluster is not declared any more: it is not followed, and what is stored of it "
            "stays until it is deleted (snapgate delete cluster)",
            {{"cluster", name}});
    }
    for (const std::string& name : changes.undeclared_hosted) {
        base::log::warning(
            "a hosted cluster is not declared any more: it stays until it is deleted (snapgate "
            "delete cluster)",
            {{"cluster", name}});
    }
    for (const std::string& name : changes.undeclared_projects) {
        base::log::warning(
            "a project is not declared any more: it stays as it is until it is changed or deleted "
            "(snapgate set quota, snapgate delete project)",
            {{"project", name}});
    }
    if (!changes.not_kept.empty()) {
        base::log::warning("cannot write down what is declared, to tell of it when it is no more",
                           {{"error", changes.not_kept}});
    }
}

void log_settings(const std::vector<SettingChange>& changes) {
    for (const SettingChange& change : changes) {
        if (change.setting->name == kLogLevel) continue;
        if (change.setting->live) {
            base::log::info(
                "a setting is another one from now on",
                {{"setting", change.setting->name}, {"from", change.from}, {"to", change.to}});
        } else {
            base::log::warning(
                "a setting was changed that needs a restart: the old one holds",
                {{"setting", change.setting->name}, {"from", change.from}, {"to", change.to}});
        }
    }
}

void log_issuers_and_programs(const Settings& from, const Settings& to) {
    for (const identity::DeclaredIssuer& issuer : to.issuers) {
        if (std::ranges::find(from.issuers, issuer) == from.issuers.end())
            base::log::info("took what is declared of an issuer", {{"issuer", issuer.name}});
    }
    for (const identity::DeclaredIssuer& issuer : from.issuers) {
        if (std::ranges::find(to.issuers, issuer.name, &identity::DeclaredIssuer::name) ==
            to.issuers.end()) {
            base::log::warning("an issuer is not declared any more: its tokens are refused",
                               {{"issuer", issuer.name}});
        }
    }
    if (from.credential_programs != to.credential_programs)
        base::log::info("the programs that kubeconfigs may name are others from now on");
}

void set_log_level(base::log::Level from, base::log::Level to) {
    if (from == to) return;
    // Logged if either of the two levels shows it.
    base::log::set_level(std::min(from, to));
    base::log::info("changed the log level",
                    {{"from", base::log::level_name(from)}, {"to", base::log::level_name(to)}});
    base::log::set_level(to);
}

void log_taken_in(const std::vector<SettingChange>& settings, const DeclaredChanges& declared) {
    base::log::info("read the configuration again",
                    {{"settings", count_of(settings, true)},
                     {"needRestart", count_of(settings, false)},
                     {"newProjects", declared.new_projects.size()},
                     {"newQuotas", declared.new_quotas.size()},
                     {"newClusters", declared.new_clusters.size()},
                     {"newConnections", declared.new_connections.size()},
                     {"newExpectations", declared.new_expectations.size()},
                     {"undeclared", declared.undeclared.size() + declared.undeclared_hosted.size() +
                                        declared.undeclared_projects.size()},
                     {"unchanged", declared.unchanged},
                     {"unreadable", declared.unreadable.size()},
                     {"faults", declared.faults.size()}});
}

}  // namespace snapgate::app
