#include "objects/hosted_writes.h"

#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "base/crypto.h"
#include "commit/commit.h"
#include "json/object.h"
#include "json/path.h"
#include "model/api_names.h"
#include "net/server/aside.h"
#include "objects/object_write.h"

namespace snapgate::objects {
namespace {

using base::Code;
using base::Error;
using base::Result;
using model::Kind;
using End = WriteOutcome::End;

// What is done with hosted clusters alone, for require_hosted().
constexpr std::string_view kWritten = "objects are written into the store of";
// How often a name is made up, as the API says.
constexpr int kNameTries = 8;
// How long a write is made anew because the object changes under it.
constexpr std::chrono::seconds kPatienceWithOthers{10};

// As kube-apiserver, which does so until the request's time is over. However often others are
// faster, who named no version is not told that it has changed.
class Tries {
  public:
    bool left() const { return Time::now() < end_; }

  private:
    using Time = std::chrono::steady_clock;
    const Time::time_point end_ = Time::now() + kPatienceWithOthers;
};

// A dry run is no write, and has no line in the audit trail.
void note_dry_run(const WriteContext& context, bool dry_run) {
    if (dry_run && context.audit != nullptr) context.audit->dry_run = true;
}

net::Awaitable<Result<WriteOutcome>> commit_object(const WriteContext& context,
                                                   std::shared_ptr<const ObjectWrite> write) {
    auto outcome = std::make_shared<WriteOutcome>();
    SNAPGATE_CO_TRY(co_await commit::one(context.store, store::Priority::kRequest,
                                         write_function(write, outcome, context.audit)));
    if (outcome->end == End::kDone && context.audit != nullptr) context.audit->recorded = true;
    co_return *outcome;
}

// An object as it was read: a copy, good while others write.
struct Live {
    std::string value;  // as it is stored
    model::Revision revision = 0;
};

Result<std::optional<Live>> read_live(const store::Store& store, const Place& place) {
    const store::ReadView view = store.read();
    SNAPGATE_ASSIGN(auto found,
                    view.newest(place.cluster.number, place.kind, place.ns, place.name));
    if (!found) return std::optional<Live>();
    return Live{std::string(found->object.value), found->revision};
}

// Its Kubernetes form.
Result<json::Object> read_object(const Live& live) {
    SNAPGATE_ASSIGN(const model::StoredObject stored, model::decode_object(live.value));
    std::string text;
    SNAPGATE_TRY(json::append_kubernetes_form(stored, text));
    SNAPGATE_ASSIGN(json::Value value, json::parse(text));
    return std::move(value.as_object());
}

Result<model::PreparedObject> prepare(Kind kind, const json::Object& object) {
    std::string text = json::serialize(object);
    // The rules filled the system fields in. Their marks may make one that goes a little larger
    // than what clients may write.
    const bool going = object.at("metadata").as_object().contains("deletionTimestamp");
    if (kind == Kind::kNamespace)
        return going ? json::prepare_marked_namespace(text) : json::prepare_namespace(text);
    auto prepared = going ? json::prepare_marked_snapshot(text)
                          : json::prepare_snapshot(text, json::Identity());
    if (!prepared) {
        Error error = std::move(prepared).error();
        if (!error.about) {
            error.about = base::About{std::string(model::kSnapshotGroup),
                                      std::string(model::kSnapshotKind),
                                      json::best_effort_name(text),
                                      {}};
        }
        return error;
    }
    return std::move(prepared->object);
}

// A version that a dry run would have given, or that stays.
std::string_view version_of(std::string_view value) {
    auto object = model::decode_object(value);
    return object ? object->version : std::string_view();
}

std::string revision_text(model::Revision revision) {
    return std::to_string(revision);
}

Error object_exists(Kind kind, std::string_view name) {
    return kind == Kind::kSnapshot ? rules::snapshot_exists(name) : rules::namespace_exists(name);
}

// What a create may answer once the object has a name.
Result<Written> created(const ObjectWrite& write, const WriteOutcome& outcome) {
    switch (outcome.end) {
        case End::kDone:
            break;
        case End::kNoNamespace:
            return rules::no_such_namespace(write.key.ns);
        case End::kNamespaceGoing:
            return rules::namespace_terminating(write.key);
        case End::kExists:
        case End::kChanged:
            return object_exists(write.kind, write.key.name);
    }
    Written written;
    written.value = model::encode_object(*write.object, revision_text(outcome.revision));
    return written;
}

// What is there where something is to be created; the commit looks again.
Result<End> look_at_namespace(const store::Store& store, const Place& place) {
    const store::ReadView view = store.read();
    SNAPGATE_ASSIGN(auto ns, view.newest(place.cluster.number, Kind::kNamespace, "", place.ns));
    if (!ns) return End::kNoNamespace;
    return is_going(ns->object) ? End::kNamespaceGoing : End::kDone;
}

// How the commit of a create would end, for one that is to store nothing. `ns`: what
// look_at_namespace() found.
Result<WriteOutcome> try_dry(const store::Store& store, const ObjectWrite& write, End ns) {
    const store::ReadView view = store.read();
    WriteOutcome outcome;
    const auto& [name_space, name] = write.key;
    SNAPGATE_ASSIGN(const bool damaged,
                    view.is_damaged(write.cluster, write.kind, name_space, name));
    bool exists = false;
    if (!damaged) {
        SNAPGATE_ASSIGN(const auto found, view.newest(write.cluster, write.kind, name_space, name));
        exists = found.has_value();
    }
    if (exists) {
        outcome.end = End::kExists;
    } else if (ns != End::kNoNamespace || !write.make_namespace) {
        outcome.end = ns;
    }
    return outcome;
}

// Shared with the writer thread once it is committed.
std::shared_ptr<ObjectWrite> new_write(const WriteContext& context, const Place& place) {
    auto write = std::make_shared<ObjectWrite>();
    write->cluster = place.cluster.number;
    write->kind = place.kind;
    write->key = {place.ns, place.name};
    write->now_ms = context.store.now_ms();
    return write;
}

using Quota = std::shared_ptr<const cluster::ObjectQuota>;

// How a change of an object is stored.
struct ChangeOptions {
    bool dry_run = false;
    Quota quota = nullptr;  // null: it is not refused for one
};

// What a write makes of an object: how it is changed, and what is stored.
struct Decided {
    rules::Change::Effect effect = rules::Change::Effect::kNone;
    model::PreparedObject object;  // unless nothing is changed
    std::vector<std::string> warnings;
};

net::Awaitable<Result<Decided>> decide_aside(const WriteContext& context, const Place& place,
                                             const Live& live, const Decide& decide) {
    auto make = [&]() -> Result<Decided> {
        SNAPGATE_ASSIGN(const json::Object object, read_object(live));
        SNAPGATE_ASSIGN(rules::Change change, decide(object));
        Decided decided{.effect = change.effect, .object = {}, .warnings = {}};
        decided.warnings = std::move(change.warnings);
        if (change.effect != rules::Change::Effect::kNone) {
            SNAPGATE_ASSIGN(decided.object, prepare(place.kind, change.object));
        }
        return decided;
    };
    const size_t bytes = context.body_bytes + live.value.size();
    co_return co_await net::make_aside(context.stream, bytes, std::move(make));
}

// Stores a change of the object that was read, or removes it. nullopt: it changed meanwhile.
net::Awaitable<Result<std::optional<Written>>> store_change(const WriteContext& context,
                                                            const Place& place, const Live& live,
                                                            Decided decided,
                                                            ChangeOptions options) {
    const bool dry_run = options.dry_run;
    using Effect = rules::Change::Effect;
    Written written;
    written.warnings = std::move(decided.warnings);
    written.dry_run = dry_run;
    if (decided.effect == Effect::kNone) {
        written.value = live.value;
        co_return std::optional<Written>(std::move(written));
    }
    const std::shared_ptr<ObjectWrite> write = new_write(context, place);
    write->read_at = live.revision;
    write->quota = std::move(options.quota);
    written.removed = decided.effect == Effect::kRemove;
    // One that goes is shown as it was last: no version of its own says that it is gone.
    written.value = model::encode_object(decided.object, version_of(live.value));
    if (dry_run) co_return std::optional<Written>(std::move(written));
    if (!written.removed) write->object = std::move(decided.object);
    SNAPGATE_CO_ASSIGN(auto outcome, co_await commit_object(context, write));
    if (outcome.end != End::kDone) co_return std::optional<Written>();
    if (!written.removed)
        written.value = model::encode_object(*write->object, revision_text(outcome.revision));
    co_return std::optional<Written>(std::move(written));
}

Error no_free_name(Kind kind, const model::ObjectKey& key, std::string_view generate) {
    Error error = object_exists(kind, key.name);
    error.code = Code::kNoFreeName;
    error.message += ", the server was not able to generate a unique name for the object";
    error.about->name = generate;
    return error;
}

// What a request creates, under one name after the other if it leaves the name to the server.
class NewObject {
  public:
    NewObject(Kind kind, MakeNew make) : kind_(kind), make_(std::move(make)) {}

    // Under the next name.
    Result<model::PreparedObject> prepare_next() {
        if (!made_) {
            SNAPGATE_ASSIGN(change_, make_(base::random_uuid()));
            made_ = true;
            named_ = !json::text_at(change_.object, {"metadata", "name"}).empty();
            generate_ = json::text_at(change_.object, {"metadata", "generateName"});
        }
        if (!named_) rules::give_name(change_.object, rules::generated_name(generate_));
        return prepare(kind_, change_.object);
    }

    // Once the first was prepared.
    bool named() const { return named_; }
    const std::string& generate() const { return generate_; }
    std::vector<std::string> take_warnings() { return std::move(change_.warnings); }

  private:
    const Kind kind_;
    const MakeNew make_;
    bool made_ = false;
    rules::Change change_;
    bool named_ = false;
    std::string generate_;
};

// `ns`: what look_at_namespace() found.
net::Awaitable<Result<Written>> create_object(const WriteContext& context, Place place,
                                              MakeNew make, CreateOptions options, End ns) {
    NewObject object(place.kind, std::move(make));
    model::ObjectKey key;
    for (int attempt = 0; attempt == 0 || (!object.named() && attempt < kNameTries); ++attempt) {
        auto prepare_next = [&object] { return object.prepare_next(); };
        SNAPGATE_CO_ASSIGN(
            auto prepared,
            co_await net::make_aside(context.stream, context.body_bytes, std::move(prepare_next)));
        key = {prepared.ns, prepared.name};
        const std::shared_ptr<ObjectWrite> write = new_write(context, place);
        write->key = key;
        write->make_namespace = options.make_namespace;
        write->quota = options.quota;
        write->object = std::move(prepared);
        WriteOutcome outcome;
        if (options.dry_run) {
            SNAPGATE_CO_ASSIGN(outcome, try_dry(context.store, *write, ns));
        } else {
            SNAPGATE_CO_ASSIGN(outcome, co_await commit_object(context, write));
        }
        if (outcome.end == End::kExists && !object.named()) continue;
        SNAPGATE_CO_ASSIGN(auto result, created(*write, outcome));
        if (options.dry_run) result.value = model::encode_object(*write->object, "");
        result.dry_run = options.dry_run;
        result.warnings = object.take_warnings();
        co_return std::move(result);
    }
    co_return no_free_name(place.kind, key, object.generate());
}

// A new snapshot; `name` is the one that an error shows. The rules are asked once, and not after it
// has returned.
net::Awaitable<Result<Written>> create_snapshot(const WriteContext& context, Place place,
                                                std::string name, MakeNew make,
                                                CreateOptions options) {
    End ns = End::kDone;
    // The commit will look; this is for a dry run, and because kube-apiserver looks at the
    // namespace before it looks at what is to be created there.
    if (options.dry_run || !options.make_namespace) {
        SNAPGATE_CO_ASSIGN(ns, look_at_namespace(context.store, place));
    }
    if (!options.make_namespace) {
        if (ns == End::kNoNamespace) co_return rules::no_such_namespace(place.ns);
        if (ns == End::kNamespaceGoing)
            co_return rules::namespace_terminating({place.ns, std::move(name)});
    }
    co_return co_await create_object(context, std::move(place), std::move(make), options, ns);
}

net::Awaitable<Result<Written>> change_object(WriteContext context, Place place, Decide decide,
                                              ChangeOptions options) {
    for (const Tries tries; tries.left();) {
        SNAPGATE_CO_ASSIGN(auto live, read_live(context.store, place));
        if (!live) co_return rules::no_such_object(place.kind, place.name);
        SNAPGATE_CO_ASSIGN(auto decided, co_await decide_aside(context, place, *live, decide));
        SNAPGATE_CO_ASSIGN(
            auto stored, co_await store_change(context, place, *live, std::move(decided), options));
        if (stored) co_return std::move(*stored);
    }
    co_return rules::stale_version(place.name);
}

Result<bool> is_damaged(const store::Store& store, const Place& place) {
    return store.read().is_damaged(place.cluster.number, place.kind, place.ns, place.name);
}

// The deletion of an object that a repair of the store removed.
net::Awaitable<Result<Written>> remove_damaged(const WriteContext& context, Place place,
                                               rules::DeleteOptions options) {
    // Nobody knows whether they hold.
    if (!options.uid.empty() || !options.resource_version.empty())
        co_return rules::stale_version(place.name);
    Written written;
    written.removed = true;
    written.dry_run = options.dry_run;
    if (options.dry_run) co_return written;
    store::WriteFunction write = [place,
                                  action = context.audit](store::WriteTxn& txn) -> Result<void> {
        const model::ClusterNumber cluster = place.cluster.number;
        SNAPGATE_ASSIGN(const auto live, txn.get(cluster, place.kind, place.ns, place.name));
        if (live) return rules::stale_version(place.name);
        SNAPGATE_TRY(txn.erase(cluster, place.kind, place.ns, place.name));
        return note_removal(txn, action.get(), place.kind, {place.ns, place.name});
    };
    SNAPGATE_CO_TRY(
        co_await commit::one(context.store, store::Priority::kRequest, std::move(write)));
    if (context.audit != nullptr) context.audit->recorded = true;
    co_return written;
}

}  // namespace

net::Awaitable<Result<Written>> create_hosted(WriteContext context, Place place, rules::Body body,
                                              rules::Writer writer, CreateOptions options) {
    note_dry_run(context, options.dry_run);
    SNAPGATE_CO_TRY(cluster::require_hosted(place.cluster, kWritten));
    options.quota = context.quota_of(place.cluster);
    if (place.kind == Kind::kNamespace) {
        MakeNew make = [&](const std::string& uid) {
            return rules::create_namespace(std::move(body), uid, writer);
        };
        co_return co_await create_object(context, std::move(place), std::move(make), options,
                                         End::kDone);
    }
    const std::string name(json::text_at(body.object, {"metadata", "name"}));
    const rules::Target target{place.ns, place.name, false};
    MakeNew make = [&](const std::string& uid) {
        return rules::create(std::move(body), target, uid, writer);
    };
    co_return co_await create_snapshot(context, std::move(place), name, std::move(make), options);
}

net::Awaitable<Result<Written>> change_hosted(WriteContext context, Place place, Decide decide,
                                              bool dry_run) {
    note_dry_run(context, dry_run);
    SNAPGATE_CO_TRY(cluster::require_hosted(place.cluster, kWritten));
    ChangeOptions options{.dry_run = dry_run, .quota = context.quota_of(place.cluster)};
    co_return co_await change_object(std::move(context), std::move(place), std::move(decide),
                                     std::move(options));
}

net::Awaitable<Result<Written>> apply_hosted(WriteContext context, Place place, Decide decide,
                                             MakeNew make, bool dry_run) {
    note_dry_run(context, dry_run);
    SNAPGATE_CO_TRY(cluster::require_hosted(place.cluster, kWritten));
    const Quota quota = context.quota_of(place.cluster);
    for (const Tries tries; tries.left();) {
        SNAPGATE_CO_ASSIGN(const bool damaged, is_damaged(context.store, place));
        std::optional<Live> live;
        if (!damaged) {
            SNAPGATE_CO_ASSIGN(live, read_live(context.store, place));
        }
        if (live) {
            SNAPGATE_CO_ASSIGN(auto decided, co_await decide_aside(context, place, *live, decide));
            ChangeOptions options{.dry_run = dry_run, .quota = quota};
            SNAPGATE_CO_ASSIGN(auto stored,
                               co_await store_change(context, place, *live, std::move(decided),
                                                     std::move(options)));
            if (stored) co_return std::move(*stored);
            continue;
        }
        const CreateOptions options{.dry_run = dry_run, .quota = quota};
        auto created = co_await create_snapshot(context, place, place.name, make, options);
        if (created) created->created = true;
        if (created || created.error().code != Code::kAlreadyExists) co_return std::move(created);
    }
    co_return rules::stale_version(place.name);
}

net::Awaitable<Result<Written>> replace_hosted(WriteContext context, Place place,
                                               const rules::Body& body, rules::Writer writer,
                                               Decide decide, bool dry_run) {
    SNAPGATE_CO_ASSIGN(const bool damaged, is_damaged(context.store, place));
    if (!damaged) {
        co_return co_await change_hosted(std::move(context), std::move(place), std::move(decide),
                                         dry_run);
    }
    // Whatever it was, now it is what the body says.
    rules::Body whole = body;
    if (json::Value* metadata = whole.object.if_contains("metadata");
        metadata != nullptr && metadata->is_object())
        metadata->get_object().erase("resourceVersion");
    const CreateOptions options{.dry_run = dry_run, .make_namespace = true};
    co_return co_await create_hosted(std::move(context), std::move(place), std::move(whole),
                                     std::move(writer), options);
}

net::Awaitable<Result<Written>> remove_hosted(WriteContext context, Place place,
                                              rules::DeleteOptions options) {
    note_dry_run(context, options.dry_run);
    SNAPGATE_CO_TRY(cluster::require_hosted(place.cluster, kWritten));
    SNAPGATE_CO_ASSIGN(const bool damaged, is_damaged(context.store, place));
    if (damaged && place.kind == Kind::kSnapshot) {
        co_return co_await remove_damaged(context, std::move(place), std::move(options));
    }
    const bool dry_run = options.dry_run;
    const bool ns = place.kind == Kind::kNamespace;
    const model::ClusterNumber cluster = place.cluster.number;
    Decide decide = [&store = context.store, options = std::move(options),
                     ns](const json::Object& live) -> Result<rules::Change> {
        const std::string now = base::format_rfc3339(store.now_ms());
        return ns ? rules::remove_namespace(live, options, now) : rules::remove(live, options, now);
    };
    // A deletion may leave marks on the object, which make it larger.
    auto written = co_await change_object(context, std::move(place), std::move(decide),
                                          ChangeOptions{.dry_run = dry_run});
    if (written && ns && !dry_run) context.namespaces.wake(cluster);
    co_return written;
}

}  // namespace snapgate::objects
