#include "app/declared_clusters.h"

#include <fmt/format.h>

#include <future>
#include <memory>
#include <optional>
#include <unordered_set>

#include "access/projects.h"
#include "app/declared_connection.h"
#include "app/declared_plan.h"
#include "audit/action.h"
#include "base/crypto.h"
#include "connect/renewed_source.h"

namespace snapgate::app {
namespace {

using base::Code;
using base::Error;
using base::Result;
using cluster::Cluster;

// Whether the error is about the one thing that is written; if not, the whole write fails.
bool is_of_one_element(const Error& error) {
    switch (error.code) {
        case Code::kAlreadyExists:
        case Code::kConflict:
        case Code::kInvalid:
        case Code::kInvalidBody:
        case Code::kInvalidParameter:
        case Code::kNotFound:
        case Code::kQuotaExceeded:
            return true;
        default:
            return false;
    }
}

// The line of the audit trail about something that the file declares.
std::string line_of(const audit::Object& object, const Cluster* cluster, audit::Change change,
                    int64_t now_ms) {
    audit::Action action;
    action.actor.name = audit::kConfigActor;
    action.verb = change == audit::Change::kCreated ? "create" : "update";
    if (cluster != nullptr) {
        action.cluster = cluster->uid;
        action.cluster_name = cluster->name;
    }
    return audit::line_of(action, object, {.change = change}, now_ms);
}

// How often the plan is made anew because another server of the same truth has made a part of it
// first. Each time there is less left to make.
constexpr int kMostTurns = 5;

// A planned project or cluster on its way into the registry.
struct Written {
    std::string uid;  // "": it could not be made
    bool made = false;
    // NOLINTNEXTLINE(readability-redundant-member-init): so that an initializer may leave it out
    std::vector<Error> refused = {};  // by the registry
};

struct WantedProject {
    const DeclaredPlan::Project* planned;
    Written written;
};

struct Wanted {
    const DeclaredPlan::Cluster* planned;
    std::optional<DeclaredConnection> connection;  // not for a hosted cluster
    std::string server;                            // its address; "" if it is not known
    std::string unreadable;                        // why its kubeconfig cannot be read
    Written written;
    bool restated = false;  // what the registry shows of it was another thing
};

}  // namespace

bool DeclaredChanges::any() const {
    return !new_projects.empty() || !new_quotas.empty() || !new_clusters.empty() ||
           !new_connections.empty() || !new_expectations.empty() || !restated.empty() ||
           !undeclared.empty() || !undeclared_projects.empty() || !undeclared_hosted.empty() ||
           !faults.empty() || !unreadable.empty();
}

// One look at the file.
class DeclaredClusters::Taking {
  public:
    Taking(DeclaredClusters& of, const Settings& settings,
           const std::shared_ptr<const net::AddressRules>& rules)
        : of_(of), settings_(settings), rules_(rules) {}

    Result<DeclaredChanges> run() {
        if (!of_.last_) of_.last_ = read_last_declared(of_.data_.path);
        for (int turn = 1; turn <= kMostTurns; ++turn) {
            make_plan();
            SNAPGATE_TRY(write_registry());
            if (!was_overtaken()) break;
        }
        out_.faults = plan_.faults;
        for (const WantedProject& project : projects_)
            tell_refusals(*project.planned->declared, project.written);
        for (const Wanted& wanted : wanted_)
            tell_refusals(*wanted.planned->declared, wanted.written);
        take_projects();
        for (Wanted& wanted : wanted_) take_cluster(wanted);
        forget_undeclared();
        keep_for_the_next_look();
        of_.rules_ = rules_;
        return std::move(out_);
    }

  private:
    void make_plan() {
        plan_ = plan_declared(settings_.declared, *of_.data_.projects.snapshot(),
                              *of_.data_.clusters.snapshot(), *of_.last_);
        projects_.clear();
        for (const DeclaredPlan::Project& planned : plan_.projects)
            projects_.push_back({&planned, {.uid = planned.uid}});
        wanted_.clear();
        read_kubeconfigs();
    }

    void read_kubeconfigs() {
        for (const DeclaredPlan::Cluster& planned : plan_.clusters) {
            Wanted wanted{&planned, std::nullopt, {}, {}, {.uid = planned.uid}};
            if (!planned.declared->hosted) {
                wanted.connection.emplace(*planned.declared, settings_.credential_programs);
                auto server = wanted.connection->read();
                if (server) {
                    wanted.server = std::move(*server);
                } else {
                    wanted.unreadable = server.error().message;
                }
            }
            wanted_.push_back(std::move(wanted));
        }
    }

    bool has_to_write() const {
        for (const DeclaredPlan::Project& project : plan_.projects)
            if (project.uid.empty() || project.sets_quota) return true;
        const auto clusters = of_.data_.clusters.snapshot();
        for (const Wanted& wanted : wanted_) {
            if (wanted.written.uid.empty()) return true;
            const auto known = clusters->find(wanted.written.uid);
            if (known != clusters->end() &&
                (shows_other_server(wanted, known->second) || wanted.planned->expected_before))
                return true;
        }
        return false;
    }

    static bool shows_other_server(const Wanted& wanted, const Cluster& known) {
        return !wanted.server.empty() && wanted.server != known.server;
    }

    // All in one commit: the first start with hundreds of clusters waits for the disk once. Where
    // the truth is elsewhere, each element is a write of its own, since a transaction of etcd has a
    // bound; those that wait at once share transactions, as far as they fit.
    Result<void> write_registry() {
        if (!has_to_write()) return {};
        std::vector<store::WriteFunction> projects;
        for (WantedProject& project : projects_) {
            projects.emplace_back(
                [this, &project](store::WriteTxn& txn) { return write_project(txn, project); });
        }
        std::vector<store::WriteFunction> clusters;
        for (Wanted& wanted : wanted_) {
            clusters.emplace_back(
                [this, &wanted](store::WriteTxn& txn) { return write_cluster(txn, wanted); });
        }
        if (of_.data_.store->replicates()) {
            // Clusters need the projects' uids.
            SNAPGATE_TRY(commit(projects));
            SNAPGATE_TRY(commit(clusters));
        } else {
            SNAPGATE_TRY(commit({[&](store::WriteTxn& txn) -> Result<void> {
                for (const auto* functions : {&projects, &clusters})
                    for (const auto& function : *functions) SNAPGATE_TRY(function(txn));
                return {};
            }}));
        }
        for (const WantedProject& project : projects_) remember(project.written);
        for (const Wanted& wanted : wanted_) remember(wanted.written);
        return {};
    }

    // Waits for all of them; the first error, if there is one.
    Result<void> commit(const std::vector<store::WriteFunction>& functions) {
        std::vector<std::promise<Result<void>>> finished(functions.size());
        for (size_t i = 0; i < functions.size(); ++i) {
            of_.data_.store->write(store::Priority::kRequest, functions[i],
                                   [this, &done = finished[i]](Result<void> result) {
                                       if (result) result = reload();
                                       done.set_value(std::move(result));
                                   });
        }
        Result<void> all;
        for (auto& one : finished) {
            if (auto result = one.get_future().get(); !result && all) all = std::move(result);
        }
        return all;
    }

    // A replica has read the changed records by then (app/replicated.cpp), whoever changed them.
    Result<void> reload() { return of_.data_.store->replicates() ? Result<void>() : of_.reload_(); }

    void remember(const Written& written) {
        if (written.made) made_.insert(written.uid);
    }

    // Whether something was there by the time of its write that the plan was to make: another
    // server with the same file was faster. The next plan finds it.
    bool was_overtaken() const {
        if (!of_.data_.store->replicates()) return false;
        const auto is_there = [](const auto& wanted) {
            return std::ranges::any_of(wanted.written.refused, [](const Error& error) {
                return error.code == Code::kAlreadyExists;
            });
        };
        return std::ranges::any_of(projects_, is_there) || std::ranges::any_of(wanted_, is_there);
    }

    template <class Declared>
    void tell_refusals(const Declared& declared, const Written& written) {
        for (const Error& error : written.refused)
            out_.faults.push_back({declared.place, error.message, declared.name, declared.uid});
    }

    // Of the write functions, which may run again if another write of their commit fails: {} if the
    // error is about the element alone, which becomes a fault.
    static Result<void> refuse(Written& written, const Error& error) {
        if (!is_of_one_element(error)) return error;
        written.refused.push_back(error);
        return {};
    }

    Result<void> write_project(store::WriteTxn& txn, WantedProject& project) {
        const DeclaredPlan::Project& planned = *project.planned;
        const connect::DeclaredProject& declared = *planned.declared;
        Written& written = project.written;
        written = {.uid = planned.uid};
        if (planned.uid.empty()) {
            const std::string uid = declared.uid.empty() ? base::random_uid() : declared.uid;
            if (auto made = access::create_project(txn, {uid, declared.name}); !made)
                return refuse(written, made.error());
            written.uid = uid;
            written.made = true;
            SNAPGATE_TRY(note(txn, {.kind = "Project", .name = declared.name, .id = uid}, nullptr,
                              audit::Change::kCreated));
        }
        if (!planned.sets_quota) return {};
        if (auto set = access::set_quota(txn, written.uid, *declared.quota); !set)
            return refuse(written, set.error());
        return note(txn, {.kind = "Project", .name = declared.name, .id = written.uid}, nullptr,
                    audit::Change::kUpdated);
    }

    // Gives the write its line of the audit trail, where one is kept.
    Result<void> note(store::WriteTxn& txn, const audit::Object& object, const Cluster* cluster,
                      audit::Change change) {
        if (!settings_.audit.on()) return {};
        return txn.add_audit_line(line_of(object, cluster, change, of_.data_.store->now_ms()));
    }

    std::string project_uid(const DeclaredPlan::Cluster& planned) const {
        if (!planned.project.empty()) return planned.project;
        for (const auto& [project, written] : projects_) {
            const connect::DeclaredProject& declared = *project->declared;
            if (written.made && (declared.name == planned.declared->project ||
                                 declared.uid == planned.declared->project))
                return written.uid;
        }
        return {};
    }

    Result<void> write_cluster(store::WriteTxn& txn, Wanted& wanted) {
        const connect::DeclaredCluster& declared = *wanted.planned->declared;
        Written& written = wanted.written;
        written = {.uid = wanted.planned->uid};
        wanted.restated = false;
        if (!written.uid.empty()) {
            SNAPGATE_TRY(expect_imports(txn, wanted));
            return show_server(txn, wanted);
        }
        Cluster made;
        made.name = declared.name;
        made.uid = declared.uid.empty() ? base::random_uid() : declared.uid;
        made.project = project_uid(*wanted.planned);
        Result<Cluster> created = [&] {
            if (declared.hosted) {
                made.imports.expected_every = declared.expected_every.value_or(base::Millis(0));
                made.imports.expected_since_ms = of_.data_.store->now_ms();
            }
            if (declared.hosted)
                return cluster::create_hosted(txn, made, of_.data_.store->now_ms());
            made.source = cluster::kConfigSource;
            made.server = wanted.server;
            return cluster::create_connected(txn, made);
        }();
        if (!created) return refuse(written, created.error());
        written.uid = created->uid;
        written.made = true;
        return note_cluster(txn, *created, audit::Change::kCreated);
    }

    Result<void> note_cluster(store::WriteTxn& txn, const Cluster& cluster, audit::Change change) {
        return note(txn, {.kind = "Cluster", .name = cluster.name, .id = cluster.uid}, &cluster,
                    change);
    }

    Result<void> expect_imports(store::WriteTxn& txn, Wanted& wanted) {
        const connect::DeclaredCluster& declared = *wanted.planned->declared;
        if (!declared.expected_every) return {};
        auto set = cluster::expect_imports(txn, wanted.written.uid, *declared.expected_every,
                                           of_.data_.store->now_ms());
        if (!set) return refuse(wanted.written, set.error());
        return {};
    }

    // Stores the address from the cluster's kubeconfig, to be shown. A kubeconfig that cannot be
    // read leaves it unchanged.
    Result<void> show_server(store::WriteTxn& txn, Wanted& wanted) {
        const auto clusters = of_.data_.clusters.snapshot();
        const auto known = clusters->find(wanted.written.uid);
        if (known == clusters->end() || !shows_other_server(wanted, known->second)) return {};
        auto set = cluster::set_declared_server(txn, wanted.written.uid, wanted.server);
        if (!set) return refuse(wanted.written, set.error());
        wanted.restated = true;
        return note_cluster(txn, known->second, audit::Change::kUpdated);
    }

    void take_projects() {
        const std::map<std::string, bool> before = std::exchange(of_.projects_, {});
        for (const auto& [planned, written] : projects_) {
            if (written.uid.empty()) continue;
            const connect::DeclaredProject& declared = *planned->declared;
            if (made_.contains(written.uid)) {
                out_.new_projects.push_back(declared.name);
            } else if (planned->sets_quota) {
                out_.new_quotas.push_back(declared.name);
            }
            of_.projects_[written.uid] = declared.quota.has_value();
        }
        // One of which the file says something wrong stays as it was declared.
        const std::unordered_set<std::string> gone(plan_.undeclared_projects.begin(),
                                                   plan_.undeclared_projects.end());
        const auto rows = of_.data_.projects.snapshot();
        for (const auto& [uid, with_quota] : before) {
            if (!gone.contains(uid) && rows->contains(uid)) of_.projects_.emplace(uid, with_quota);
        }
    }

    void take_cluster(Wanted& wanted) {
        const std::string& uid = wanted.written.uid;
        if (uid.empty()) return;
        const bool made = made_.contains(uid);
        const std::string& name = wanted.planned->declared->name;
        if (!wanted.unreadable.empty()) out_.unreadable.emplace_back(name, wanted.unreadable);
        if (made) out_.new_clusters.push_back(name);
        // One server alone has nobody who wrote otherwise.
        if (wanted.restated && of_.data_.store->replicates()) out_.restated.push_back(name);
        if (!wanted.connection) {
            if (const auto& before = wanted.planned->expected_before;
                before && wanted.written.refused.empty()) {
                out_.new_expectations.push_back(
                    {name, expectation_text(*before),
                     expectation_text(*wanted.planned->declared->expected_every)});
            } else if (!made) {
                ++out_.unchanged;
            }
            return;
        }
        Known& known = of_.known_[uid];
        const bool was_there = known.source != nullptr;
        const bool other =
            wanted.unreadable.empty() && wanted.connection->fingerprint() != known.fingerprint;
        if (was_there && !other && of_.rules_ == rules_) {
            ++out_.unchanged;
            return;
        }
        // A program of the old source may run for a minute: nobody waits for it now.
        if (was_there) known.source->stop();
        known.fingerprint = wanted.connection->fingerprint();
        auto step = wanted.connection->step();
        known.source = std::make_shared<connect::RenewedConnectionSource>(
            rules_, *std::move(wanted.connection), std::move(step));
        out_.to_follow.push_back(uid);
        if (made) return;
        if (was_there && other) {
            out_.new_connections.push_back(name);
        } else {
            ++out_.unchanged;
        }
    }

    void forget_undeclared() {
        const auto clusters = of_.data_.clusters.snapshot();
        for (const std::string& uid : plan_.undeclared) {
            const auto known = of_.known_.find(uid);
            if (known == of_.known_.end()) continue;  // an earlier look has told of it
            known->second.source->stop();
            of_.known_.erase(known);
            out_.to_follow.push_back(uid);
            const auto row = clusters->find(uid);
            if (row == clusters->end()) continue;
            out_.undeclared.push_back(fmt::format("{} ({})", row->second.name, uid));
        }
    }

    void keep_for_the_next_look() {
        const auto projects = of_.data_.projects.snapshot();
        const auto clusters = of_.data_.clusters.snapshot();
        for (const std::string& uid : plan_.undeclared_projects)
            out_.undeclared_projects.push_back(
                fmt::format("{} ({})", of_.last_->projects.at(uid), uid));
        for (const std::string& uid : plan_.undeclared_hosted)
            out_.undeclared_hosted.push_back(
                fmt::format("{} ({})", of_.last_->hosted.at(uid), uid));
        LastDeclared now;
        for (const auto& [uid, with_quota] : of_.projects_) {
            if (const auto row = projects->find(uid); row != projects->end())
                now.projects.emplace(uid, row->second.name);
        }
        for (const Wanted& wanted : wanted_) {
            if (wanted.written.uid.empty()) continue;
            const connect::DeclaredCluster& declared = *wanted.planned->declared;
            if (declared.hosted) {
                now.hosted.emplace(wanted.written.uid, declared.name);
            } else {
                now.connections.emplace(wanted.written.uid, connection_text(declared));
            }
        }
        // What the file says something wrong of stays as it was declared.
        const std::unordered_set<std::string> gone(plan_.undeclared_hosted.begin(),
                                                   plan_.undeclared_hosted.end());
        for (const auto& [uid, name] : of_.last_->hosted)
            if (!gone.contains(uid) && clusters->contains(uid)) now.hosted.emplace(uid, name);
        const std::unordered_set<std::string> gone_projects(plan_.undeclared_projects.begin(),
                                                            plan_.undeclared_projects.end());
        for (const auto& [uid, name] : of_.last_->projects)
            if (!gone_projects.contains(uid) && projects->contains(uid))
                now.projects.emplace(uid, name);
        for (const std::string& uid : plan_.held) {
            const auto before = of_.last_->connections.find(uid);
            if (before != of_.last_->connections.end()) now.connections.insert(*before);
        }
        if (now == *of_.last_) return;
        of_.last_ = std::move(now);
        if (auto kept = keep_last_declared(of_.data_.path, *of_.last_); !kept)
            out_.not_kept = kept.error().message;
    }

    DeclaredClusters& of_;
    const Settings& settings_;
    const std::shared_ptr<const net::AddressRules>& rules_;
    DeclaredPlan plan_;
    std::vector<WantedProject> projects_;
    std::vector<Wanted> wanted_;
    std::unordered_set<std::string> made_;  // the uids of what this look has made
    DeclaredChanges out_;
};

Result<DeclaredChanges> DeclaredClusters::take_in(
    const Settings& settings, const std::shared_ptr<const net::AddressRules>& rules) {
    return Taking(*this, settings, rules).run();
}

connect::DeclaredSources DeclaredClusters::sources() const {
    connect::DeclaredSources sources;
    for (const auto& [uid, known] : known_) sources.emplace(uid, known.source);
    return sources;
}

}  // namespace snapgate::app
