#include "fleet/fleet_deletion.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/clock.h"
#include "base/count_text.h"
#include "base/decimal.h"
#include "json/path.h"
#include "remote/pages.h"
#include "snapshots/snapshot_route.h"
#include "snapshots/times.h"
#include "terminal/ask.h"
#include "terminal/table.h"

namespace snapgate::cli {
namespace {

// A cluster of the scope, as the server knows it.
struct Source {
    std::string uid;
    std::string state;
};
using Sources = std::map<std::string, Source>;  // by name: no two of them are alike

Outcome<Sources> read_sources(Api& api, const FleetScope& scope) {
    SNAPGATE_ASSIGN(const FleetRequest request, FleetRequest::make(api, scope, "sources"));
    SNAPGATE_ASSIGN(const auto response, api.get(request.target()));
    SNAPGATE_ASSIGN(const auto items, parse_items(response, api.server()));
    Sources sources;
    for (const json::Object& item : items) {
        const auto [at, added] =
            sources.emplace(json::text_at(item, {"cluster", "name"}),
                            Source{std::string(json::text_at(item, {"cluster", "uid"})),
                                   std::string(json::text_at(item, {"state"}))});
        // The lists name an object's cluster, and nothing may be deleted in the other one.
        if (!added)
            return Failure(Exit::kRefused,
                           fmt::format("two clusters are named \"{}\": say in which project with "
                                       "--project, or in which cluster with --cluster",
                                       at->first));
    }
    if (sources.empty() && !scope.all)
        return Failure(Exit::kRefused, fmt::format("cluster {} is gone", scope.cluster));
    return sources;
}

bool is_of_clone(const json::Object& object) {
    const json::Array* owners = json::array_at(object, {"metadata", "ownerReferences"});
    if (owners == nullptr) return false;
    return std::ranges::any_of(*owners, [](const json::Value& owner) {
        const json::Object* one = owner.if_object();
        return one != nullptr && json::text_at(*one, {"kind"}) == "VirtualMachineClone";
    });
}

DeletionCandidate candidate_of(const json::Object& object, const std::string& cluster,
                               const Source& source) {
    const auto text = [&](std::initializer_list<std::string_view> path) {
        return std::string(json::text_at(object, path));
    };
    DeletionCandidate one;
    one.cluster_uid = source.uid;
    one.cluster_name = cluster;
    one.ns = text({"metadata", "namespace"});
    one.name = text({"metadata", "name"});
    one.vm = text({"spec", "source", "name"});
    one.uid = text({"metadata", "uid"});
    one.version = text({"metadata", "resourceVersion"});
    one.of_clone = is_of_clone(object);
    one.going = !text({"metadata", "deletionTimestamp"}).empty();
    one.taken = base::parse_rfc3339(text({"status", "creationTime"})).value_or(0) / 1000;
    return one;
}

// Every snapshot that the request selects, in one state of the fleet: a good one that went before
// the end of the listing would be counted among those that stay. So a listing that expires begins
// anew.
Outcome<std::vector<DeletionCandidate>> read_all(Console& console, Api& api,
                                                 const FleetRequest& request,
                                                 const FleetScope& scope, const Sources& sources) {
    std::vector<DeletionCandidate> all;
    const PageSink take = [&](const json::Object& /*page*/, const auto& items) -> Outcome<> {
        for (const json::Object* item : items) {
            // A list of one cluster does not name it.
            const std::string name =
                scope.all ? std::string(json::text_at(*item, {"metadata", "clusterName"}))
                          : sources.begin()->first;
            const auto source = sources.find(name);
            // One that was made since the sources were read.
            if (source == sources.end()) continue;
            all.push_back(candidate_of(*item, name, source->second));
        }
        return {};
    };
    for (int restarts = 0;; ++restarts) {
        all.clear();
        const auto read = each_page(console, api, request, WhenExpired::kFail, take);
        if (read) return all;
        if (!read.error().is_expired() || restarts == kMostRestarts) return read.error();
    }
}

Outcome<Retention> retention_of(const FleetDeletion& deletion) {
    Retention retention{0, deletion.force};
    if (deletion.keep_last.empty()) return retention;
    constexpr uint64_t kMost = 1'000'000;
    const auto count = base::read_decimal(deletion.keep_last, kMost);
    if (!count || *count == 0) {
        return Failure(Exit::kUsage,
                       fmt::format("--keep-last {}: how many stay of each VM, 1 to {}",
                                   deletion.keep_last, base::format_count(kMost)));
    }
    retention.keep_last = static_cast<size_t>(*count);
    return retention;
}

// About the VMs in question, whatever else is asked.
Outcome<FleetRequest> about(Api& api, const FleetDeletion& deletion) {
    SNAPGATE_ASSIGN(FleetRequest request, FleetRequest::make(api, deletion.scope, "snapshot"));
    request.add("namespace", deletion.namespaces);
    request.add("vmName", deletion.vm);
    return request;
}

Outcome<std::vector<DeletionCandidate>> read_matches(Console& console, Api& api,
                                                     const FleetDeletion& deletion,
                                                     const Sources& sources) {
    SNAPGATE_ASSIGN(FleetRequest wanted, about(api, deletion));
    deletion.filters.add_to(wanted);
    wanted.add("labelSelector", deletion.selector);
    wanted.add("createdBefore", deletion.older_than);
    return read_all(console, api, wanted, deletion.scope, sources);
}

// What is deleted of `matches`, as the good snapshots are now.
Outcome<DeletionPlan> make_plan(Console& console, Api& api, const FleetDeletion& deletion,
                                const Sources& sources,
                                const std::vector<DeletionCandidate>& matches) {
    SNAPGATE_ASSIGN(const Retention retention, retention_of(deletion));
    SNAPGATE_ASSIGN(FleetRequest good_ones, about(api, deletion));
    good_ones.add("good", "true");
    SNAPGATE_ASSIGN(const auto good, read_all(console, api, good_ones, deletion.scope, sources));
    return plan_deletion(matches, good, retention);
}

// Takes out what is in clusters that are not Ready, and names these.
void leave_unready(DeletionPlan& plan, const Sources& sources, Console& console) {
    std::map<std::string, size_t> left;
    std::erase_if(plan.deleted, [&](const DeletionCandidate& one) {
        const bool ready = sources.at(one.cluster_name).state == "Ready";
        if (!ready) ++left[one.cluster_name];
        return !ready;
    });
    for (const auto& [name, count] : left) {
        console.note(fmt::format("warning: cluster {} is {}: {} there are left alone", name,
                                 sources.at(name).state, base::counted(count, "snapshot")));
    }
}

std::string text_of(const DeletionCandidate& one) {
    return fmt::format("{}: {}/{}", one.cluster_name, one.ns, one.name);
}

void print_plan(const DeletionPlan& plan, Console& console) {
    constexpr size_t kPageRows = 500;
    Table table({{"CLUSTER", 0, 12, Column::Cut::kMiddle},
                 {"NAMESPACE"},
                 {"NAME", 0, 16, Column::Cut::kMiddle},
                 {"VM", 0, 12, Column::Cut::kMiddle},
                 {"TAKEN", 1}},
                console.look());
    const int64_t now = base::system_clock().now_ms() / 1000;
    std::vector<Table::Row> rows;
    for (const DeletionCandidate& one : plan.deleted) {
        const std::string taken =
            one.taken == 0 ? "<unknown>" : age_of(base::format_rfc3339(one.taken * 1000), now);
        rows.push_back({one.cluster_name, one.ns, one.name, one.vm, taken});
        if (rows.size() == kPageRows) {
            console.print(table.page(rows));
            rows.clear();
        }
    }
    if (!rows.empty()) console.print(table.page(rows));
    if (!plan.kept.empty()) {
        console.note(fmt::format("kept, as the newest good ones of their VMs: {}",
                                 base::counted(plan.kept.size(), "snapshot")));
    }
}

// Why some were not deleted.
struct Refusal {
    size_t count = 0;
    std::string first;    // of them
    std::string message;  // about the first
};

// How many were deleted, and how many could not be.
struct Done {
    size_t deleted = 0;
    size_t changed = 0;
    size_t gone = 0;
    size_t failed = 0;
    std::map<std::string, Refusal> refusals;  // by what all of them have in common
};

std::string replaced(std::string text, std::string_view what, std::string_view by) {
    for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
        text.replace(at, what.size(), by);
    return text;
}

// A message of Kubernetes about one snapshot, in words that are true of others, too.
std::string in_common(const std::string& message, const DeletionCandidate& one) {
    return replaced(replaced(message, fmt::format(" \"{}\"", one.name), {}),
                    fmt::format("in the namespace \"{}\"", one.ns), "in its namespace");
}

void remove_one(Api& api, const DeletionCandidate& one, Console& console, Done& done) {
    const SnapshotRef snapshot{{one.cluster_uid, one.cluster_name, {}}, one.ns, one.name, one.vm};
    const auto removed = api.kube_remove(
        kube_object(snapshot),
        json::Object{
            {"apiVersion", "v1"},
            {"kind", "DeleteOptions"},
            {"preconditions", json::Object{{"uid", one.uid}, {"resourceVersion", one.version}}}});
    if (removed) {
        ++done.deleted;
        // A Status says that it is gone; else the object comes back, with what holds it.
        const auto answer = parse_answer(*removed, api.server());
        const bool held = answer && json::text_at(*answer, {"kind"}) != "Status";
        console.print_line(fmt::format("snapshot/{} {} (cluster {}, namespace {})", one.name,
                                       held ? "is being deleted" : "deleted", one.cluster_name,
                                       one.ns));
    } else if (removed.error().status == 409) {
        ++done.changed;
        console.note(
            fmt::format("{}: left alone, as it was changed since it was shown", text_of(one)));
    } else if (removed.error().status == 404) {
        ++done.gone;
        console.note(fmt::format("{}: gone already", text_of(one)));
    } else {
        ++done.failed;
        const std::string& message = removed.error().message;
        Refusal& refusal = done.refusals[in_common(message, one)];
        if (++refusal.count == 1) {
            refusal.first = text_of(one);
            refusal.message = message;
        }
    }
}

// A key that may not delete is refused for each of thousands in the same words: they are said once.
void note_refusals(const Done& done, Console& console) {
    for (const auto& [common, refusal] : done.refusals) {
        console.note(refusal.count == 1
                         ? fmt::format("{}: not deleted: {}", refusal.first, refusal.message)
                         : fmt::format("{}, such as {}: not deleted: {}",
                                       base::counted(refusal.count, "snapshot"), refusal.first,
                                       common));
    }
}

}  // namespace

bool FleetDeletion::any() const {
    return filters.any() || !namespaces.empty() || !vm.empty() || !selector.empty() ||
           !older_than.empty() || !keep_last.empty();
}

Outcome<Exit> delete_of_fleet(const FleetDeletion& deletion, Shell& shell, Api& api) {
    SNAPGATE_TRY(retention_of(deletion));
    if (!deletion.older_than.empty() && !deletion.filters.created_before.empty())
        return Failure(Exit::kUsage, "--older-than and --created-before say the same: give one");
    if (!deletion.dry_run && !deletion.yes && !can_ask(false)) {
        return Failure(Exit::kUsage,
                       "there is no terminal to ask on: give --yes, or see with --dry-run what "
                       "would be deleted");
    }
    Console& console = shell.console;
    SNAPGATE_ASSIGN(const Sources sources, read_sources(api, deletion.scope));
    SNAPGATE_ASSIGN(const auto matches, read_matches(console, api, deletion, sources));
    SNAPGATE_ASSIGN(DeletionPlan plan, make_plan(console, api, deletion, sources, matches));
    leave_unready(plan, sources, console);
    print_plan(plan, console);
    const std::string count = base::counted(plan.deleted.size(), "snapshot");
    if (plan.deleted.empty() || deletion.dry_run) {
        console.note(deletion.dry_run ? fmt::format("{} would be deleted", count)
                                      : std::string("Nothing to delete."));
        return Exit::kOk;
    }
    if (!deletion.yes && !ask(false, fmt::format("Delete {}?", count))) {
        console.note("Nothing was deleted.");
        return Exit::kRefused;
    }
    if (!deletion.yes) {
        // While the question stood there, a good snapshot may have gone that was to stay.
        SNAPGATE_ASSIGN(plan, make_plan(console, api, deletion, sources, plan.deleted));
        for (const DeletionCandidate& one : plan.kept) {
            console.note(fmt::format("{}: left alone, as it is now one of the newest good ones",
                                     text_of(one)));
        }
    }
    Done done;
    for (const DeletionCandidate& one : plan.deleted) remove_one(api, one, console, done);
    note_refusals(done, console);
    console.note(fmt::format("{} deleted, {} changed meanwhile, {} gone already, {} failed",
                             done.deleted, done.changed, done.gone, done.failed));
    return done.failed + done.changed == 0 ? Exit::kOk : Exit::kRefused;
}

}  // namespace snapgate::cli
