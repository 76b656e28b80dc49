#include "api/object_writes.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "base/clock.h"
#include "base/crypto.h"
#include "json/object.h"
#include "objects/commit.h"
#include "objects/object_write.h"

namespace snapgate::api {
namespace {

using base::Code;
using base::Error;
using base::Result;
using model::Kind;
using objects::ObjectWrite;
using objects::WriteOutcome;
using End = objects::WriteOutcome::End;

// How often a name is made up, as the API says.
constexpr int kNameTries = 8;
// How often a write is made anew because the object changed under it.
constexpr int kWriteTries = 16;

net::Awaitable<Result<WriteOutcome>> commit_object(const Services& services, ObjectWrite write) {
    auto shared = std::make_shared<const ObjectWrite>(std::move(write));
    auto outcome = std::make_shared<WriteOutcome>();
    SNAPGATE_CO_TRY(co_await objects::commit(services.store, store::Priority::kRequest,
                                             objects::write_function(shared, outcome)));
    co_return *outcome;
}

// An object as it was read: a copy, good while others write.
struct Live {
    std::string value;  // as it is stored
    model::Revision revision = 0;
    json::Object object;  // its Kubernetes form
};

Result<std::optional<Live>> read_live(const Services& services, const cluster::Cluster& cluster,
                                      Kind kind, std::string_view ns, std::string_view name) {
    store::ReadView view = services.store.read();
    SNAPGATE_ASSIGN(auto found, view.newest(cluster.number, kind, ns, name));
    if (!found) return std::optional<Live>();
    Live live;
    live.revision = found->revision;
    live.value = found->object.value;
    std::string text;
    SNAPGATE_TRY(json::append_kubernetes_form(found->object, text));
    SNAPGATE_ASSIGN(json::Value value, json::parse(text));
    live.object = std::move(value.as_object());
    return live;
}

Result<model::PreparedObject> prepare(Kind kind, const json::Object& object) {
    std::string text = json::serialize(object);
    if (kind == Kind::kNamespace) return json::prepare_namespace(text);
    // The rules filled the system fields in. Their marks may make one that goes a little larger
    // than what clients may write.
    const bool going = object.at("metadata").as_object().contains("deletionTimestamp");
    auto prepared = going ? json::prepare_marked_snapshot(text)
                          : json::prepare_snapshot(text, json::Identity());
    if (!prepared) {
        Error error = std::move(prepared).error();
        if (!error.about) {
            error.about = base::About{
                "snapshot.kubevirt.io", "VirtualMachineSnapshot", json::best_effort_name(text), {}};
        }
        return error;
    }
    return std::move(prepared->object);
}

Error namespace_going(const model::ObjectKey& key) {
    Error error(Code::kForbidden,
                fmt::format("virtualmachinesnapshots.snapshot.kubevirt.io \"{}\" is forbidden: "
                            "unable to create new content in namespace {} because it is being "
                            "terminated",
                            key.name, key.ns));
    error.about = base::About{"snapshot.kubevirt.io", "virtualmachinesnapshots", key.name, {}};
    error.causes.push_back({"NamespaceTerminating",
                            fmt::format("namespace {} is being terminated", key.ns),
                            "metadata.namespace"});
    return error;
}

// A version that a dry run would have given, or that stays.
std::string_view version_of(std::string_view value) {
    auto object = model::decode_object(value);
    return object ? object->version : std::string_view();
}

std::string revision_text(model::Revision revision) {
    return std::to_string(revision);
}

// What a create may answer once the object has a name.
Result<Written> created(const ObjectWrite& write, const WriteOutcome& outcome) {
    switch (outcome.end) {
        case End::kDone:
            break;
        case End::kNoNamespace:
            return rules::no_such_namespace(write.key.ns);
        case End::kNamespaceGoing:
            return namespace_going(write.key);
        case End::kExists:
        case End::kChanged:
            return write.kind == Kind::kSnapshot ? rules::snapshot_exists(write.key.name)
                                                 : rules::namespace_exists(write.key.name);
    }
    Written written;
    written.value = model::encode_object(*write.object, revision_text(outcome.revision));
    return written;
}

// Looks at the store the way a create's commit would.
Result<WriteOutcome> try_dry(const Services& services, const cluster::Cluster& cluster,
                             const ObjectWrite& write) {
    store::ReadView view = services.store.read();
    WriteOutcome outcome;
    SNAPGATE_ASSIGN(auto found,
                    view.newest(cluster.number, write.kind, write.key.ns, write.key.name));
    if (found) {
        outcome.end = End::kExists;
    } else if (write.kind == Kind::kSnapshot) {
        SNAPGATE_ASSIGN(auto ns, view.newest(cluster.number, Kind::kNamespace, "", write.key.ns));
        if (!ns && !write.make_namespace) outcome.end = End::kNoNamespace;
        if (ns && objects::is_going(ns->object)) outcome.end = End::kNamespaceGoing;
    }
    return outcome;
}

// Whether something can be created in a namespace; the commit looks again.
Result<void> check_open(const Services& services, const cluster::Cluster& cluster,
                        const model::ObjectKey& key) {
    store::ReadView view = services.store.read();
    SNAPGATE_ASSIGN(auto ns, view.newest(cluster.number, Kind::kNamespace, "", key.ns));
    if (!ns) return rules::no_such_namespace(key.ns);
    if (objects::is_going(ns->object)) return namespace_going(key);
    return {};
}

// metadata.name of a body, as far as it has one.
std::string given_name(const json::Object& body) {
    const json::Value* metadata = body.if_contains("metadata");
    if (metadata == nullptr || !metadata->is_object()) return {};
    const json::Value* name = metadata->get_object().if_contains("name");
    return name != nullptr && name->is_string() ? std::string(name->get_string()) : std::string();
}

ObjectWrite new_object(const Services& services, const cluster::Cluster& cluster, Kind kind,
                       model::ObjectKey key) {
    ObjectWrite write;
    write.cluster = cluster.number;
    write.kind = kind;
    write.key = std::move(key);
    write.now_ms = services.store.now_ms();
    return write;
}

// Stores a change of the object that was read, or removes it. nullopt: it changed meanwhile.
net::Awaitable<Result<std::optional<Written>>> store_change(const Services& services,
                                                            const cluster::Cluster& cluster,
                                                            Kind kind, model::ObjectKey key,
                                                            const Live& live, rules::Change change,
                                                            bool dry_run) {
    using Effect = rules::Change::Effect;
    Written written;
    written.warnings = std::move(change.warnings);
    written.dry_run = dry_run;
    if (change.effect == Effect::kNone) {
        written.value = live.value;
        co_return std::optional<Written>(std::move(written));
    }
    ObjectWrite write = new_object(services, cluster, kind, std::move(key));
    write.read_at = live.revision;
    SNAPGATE_CO_ASSIGN(auto prepared, prepare(kind, change.object));
    written.removed = change.effect == Effect::kRemove;
    // One that goes is shown as it was last: no version of its own says that it is gone.
    written.value = model::encode_object(prepared, version_of(live.value));
    if (dry_run) co_return std::optional<Written>(std::move(written));
    if (!written.removed) write.object = prepared;
    SNAPGATE_CO_ASSIGN(auto outcome, co_await commit_object(services, std::move(write)));
    if (outcome.end != End::kDone) co_return std::optional<Written>();
    if (!written.removed)
        written.value = model::encode_object(prepared, revision_text(outcome.revision));
    co_return std::optional<Written>(std::move(written));
}

// What a write makes of the object as it is.
using Decide = std::function<Result<rules::Change>(const json::Object& live)>;

net::Awaitable<Result<Written>> change_object(const Services& services,
                                              const cluster::Cluster& cluster, Kind kind,
                                              model::ObjectKey key, Decide decide, bool dry_run) {
    SNAPGATE_CO_TRY(cluster::require_hosted(cluster, "objects are written into the store of"));
    for (int attempt = 0; attempt < kWriteTries; ++attempt) {
        SNAPGATE_CO_ASSIGN(auto live, read_live(services, cluster, kind, key.ns, key.name));
        if (!live) {
            co_return kind == Kind::kSnapshot ? rules::no_such_snapshot(key.name)
                                              : rules::no_such_namespace(key.name);
        }
        SNAPGATE_CO_ASSIGN(auto change, decide(live->object));
        SNAPGATE_CO_ASSIGN(auto stored, co_await store_change(services, cluster, kind, key, *live,
                                                              std::move(change), dry_run));
        if (stored) co_return std::move(*stored);
    }
    co_return rules::stale_version(key.name);
}

std::string_view name_of(const json::Object& object, std::string_view field) {
    const json::Value* value = object.at("metadata").as_object().if_contains(field);
    return value == nullptr ? std::string_view() : std::string_view(value->as_string());
}

Error no_free_name(Kind kind, const model::ObjectKey& key, std::string_view generate) {
    Error error = kind == Kind::kSnapshot ? rules::snapshot_exists(key.name)
                                          : rules::namespace_exists(key.name);
    error.code = Code::kNoFreeName;
    error.message += ", the server was not able to generate a unique name for the object";
    error.about->name = generate;
    return error;
}

net::Awaitable<Result<Written>> create_object(const Services& services,
                                              const cluster::Cluster& cluster, Kind kind,
                                              rules::Change change, CreateOptions options) {
    SNAPGATE_CO_TRY(cluster::require_hosted(cluster, "objects are written into the store of"));
    const bool named = !name_of(change.object, "name").empty();
    const std::string generate(name_of(change.object, "generateName"));
    model::ObjectKey key;
    for (int attempt = 0; attempt < (named ? 1 : kNameTries); ++attempt) {
        if (!named) rules::give_name(change.object, rules::generated_name(generate));
        SNAPGATE_CO_ASSIGN(auto prepared, prepare(kind, change.object));
        key = {prepared.ns, prepared.name};
        ObjectWrite write = new_object(services, cluster, kind, key);
        write.make_namespace = options.make_namespace;
        write.object = std::move(prepared);
        auto outcome = try_dry(services, cluster, write);
        if (outcome && outcome->end == End::kDone && !options.dry_run)
            outcome = co_await commit_object(services, write);
        if (!outcome) co_return outcome.error();
        if (outcome->end == End::kExists && !named) continue;
        SNAPGATE_CO_ASSIGN(auto result, created(write, *outcome));
        if (options.dry_run) result.value = model::encode_object(*write.object, "");
        result.dry_run = options.dry_run;
        result.warnings = std::move(change.warnings);
        co_return std::move(result);
    }
    co_return no_free_name(kind, key, generate);
}

}  // namespace

net::Awaitable<Result<Written>> create_snapshot(const Services& services,
                                                const cluster::Cluster& cluster, rules::Body body,
                                                rules::Target target, rules::Writer writer,
                                                CreateOptions options) {
    SNAPGATE_CO_TRY(cluster::require_hosted(cluster, "objects are written into the store of"));
    if (!options.make_namespace) {
        // As kube-apiserver, before it looks at what is to be created there.
        SNAPGATE_CO_TRY(check_open(services, cluster, {target.ns, given_name(body.object)}));
    }
    SNAPGATE_CO_ASSIGN(auto change,
                       rules::create(std::move(body), target, base::random_uuid(), writer));
    co_return co_await create_object(services, cluster, Kind::kSnapshot, std::move(change),
                                     options);
}

net::Awaitable<Result<Written>> update_snapshot(const Services& services,
                                                const cluster::Cluster& cluster,
                                                rules::Target target, rules::Writer writer,
                                                MakeBody make_body, bool dry_run) {
    Decide decide = [&target, &writer,
                     &make_body](const json::Object& live) -> Result<rules::Change> {
        SNAPGATE_ASSIGN(rules::Body body, make_body(live));
        return rules::update(live, std::move(body), target, writer);
    };
    model::ObjectKey key{target.ns, target.name};
    co_return co_await change_object(services, cluster, Kind::kSnapshot, std::move(key),
                                     std::move(decide), dry_run);
}

net::Awaitable<Result<Written>> delete_snapshot(const Services& services,
                                                const cluster::Cluster& cluster,
                                                rules::Target target,
                                                rules::DeleteOptions options) {
    Decide decide = [&services, &options](const json::Object& live) {
        return rules::remove(live, options, base::format_rfc3339(services.store.now_ms()));
    };
    model::ObjectKey key{target.ns, target.name};
    co_return co_await change_object(services, cluster, Kind::kSnapshot, std::move(key),
                                     std::move(decide), options.dry_run);
}

net::Awaitable<Result<Written>> create_namespace(const Services& services,
                                                 const cluster::Cluster& cluster, rules::Body body,
                                                 rules::Writer writer, bool dry_run) {
    SNAPGATE_CO_ASSIGN(auto change,
                       rules::create_namespace(std::move(body), base::random_uuid(), writer));
    const CreateOptions options{.dry_run = dry_run};
    co_return co_await create_object(services, cluster, Kind::kNamespace, std::move(change),
                                     options);
}

net::Awaitable<Result<Written>> delete_namespace(const Services& services,
                                                 const cluster::Cluster& cluster, std::string name,
                                                 rules::DeleteOptions options) {
    Decide decide = [&services, &options](const json::Object& live) -> Result<rules::Change> {
        return rules::remove_namespace(live, options,
                                       base::format_rfc3339(services.store.now_ms()));
    };
    model::ObjectKey key{"", std::move(name)};
    auto written = co_await change_object(services, cluster, Kind::kNamespace, std::move(key),
                                          std::move(decide), options.dry_run);
    if (written && !options.dry_run) services.namespaces.wake(cluster.number);
    co_return written;
}

bool is_field_manager(std::string_view text) {
    return text.size() <= kMaxFieldManager &&
           std::ranges::all_of(text, [](char c) { return c >= 0x20 && c != 0x7f; });
}

std::string field_manager(const net::Request& request) {
    std::string_view agent = request.header("User-Agent").value_or("");
    std::string manager(agent.substr(0, std::min(agent.find('/'), kMaxFieldManager)));
    std::erase_if(manager, [](char c) { return !is_field_manager({&c, 1}); });
    return manager;
}

}  // namespace snapgate::api
