#include "app/declared_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "base/duration.h"

namespace snapgate::app {
namespace {

using cluster::Cluster;
using connect::DeclarationFault;
using connect::Declarations;
using connect::DeclaredCluster;
using connect::DeclaredProject;

class Planning {
  public:
    Planning(const Declarations& declarations, const access::ProjectTable::Rows& projects,
             const cluster::ClusterTable::Rows& clusters, const LastDeclared& last)
        : declarations_(declarations), projects_(projects), clusters_(clusters), last_(last) {
        for (const auto& [uid, project] : projects_) projects_by_name_[project.name] = &project;
        for (const auto& [uid, known] : clusters_) clusters_by_name_[known.name].push_back(&known);
        plan_.faults = declarations.faults;
    }

    DeclaredPlan make() {
        for (const DeclaredProject& project : declarations_.projects) plan_project(project);
        for (const DeclaredCluster& declared : declarations_.clusters) plan_cluster(declared);
        for (const DeclarationFault& fault : declarations_.faults) hold(fault);
        find_undeclared();
        find_undeclared_projects();
        find_undeclared_hosted();
        return std::move(plan_);
    }

  private:
    template <class Declared>
    void fault(const Declared& declared, std::string_view member, std::string message) {
        plan_.faults.push_back({fmt::format("{}.{}", declared.place, member), std::move(message),
                                declared.name, declared.uid});
    }

    const access::Project* known_project(const std::string& uid, const std::string& name) const {
        if (!uid.empty()) {
            const auto found = projects_.find(uid);
            return found == projects_.end() ? nullptr : &found->second;
        }
        const auto found = projects_by_name_.find(name);
        return found == projects_by_name_.end() ? nullptr : found->second;
    }

    void plan_project(const DeclaredProject& declared) {
        const access::Project* known = known_project(declared.uid, declared.name);
        if (known == nullptr) {
            const auto other = projects_by_name_.find(declared.name);
            if (other != projects_by_name_.end()) {
                return fault(declared, "uid",
                             fmt::format("the project \"{}\" is there with the uid {}",
                                         declared.name, other->second->uid));
            }
            new_projects_.emplace(declared.name, &declared);
            if (!declared.uid.empty()) new_projects_.emplace(declared.uid, &declared);
            plan_.projects.push_back({&declared, {}, declared.quota.has_value()});
            return;
        }
        if (known->name != declared.name) {
            fault(declared, "name",
                  fmt::format("the project with this uid is named \"{}\", and a project cannot be "
                              "renamed",
                              known->name));
        }
        plan_.projects.push_back(
            {&declared, known->uid, declared.quota && *declared.quota != known->quota});
    }

    // The uid of the cluster's project; "" for one that is to be made; nullopt if there is none.
    std::optional<std::string> project_of(const DeclaredCluster& declared) const {
        const std::string wanted =
            declared.project.empty() ? std::string(access::kDefaultProject) : declared.project;
        if (const auto known = projects_.find(wanted); known != projects_.end()) return wanted;
        const auto named = projects_by_name_.find(wanted);
        if (named != projects_by_name_.end()) return named->second->uid;
        if (new_projects_.contains(wanted)) return std::string();
        return std::nullopt;
    }

    const Cluster* find(const std::string& uid, const std::string& name,
                        const std::string& project) const {
        if (!uid.empty()) {
            const auto found = clusters_.find(uid);
            return found == clusters_.end() ? nullptr : &found->second;
        }
        const auto named = clusters_by_name_.find(name);
        if (named == clusters_by_name_.end()) return nullptr;
        const Cluster* found = nullptr;
        for (const Cluster* known : named->second) {
            if (known->source == cluster::kConfigSource) return known;
            if (known->project == project) found = known;
        }
        return found;
    }

    void plan_cluster(const DeclaredCluster& declared) {
        const auto project = project_of(declared);
        const Cluster* known = find(declared.uid, declared.name, project.value_or(""));
        if (!project) {
            fault(declared, "project",
                  fmt::format("there is no project {}: declare it under projects",
                              declared.project.empty() ? access::kDefaultProject
                                                       : std::string_view(declared.project)));
        }
        if (known == nullptr) {
            if (!project) return;
            if (const Cluster* other = find({}, declared.name, *project);
                other != nullptr && other->project == *project) {
                return fault(declared, "uid",
                             fmt::format("the cluster \"{}\" is there with the uid {}",
                                         declared.name, other->uid));
            }
            plan_.clusters.push_back({&declared, {}, *project});
            return;
        }
        if (const std::string against = refusal(declared, *known); !against.empty())
            return fault(declared, declared.uid.empty() ? "name" : "uid", against);
        const auto [other, first] = taken_.emplace(known->uid, declared.place);
        if (!first) {
            return fault(declared, "name",
                         fmt::format("{} declares the same cluster", other->second));
        }
        if (known->name != declared.name) {
            fault(declared, "name",
                  fmt::format("the cluster with this uid is named \"{}\", and a cluster cannot be "
                              "renamed",
                              known->name));
        }
        if (project && *project != known->project) {
            fault(declared, "project",
                  "the cluster belongs to another project, and a cluster cannot be moved");
        }
        plan_.clusters.push_back({&declared, known->uid, known->project});
        if (declared.expected_every && *declared.expected_every != known->imports.expected_every)
            plan_.clusters.back().expected_before = known->imports.expected_every;
    }

    // Why `known` cannot be what is declared; "" if it can.
    static std::string refusal(const DeclaredCluster& declared, const Cluster& known) {
        if (declared.hosted) {
            if (!known.connected()) return {};
            return "a cluster of that name or uid is there, and is connected: delete it, or "
                   "declare this one by other ones";
        }
        if (known.source == cluster::kConfigSource) return {};
        return "a cluster of that name or uid is there, and was not made by the configuration "
               "file: delete it, or declare this one by other ones";
    }

    void hold(const DeclarationFault& fault) {
        if (!fault.place.starts_with("clusters")) return;
        if (fault.name.empty() && fault.uid.empty()) return;
        const Cluster* known = find(fault.uid, fault.name, {});
        if (known != nullptr && known->source == cluster::kConfigSource &&
            !taken_.contains(known->uid))
            plan_.held.push_back(known->uid);
    }

    void find_undeclared() {
        std::unordered_set<std::string> held(plan_.held.begin(), plan_.held.end());
        const bool tells_all = declarations_.tells_all("clusters");
        for (const auto& [uid, known] : clusters_) {
            if (known.source != cluster::kConfigSource) continue;
            if (taken_.contains(uid) || held.contains(uid)) continue;
            (tells_all ? plan_.undeclared : plan_.held).push_back(uid);
        }
        std::ranges::sort(plan_.undeclared);
        std::ranges::sort(plan_.held);
    }

    // Whether the file may mean this one, although it says something wrong of it.
    bool is_in_doubt(std::string_view list, const std::string& uid, const std::string& name) const {
        return !declarations_.tells_all(list) ||
               std::ranges::any_of(plan_.faults, [&](const DeclarationFault& fault) {
                   return fault.place.starts_with(list) && (fault.uid == uid || fault.name == name);
               });
    }

    void find_undeclared_projects() {
        std::unordered_set<std::string> declared;
        for (const auto& project : plan_.projects) declared.insert(project.uid);
        for (const auto& [uid, name] : last_.projects) {
            if (!projects_.contains(uid) || declared.contains(uid)) continue;
            if (!is_in_doubt("projects", uid, name)) plan_.undeclared_projects.push_back(uid);
        }
    }

    void find_undeclared_hosted() {
        for (const auto& [uid, name] : last_.hosted) {
            if (!clusters_.contains(uid) || taken_.contains(uid)) continue;
            if (!is_in_doubt("clusters", uid, name)) plan_.undeclared_hosted.push_back(uid);
        }
    }

    const Declarations& declarations_;
    const access::ProjectTable::Rows& projects_;
    const cluster::ClusterTable::Rows& clusters_;
    const LastDeclared& last_;
    std::unordered_map<std::string, const access::Project*> projects_by_name_;
    std::unordered_map<std::string, std::vector<const Cluster*>> clusters_by_name_;
    std::unordered_map<std::string, const DeclaredProject*> new_projects_;  // by name and uid
    std::unordered_map<std::string, std::string> taken_;  // uid -> the place that declares it
    DeclaredPlan plan_;
};

}  // namespace

std::string expectation_text(base::Millis every) {
    return every.count() == 0 ? std::string("none") : base::format_duration(every);
}

DeclaredPlan plan_declared(const Declarations& declarations,
                           const access::ProjectTable::Rows& projects,
                           const cluster::ClusterTable::Rows& clusters, const LastDeclared& last) {
    return Planning(declarations, projects, clusters, last).make();
}

}  // namespace snapgate::app
