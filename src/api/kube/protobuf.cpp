#include "api/kube/protobuf.h"

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace snapgate::api::kube {
namespace {

using base::Code;
using base::Error;
using base::Result;

constexpr std::string_view kMagic("k8s\0", 4);

enum class Type { kText, kTexts, kInteger, kFlag, kMessage, kTextMap };

struct Message;

struct Field {
    uint64_t number;
    std::string_view name;
    Type type;
    const Message* message = nullptr;
};

struct Message {
    std::span<const Field> fields;
};

// Numbers of fields from the generated.proto files of k8s.io/api and k8s.io/apimachinery.
constexpr Field kMetadataFields[] = {
    {1, "name", Type::kText},
    {2, "generateName", Type::kText},
    {3, "namespace", Type::kText},
    {5, "uid", Type::kText},
    {6, "resourceVersion", Type::kText},
    {11, "labels", Type::kTextMap},
    {12, "annotations", Type::kTextMap},
    {14, "finalizers", Type::kTexts},
};
constexpr Message kMetadata{kMetadataFields};

constexpr Field kNamespaceSpecFields[] = {{1, "finalizers", Type::kTexts}};
constexpr Message kNamespaceSpec{kNamespaceSpecFields};
constexpr Field kNamespaceFields[] = {
    {1, "metadata", Type::kMessage, &kMetadata},
    {2, "spec", Type::kMessage, &kNamespaceSpec},
};
constexpr Message kNamespace{kNamespaceFields};

constexpr Field kResourceFields[] = {
    {1, "namespace", Type::kText}, {2, "verb", Type::kText},     {3, "group", Type::kText},
    {4, "version", Type::kText},   {5, "resource", Type::kText}, {6, "subresource", Type::kText},
    {7, "name", Type::kText},
};
constexpr Message kResource{kResourceFields};
constexpr Field kNonResourceFields[] = {{1, "path", Type::kText}, {2, "verb", Type::kText}};
constexpr Message kNonResource{kNonResourceFields};
constexpr Field kReviewSpecFields[] = {
    {1, "resourceAttributes", Type::kMessage, &kResource},
    {2, "nonResourceAttributes", Type::kMessage, &kNonResource},
};
constexpr Message kReviewSpec{kReviewSpecFields};
constexpr Field kReviewFields[] = {
    {1, "metadata", Type::kMessage, &kMetadata},
    {2, "spec", Type::kMessage, &kReviewSpec},
};
constexpr Message kReview{kReviewFields};

constexpr Field kPreconditionFields[] = {{1, "uid", Type::kText},
                                         {2, "resourceVersion", Type::kText}};
constexpr Message kPreconditions{kPreconditionFields};
constexpr Field kDeleteFields[] = {
    {1, "gracePeriodSeconds", Type::kInteger},
    {2, "preconditions", Type::kMessage, &kPreconditions},
    {3, "orphanDependents", Type::kFlag},
    {4, "propagationPolicy", Type::kText},
    {5, "dryRun", Type::kTexts},
};
constexpr Message kDelete{kDeleteFields};

constexpr Field kEntryFields[] = {{1, "key", Type::kText}, {2, "value", Type::kText}};
constexpr Message kEntry{kEntryFields};
constexpr Field kTypeFields[] = {{1, "apiVersion", Type::kText}, {2, "kind", Type::kText}};
constexpr Message kTypeMeta{kTypeFields};

// One field as it stands on the wire.
struct WireField {
    uint64_t number = 0;
    bool is_bytes = false;  // else a number, or what is passed over
    bool is_number = false;
    uint64_t value = 0;
    std::string_view bytes;
};

// Reads fields one after another; nullopt at the end, or where the bytes are broken (then bad()).
class WireReader {
  public:
    explicit WireReader(std::string_view bytes) : rest_(bytes) {}

    std::optional<WireField> next() {
        if (rest_.empty()) return std::nullopt;
        uint64_t tag = 0;
        WireField field;
        if (!varint(tag)) return std::nullopt;
        field.number = tag >> 3U;
        switch (tag & 7U) {
            case 0:
                field.is_number = true;
                if (!varint(field.value)) return std::nullopt;
                return field;
            case 1:
                if (!take(8, field.bytes)) return std::nullopt;
                return field;
            case 2: {
                uint64_t size = 0;
                field.is_bytes = true;
                if (!varint(size) || !take(size, field.bytes)) return std::nullopt;
                return field;
            }
            case 5:
                if (!take(4, field.bytes)) return std::nullopt;
                return field;
            default:
                bad_ = true;  // groups: nobody sends them any more
                return std::nullopt;
        }
    }

    bool bad() const { return bad_; }

  private:
    bool varint(uint64_t& value) {
        value = 0;
        for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
            const auto byte = static_cast<uint8_t>(rest_.front());
            rest_.remove_prefix(1);
            value |= static_cast<uint64_t>(byte & 0x7fU) << shift;
            if (byte < 0x80) return true;
        }
        bad_ = true;
        return false;
    }

    bool take(uint64_t size, std::string_view& bytes) {
        bad_ = size > rest_.size();
        if (bad_) return false;
        bytes = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return true;
    }

    std::string_view rest_;
    bool bad_ = false;
};

Error broken() {
    return {Code::kInvalidBody, "the body is no message in Kubernetes' protobuf form"};
}

const Field* find(const Message& message, uint64_t number) {
    for (const Field& field : message.fields) {
        if (field.number == number) return &field;
    }
    return nullptr;
}

bool fits(Type type, const WireField& wire) {
    return type == Type::kInteger || type == Type::kFlag ? wire.is_number : wire.is_bytes;
}

Result<json::Object> read(const Message& message, std::string_view bytes);

Result<void> read_entry(std::string_view bytes, json::Value& map) {
    SNAPGATE_ASSIGN(json::Object entry, read(kEntry, bytes));
    auto text = [&entry](std::string_view name) {
        const json::Value* value = entry.if_contains(name);
        return value == nullptr ? json::Value("") : *value;
    };
    if (!map.is_object()) map.emplace_object();
    map.get_object()[text("key").get_string()] = text("value");
    return {};
}

Result<void> read_field(const Field& field, const WireField& wire, json::Object& object) {
    switch (field.type) {
        case Type::kText:
            if (!wire.bytes.empty()) object[field.name] = wire.bytes;
            break;
        case Type::kTexts: {
            json::Value& list = object[field.name];
            if (!list.is_array()) list.emplace_array();
            list.get_array().emplace_back(wire.bytes);
            break;
        }
        case Type::kInteger:
            object[field.name] = static_cast<int64_t>(wire.value);
            break;
        case Type::kFlag:
            object[field.name] = wire.value != 0;
            break;
        case Type::kMessage: {
            SNAPGATE_ASSIGN(json::Object inner, read(*field.message, wire.bytes));
            // Of one that comes twice the last counts; protobuf would merge them, which no client
            // relies on.
            object[field.name] = std::move(inner);
            break;
        }
        case Type::kTextMap:
            return read_entry(wire.bytes, object[field.name]);
    }
    return {};
}

// As deep as the tables above, at most.
Result<json::Object> read(const Message& message, std::string_view bytes) {
    json::Object object;
    WireReader reader(bytes);
    while (const auto wire = reader.next()) {
        const Field* field = find(message, wire->number);
        if (field == nullptr) continue;
        if (!fits(field->type, *wire)) return broken();
        SNAPGATE_TRY(read_field(*field, *wire, object));
    }
    if (reader.bad()) return broken();
    return object;
}

const Message* message_of(std::string_view kind) {
    if (kind == "Namespace") return &kNamespace;
    if (kind == "SelfSubjectAccessReview") return &kReview;
    if (kind == "DeleteOptions") return &kDelete;
    return nullptr;
}

}  // namespace

Result<json::Object> read_protobuf(std::string_view body) {
    if (!body.starts_with(kMagic)) return broken();
    WireReader envelope(body.substr(kMagic.size()));
    json::Object type;
    std::string_view raw;
    while (const auto wire = envelope.next()) {
        if (wire->number == 1 && wire->is_bytes) {
            SNAPGATE_ASSIGN(type, read(kTypeMeta, wire->bytes));
        } else if (wire->number == 2 && wire->is_bytes) {
            raw = wire->bytes;
        }
    }
    if (envelope.bad()) return broken();
    const json::Value* kind = type.if_contains("kind");
    const std::string_view named = kind == nullptr ? std::string_view() : kind->get_string();
    const Message* message = message_of(named);
    if (message == nullptr) {
        return Error(Code::kInvalidBody,
                     fmt::format("a body of the kind \"{}\" is not taken as protobuf: send JSON",
                                 named.substr(0, 64)));
    }
    SNAPGATE_ASSIGN(json::Object object, read(*message, raw));
    for (auto& member : type) object.insert(member);
    // Texts may be anything on the wire; the parser knows what is UTF-8.
    SNAPGATE_ASSIGN(json::Value checked, json::parse(json::serialize(object)));
    return std::move(checked.get_object());
}

}  // namespace snapgate::api::kube
