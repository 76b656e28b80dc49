#include "app/stopped_directory.h"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "audit/action.h"
#include "model/names.h"

namespace snapgate::app {

using base::Code;
using base::Error;
using base::Result;
namespace fs = std::filesystem;

namespace {

// The options for the store of a server that is down. kInvalidParameter if this is no data
// directory: a store would be made in it.
Result<store::StoreOptions> options_of_stopped(const fs::path& data_dir) {
    SNAPGATE_TRY(require_data_directory(data_dir));
    store::StoreOptions options;
    options.directory = data_dir;
    options.background_compaction = false;
    options.create = false;
    return options;
}

}  // namespace

Result<std::unique_ptr<DataDirectory>> open_stopped(const fs::path& data_dir, Migration migration) {
    SNAPGATE_ASSIGN(store::StoreOptions options, options_of_stopped(data_dir));
    options.migrate = migration == Migration::kMade;
    return DataDirectory::open_as_it_is(std::move(options));
}

Result<std::pair<uint64_t, uint64_t>> shrink_stopped(const fs::path& data_dir) {
    SNAPGATE_ASSIGN(const store::StoreOptions options, options_of_stopped(data_dir));
    return store::Store::shrink(options);
}

Result<std::string> create_key_in_stopped(const std::filesystem::path& data_dir,
                                          std::string_view name, std::string_view role,
                                          std::string_view project,
                                          std::optional<base::Millis> expires) {
    if (!model::is_display_name(name)) {
        return Error(Code::kInvalidParameter,
                     "a key's name is 1 to 128 printable characters without blanks at its ends");
    }
    auto parsed = access::parse_role(role);
    if (!parsed) return Error(Code::kInvalidParameter, parsed.error().message, "role");
    SNAPGATE_ASSIGN(auto data, open_stopped(data_dir));
    SNAPGATE_TRY(begin_if_new(*data));
    std::string uid;
    if (!project.empty()) {
        auto projects = data->projects.snapshot();
        for (const auto& [other, row] : *projects) {
            if (other == project) uid = other;
            if (uid.empty() && row.name == project) uid = other;
        }
        if (uid.empty())
            return Error(Code::kNotFound, fmt::format("there is no project {}", project));
    }
    int64_t now_ms = data->store->now_ms();
    std::optional<int64_t> expires_ms;
    if (expires) expires_ms = now_ms + expires->count();
    access::NewKey made = access::make_key(std::string(name), *parsed, uid, now_ms, expires_ms);
    // Whoever can write to the directory can do this, so it is the one write of a stopped server
    // with a line. Where no trail is kept the line waits in the store.
    audit::Action action;
    action.actor.name = audit::kOfflineActor;
    action.verb = "create";
    const audit::Object object{.kind = "Key", .name = made.key.name, .id = made.key.id};
    const std::string details = fmt::format(R"("role":"{}")", access::role_name(made.key.role));
    const std::string line = audit::line_of(
        action, object, {.change = audit::Change::kCreated, .details = details}, now_ms);
    SNAPGATE_TRY(data->store->write_and_wait(store::Priority::kRequest,
                                             [&](store::WriteTxn& txn) -> Result<void> {
                                                 SNAPGATE_TRY(access::create_key(txn, made.key));
                                                 return txn.add_audit_line(line);
                                             }));
    return made.text;
}

Result<store::CheckSummary> check_stopped(const fs::path& data_dir, const store::FaultSink& tell) {
    // A lock file would be made in any other directory.
    SNAPGATE_TRY(require_data_directory(data_dir));
    return store::check_store(data_dir, tell);
}

Result<Repaired> repair_stopped(const fs::path& data_dir, const store::FaultSink& tell) {
    SNAPGATE_TRY(require_data_directory(data_dir));
    Repaired repair;
    SNAPGATE_ASSIGN(repair.summary, store::repair_store(data_dir, tell));
    if (repair.summary.removed.empty()) return repair;
    SNAPGATE_ASSIGN(const auto data, open_stopped(data_dir));
    std::map<model::ClusterNumber, std::string> names;
    const auto clusters = data->clusters.snapshot();
    for (const auto& [uid, cluster] : *clusters) {
        for (const model::ClusterNumber number : cluster.numbers())
            names[number] = fmt::format("{} ({})", cluster.name, uid);
    }
    for (const store::RemovedObject& one : repair.summary.removed) {
        std::string& cluster = names[one.cluster];
        if (cluster.empty()) cluster = fmt::format("with number {}", one.cluster);
        const bool ns = one.kind == model::Kind::kNamespace;
        repair.removed.push_back({cluster, ns ? fmt::format("namespace {}", one.key.name)
                                              : fmt::format("{}/{}", one.key.ns, one.key.name)});
    }
    return repair;
}

}  // namespace snapgate::app
