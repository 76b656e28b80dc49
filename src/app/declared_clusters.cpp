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

// A planned cluster on its way into the registry.
struct Wanted {
    const DeclaredPlan::Cluster* planned;
    std::optional<DeclaredConnection> connection;  // not for a hosted cluster
    std::string server;                            // its address; "" if it is not known
    std::string unreadable;                        // why its kubeconfig cannot be read
    std::string uid;                               // "": it could not be made
    bool made = false;
};

}  // namespace

bool DeclaredChanges::any() const {
    return !new_projects.empty() || !new_quotas.empty() || !new_clusters.empty() ||
           !new_connections.empty() || !undeclared.empty() || !faults.empty() ||
           !unreadable.empty();
}

// One look at the file.
class DeclaredClusters::Taking {
  public:
    Taking(DeclaredClusters& of, const Settings& settings,
           const std::shared_ptr<const net::AddressRules>& rules)
        : of_(of), settings_(settings), rules_(rules) {}

    Result<DeclaredChanges> run() {
        plan_ = plan_declared(settings_.declared, *of_.data_.projects.snapshot(),
                              *of_.data_.clusters.snapshot());
        out_.faults = plan_.faults;
        read_kubeconfigs();
        SNAPGATE_TRY(write_registry());
        take_projects();
        for (Wanted& wanted : wanted_) take_cluster(wanted);
        forget_undeclared();
        of_.rules_ = rules_;
        return std::move(out_);
    }

  private:
    void read_kubeconfigs() {
        for (const DeclaredPlan::Cluster& planned : plan_.clusters) {
            Wanted wanted{&planned, std::nullopt, {}, {}, planned.uid, false};
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
            if (wanted.uid.empty()) return true;
            const auto known = clusters->find(wanted.uid);
            if (known != clusters->end() && (shows_other_server(wanted, known->second) ||
                                             expects_otherwise(wanted, known->second)))
                return true;
        }
        return false;
    }

    static bool shows_other_server(const Wanted& wanted, const Cluster& known) {
        return !wanted.server.empty() && wanted.server != known.server;
    }

    static bool expects_otherwise(const Wanted& wanted, const Cluster& known) {
        const auto& every = wanted.planned->declared->expected_every;
        return every && *every != known.imports.expected_every;
    }

    // All in one commit: the first start with hundreds of clusters waits for the disk once.
    Result<void> write_registry() {
        if (!has_to_write()) return {};
        std::promise<Result<void>> finished;
        of_.data_.store->write(
            store::Priority::kRequest, [this](store::WriteTxn& txn) { return write(txn); },
            [this, &finished](Result<void> result) {
                if (result) result = of_.reload_();
                finished.set_value(std::move(result));
            });
        SNAPGATE_TRY(finished.get_future().get());
        out_.faults.insert(out_.faults.end(), refused_.begin(), refused_.end());
        return {};
    }

    // Within a write, which may run again if another write of its commit fails.
    Result<void> write(store::WriteTxn& txn) {
        refused_.clear();
        new_projects_.clear();
        for (const DeclaredPlan::Project& planned : plan_.projects)
            SNAPGATE_TRY(write_project(txn, planned));
        for (Wanted& wanted : wanted_) SNAPGATE_TRY(write_cluster(txn, wanted));
        return {};
    }

    // {} if the error is about the element alone, which becomes a fault.
    template <class Declared>
    Result<void> refuse(const Declared& declared, const Error& error) {
        if (!is_of_one_element(error)) return error;
        refused_.push_back({declared.place, error.message, declared.name, declared.uid});
        return {};
    }

    Result<void> write_project(store::WriteTxn& txn, const DeclaredPlan::Project& planned) {
        const connect::DeclaredProject& declared = *planned.declared;
        std::string uid = planned.uid;
        if (uid.empty()) {
            uid = declared.uid.empty() ? base::random_uid() : declared.uid;
            if (auto made = access::create_project(txn, {uid, declared.name}); !made)
                return refuse(declared, made.error());
            new_projects_[planned.declared] = uid;
            SNAPGATE_TRY(note(txn, {.kind = "Project", .name = declared.name, .id = uid}, nullptr,
                              audit::Change::kCreated));
        }
        if (!planned.sets_quota) return {};
        if (auto set = access::set_quota(txn, uid, *declared.quota); !set)
            return refuse(declared, set.error());
        return note(txn, {.kind = "Project", .name = declared.name, .id = uid}, nullptr,
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
        for (const auto& [project, uid] : new_projects_) {
            if (project->name == planned.declared->project ||
                project->uid == planned.declared->project)
                return uid;
        }
        return {};
    }

    Result<void> write_cluster(store::WriteTxn& txn, Wanted& wanted) {
        const connect::DeclaredCluster& declared = *wanted.planned->declared;
        wanted.uid = wanted.planned->uid;
        wanted.made = false;
        if (!wanted.uid.empty()) {
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
        if (!created) return refuse(declared, created.error());
        wanted.uid = created->uid;
        wanted.made = true;
        return note_cluster(txn, *created, audit::Change::kCreated);
    }

    Result<void> note_cluster(store::WriteTxn& txn, const Cluster& cluster, audit::Change change) {
        return note(txn, {.kind = "Cluster", .name = cluster.name, .id = cluster.uid}, &cluster,
                    change);
    }

    Result<void> expect_imports(store::WriteTxn& txn, const Wanted& wanted) {
        const connect::DeclaredCluster& declared = *wanted.planned->declared;
        if (!declared.expected_every) return {};
        auto set = cluster::expect_imports(txn, wanted.uid, *declared.expected_every,
                                           of_.data_.store->now_ms());
        if (!set) return refuse(declared, set.error());
        return {};
    }

    // Stores the address from the cluster's kubeconfig, to be shown. A kubeconfig that cannot be
    // read leaves it unchanged.
    Result<void> show_server(store::WriteTxn& txn, const Wanted& wanted) {
        const auto clusters = of_.data_.clusters.snapshot();
        const auto known = clusters->find(wanted.uid);
        if (known == clusters->end() || !shows_other_server(wanted, known->second)) return {};
        auto set = cluster::set_declared_server(txn, wanted.uid, wanted.server);
        if (!set) return refuse(*wanted.planned->declared, set.error());
        return note_cluster(txn, known->second, audit::Change::kUpdated);
    }

    void take_projects() {
        of_.projects_.clear();
        for (const DeclaredPlan::Project& planned : plan_.projects) {
            const connect::DeclaredProject& declared = *planned.declared;
            std::string uid = planned.uid;
            if (uid.empty()) {
                const auto made = new_projects_.find(planned.declared);
                if (made == new_projects_.end()) continue;
                uid = made->second;
                out_.new_projects.push_back(declared.name);
            } else if (planned.sets_quota) {
                out_.new_quotas.push_back(declared.name);
            }
            of_.projects_[uid] = declared.quota.has_value();
        }
    }

    void take_cluster(Wanted& wanted) {
        if (wanted.uid.empty()) return;
        const std::string& name = wanted.planned->declared->name;
        if (!wanted.unreadable.empty()) out_.unreadable.emplace_back(name, wanted.unreadable);
        if (wanted.made) out_.new_clusters.push_back(name);
        if (!wanted.connection) {
            if (!wanted.made) ++out_.unchanged;
            return;
        }
        Known& known = of_.known_[wanted.uid];
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
        known.source = std::make_shared<connect::RenewedConnectionSource>(
            rules_, *std::move(wanted.connection));
        out_.to_follow.push_back(wanted.uid);
        if (wanted.made) return;
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

    DeclaredClusters& of_;
    const Settings& settings_;
    const std::shared_ptr<const net::AddressRules>& rules_;
    DeclaredPlan plan_;
    std::vector<Wanted> wanted_;
    std::vector<connect::DeclarationFault> refused_;  // by the registry
    std::unordered_map<const connect::DeclaredProject*, std::string> new_projects_;  // -> uid
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
