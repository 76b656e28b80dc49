#include "json/object.h"

#include <fmt/format.h>

#include <memory>

#include "base/encoding.h"
#include "json/compact.h"
#include "json/document.h"
#include "json/snapshot_writer.h"

namespace snapgate::json {
namespace {

constexpr std::string_view kRawHead = R"({"Raw":[")";
constexpr std::string_view kRawTail = R"("]})";

// What a thread keeps to read and write objects with.
struct Workspace {
    Document document;
    SnapshotWriter writer;
};

Workspace& workspace() {
    thread_local auto space = std::make_unique<Workspace>();
    return *space;
}

base::Error corrupt(std::string_view what) {
    return {base::Code::kCorrupt, fmt::format("a stored object cannot be read: {}", what)};
}

}  // namespace

base::Result<Prepared> prepare_snapshot(std::string_view json, const Identity& fill) {
    Workspace& space = workspace();
    SNAPGATE_ASSIGN(simdjson::dom::element root, space.document.parse(json));
    auto prepared = space.writer.write(root, fill);
    space.document.shrink();
    space.writer.shrink();
    return prepared;
}

base::Result<model::PreparedObject> prepare_namespace(std::string_view json) {
    Workspace& space = workspace();
    SNAPGATE_ASSIGN(simdjson::dom::element root, space.document.parse(json));
    auto prepared = space.writer.write_namespace(root);
    space.document.shrink();
    space.writer.shrink();
    if (!prepared) return std::move(prepared).error();
    return std::move(prepared->object);
}

model::PreparedObject make_namespace(std::string_view name, const Identity& identity) {
    model::PreparedObject object;
    object.name = name;
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

base::Result<Identity> read_identity(const model::StoredObject& stored) {
    Workspace& space = workspace();
    auto root = space.document.parse(stored.text);
    if (!root) return corrupt(root.error().message);
    simdjson::dom::object metadata;
    if ((*root)["metadata"].get_object().get(metadata)) return corrupt("it has no metadata");
    std::string_view uid;
    std::string_view time;
    if (metadata["uid"].get_string().get(uid) || uid.empty()) return corrupt("it has no uid");
    if (metadata["creationTimestamp"].get_string().get(time) || time.empty())
        return corrupt("it has no creationTimestamp");
    Identity identity{std::string(uid), std::string(time)};
    // A Namespace has none.
    auto generation = metadata["generation"];
    if (generation.error() != simdjson::NO_SUCH_FIELD &&
        generation.get_int64().get(identity.generation))
        return corrupt("its generation is no number");
    space.document.shrink();
    return identity;
}

base::Result<void> append_kubernetes_form(const model::StoredObject& stored, std::string& out) {
    SNAPGATE_ASSIGN(auto marks, model::decode_marks(stored));
    out.reserve(out.size() + stored.text.size() + marks.size() * 32);
    size_t copied = 0;
    for (const model::PatchMark& mark : marks) {
        out.append(stored.text, copied, mark.offset - copied);
        copied = mark.offset;
        if (mark.type == model::PatchMark::Type::kInsert) {
            out += mark.bytes;
            continue;
        }
        std::string_view wrapped = stored.text.substr(mark.offset, mark.length);
        copied += mark.length;
        if (wrapped.size() < kRawHead.size() + kRawTail.size() || !wrapped.starts_with(kRawHead) ||
            !wrapped.ends_with(kRawTail))
            return corrupt("a mark points at no Raw");
        wrapped.remove_prefix(kRawHead.size());
        wrapped.remove_suffix(kRawTail.size());
        auto content = base::decode_base64(wrapped);
        if (!content) return corrupt("a Raw is no base64");
        out += *content;
    }
    out.append(stored.text, copied);
    return {};
}

}  // namespace snapgate::json
