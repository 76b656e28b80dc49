#include "json/object.h"

#include <fmt/format.h>

#include <memory>

#include "base/count_text.h"
#include "json/compact.h"
#include "json/document.h"
#include "json/snapshot_parts.h"
#include "json/snapshot_writer.h"

namespace snapgate::json {
namespace {

// The memory that a thread keeps to read and write objects.
struct Workspace {
    Document document;
    SnapshotWriter writer;
    facts::SnapshotParts parts;
};

Workspace& workspace() {
    thread_local auto space = std::make_unique<Workspace>();
    return *space;
}

base::Error too_large(size_t bytes, std::string_view where, size_t most) {
    return {base::Code::kTooLarge,
            fmt::format("the object has {} bytes{}; at most {} are taken", bytes, where, most)};
}

base::Result<Prepared> prepare(std::string_view json, const Identity& fill, FactsCheck check,
                               size_t most) {
    if (json.size() > most) return too_large(json.size(), "", most);
    Workspace& space = workspace();
    SNAPGATE_ASSIGN(simdjson::dom::element root, space.document.parse(json));
    auto prepared = space.writer.write(root, fill, check);
    space.document.shrink();
    space.writer.shrink();
    if (prepared && prepared->object.text.size() > most)
        return too_large(prepared->object.text.size(), " in its stored form", most);
    return prepared;
}

base::Result<model::PreparedObject> prepare_namespace(std::string_view json, size_t most) {
    if (json.size() > most) return too_large(json.size(), "", most);
    Workspace& space = workspace();
    SNAPGATE_ASSIGN(simdjson::dom::element root, space.document.parse(json));
    auto prepared = space.writer.write_namespace(root);
    space.document.shrink();
    space.writer.shrink();
    if (!prepared) return std::move(prepared).error();
    const size_t bytes = prepared->object.text.size();
    if (bytes > most) return too_large(bytes, " in its stored form", most);
    return std::move(prepared->object);
}

}  // namespace

std::string too_large_message() {
    return fmt::format("the object is larger than {}, which is the most that is taken",
                       base::size_text(kMaxObjectBytes));
}

base::Result<Prepared> prepare_snapshot(std::string_view json, const Identity& fill,
                                        FactsCheck check) {
    return prepare(json, fill, check, kMaxObjectBytes);
}

base::Result<Prepared> prepare_marked_snapshot(std::string_view json) {
    return prepare(json, Identity(), nullptr, kMaxStoredBytes);
}

base::Result<model::PreparedObject> prepare_mirrored_snapshot(std::string_view json) {
    if (json.size() > kMaxObjectBytes) return too_large(json.size(), "", kMaxObjectBytes);
    Workspace& space = workspace();
    SNAPGATE_ASSIGN(simdjson::dom::element root, space.document.parse(json));
    auto prepared = space.writer.write_mirrored(root);
    space.document.shrink();
    space.writer.shrink();
    if (!prepared) return std::move(prepared).error();
    const size_t bytes = prepared->object.text.size();
    if (bytes > kMaxObjectBytes) return too_large(bytes, " in its stored form", kMaxObjectBytes);
    return std::move(prepared->object);
}

base::Result<model::PreparedObject> prepare_namespace(std::string_view json) {
    return prepare_namespace(json, kMaxObjectBytes);
}

base::Result<model::PreparedObject> prepare_marked_namespace(std::string_view json) {
    return prepare_namespace(json, kMaxStoredBytes);
}

model::PreparedObject make_namespace(std::string_view name, const Identity& identity) {
    model::PreparedObject object;
    object.name = name;
    object.uid = identity.uid;
    std::string& out = object.text;
    out = R"({"apiVersion":"v1","kind":"Namespace","metadata":{"creationTimestamp":)";
    out += to_json_string(identity.creation_timestamp);
    out += R"(,"labels":{"kubernetes.io/metadata.name":)";
    out += to_json_string(name);
    out += R"(},"name":)";
    out += to_json_string(name);
    out += R"(,"resourceVersion":")";
    object.version_offset = static_cast<uint32_t>(out.size());
    out += R"(","uid":)";
    out += to_json_string(identity.uid);
    out += R"(},"spec":{"finalizers":["kubernetes"]},"status":{"phase":"Active"}})";
    return object;
}

base::Result<std::string> derive_facts_of_text(std::string_view json) {
    Workspace& space = workspace();
    SNAPGATE_ASSIGN(const simdjson::dom::element root, space.document.parse(json));
    read_parts(root, space.parts);
    std::string facts = facts::derive(space.parts);
    space.document.shrink();
    return facts;
}

base::Result<std::string> derive_facts(const model::StoredObject& stored) {
    auto facts = derive_facts_of_text(stored.text);
    if (!facts) return model::unreadable_object(facts.error().message);
    return facts;
}

base::Result<facts::Facts> read_facts(const model::StoredObject& stored, std::string& buffer) {
    if (!stored.facts.empty()) return facts::read(stored.facts);
    SNAPGATE_ASSIGN(buffer, derive_facts(stored));
    return facts::read(buffer);
}

bool has_managed_fields(const model::StoredObject& stored) {
    // Stored texts are compact: a text without these bytes has no such member anywhere. A text that
    // has them in another place is looked at for nothing; that does no harm.
    return stored.text.find(R"("managedFields":[{)") != std::string_view::npos;
}

base::Result<Identity> read_identity(const model::StoredObject& stored) {
    Workspace& space = workspace();
    auto root = space.document.parse(stored.text);
    if (!root) return model::unreadable_object(root.error().message);
    simdjson::dom::object metadata;
    if ((*root)["metadata"].get_object().get(metadata))
        return model::unreadable_object("it has no metadata");
    std::string_view uid;
    std::string_view time;
    if (metadata["uid"].get_string().get(uid) || uid.empty())
        return model::unreadable_object("it has no uid");
    if (metadata["creationTimestamp"].get_string().get(time) || time.empty())
        return model::unreadable_object("it has no creationTimestamp");
    Identity identity{std::string(uid), std::string(time)};
    // A Namespace has no generation.
    auto generation = metadata["generation"];
    if (generation.error() != simdjson::NO_SUCH_FIELD &&
        generation.get_int64().get(identity.generation))
        return model::unreadable_object("its generation is no number");
    simdjson::dom::array managed_fields;
    if (metadata["managedFields"].get_array().get(managed_fields) == simdjson::SUCCESS)
        identity.managed_fields = simdjson::minify(managed_fields);
    space.document.shrink();
    return identity;
}

}  // namespace snapgate::json
