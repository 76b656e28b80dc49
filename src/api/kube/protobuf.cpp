#include "api/kube/protobuf.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "base/varint.h"
#include "model/api_names.h"
#include "model/schema.h"

namespace snapgate::api::kube {
namespace {

using base::Code;
using base::Error;
using base::Result;

constexpr std::string_view kMagic("k8s\0", 4);

using model::Property;
using model::Schema;
using Type = Schema::Type;

// The messages that are sent but not stored, with the numbers of their fields from the
// generated.proto files of k8s.io/api and k8s.io/apimachinery. Objects are in model/schema.h.

constexpr Schema scalar(Type type) {
    Schema schema;
    schema.type = type;
    return schema;
}

constexpr Schema list(const Schema& items) {
    Schema schema;
    schema.type = Type::kArray;
    schema.items = &items;
    return schema;
}

constexpr Schema kText = scalar(Type::kString);
constexpr Schema kTexts = list(kText);
constexpr Schema kInteger = scalar(Type::kInteger);
constexpr Schema kFlag = scalar(Type::kBoolean);

constexpr Property field(uint32_t number, std::string_view name, const Schema& schema) {
    return {.name = name, .schema = &schema, .number = number};
}

template <size_t N>
constexpr Schema message(const Property (&fields)[N]) {
    Schema schema;
    schema.type = Type::kObject;
    schema.properties = fields;
    return schema;
}

constexpr Property kResourceFields[] = {
    field(1, "namespace", kText), field(2, "verb", kText),     field(3, "group", kText),
    field(4, "version", kText),   field(5, "resource", kText), field(6, "subresource", kText),
    field(7, "name", kText),
};
constexpr Schema kResource = message(kResourceFields);
constexpr Property kNonResourceFields[] = {field(1, "path", kText), field(2, "verb", kText)};
constexpr Schema kNonResource = message(kNonResourceFields);
constexpr Property kReviewSpecFields[] = {
    field(1, "resourceAttributes", kResource),
    field(2, "nonResourceAttributes", kNonResource),
};
constexpr Schema kReviewSpec = message(kReviewSpecFields);
constexpr Property kReviewFields[] = {
    field(1, "metadata", model::kMetadataSchema),
    field(2, "spec", kReviewSpec),
};
constexpr Schema kReview = message(kReviewFields);

constexpr Property kRulesSpecFields[] = {field(1, "namespace", kText)};
constexpr Schema kRulesSpec = message(kRulesSpecFields);
constexpr Property kRulesReviewFields[] = {
    field(1, "metadata", model::kMetadataSchema),
    field(2, "spec", kRulesSpec),
};
constexpr Schema kRulesReview = message(kRulesReviewFields);
constexpr Property kSelfReviewFields[] = {field(1, "metadata", model::kMetadataSchema)};
constexpr Schema kSelfReview = message(kSelfReviewFields);

constexpr Property kPreconditionFields[] = {field(1, "uid", kText),
                                            field(2, "resourceVersion", kText)};
constexpr Schema kPreconditions = message(kPreconditionFields);
constexpr Property kDeleteFields[] = {
    field(1, "gracePeriodSeconds", kInteger),
    field(2, "preconditions", kPreconditions),
    field(3, "orphanDependents", kFlag),
    field(4, "propagationPolicy", kText),
    field(5, "dryRun", kTexts),
};
constexpr Schema kDelete = message(kDeleteFields);

constexpr Property kEntryFields[] = {field(1, "key", kText), field(2, "value", kText)};
constexpr Schema kEntry = message(kEntryFields);
constexpr Property kTypeFields[] = {field(1, "apiVersion", kText), field(2, "kind", kText)};
constexpr Schema kTypeMeta = message(kTypeFields);

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
        bad_ = !base::take_varint(rest_, value);
        return !bad_;
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

// Null for a field that is passed over.
const Property* find(const Schema& message, uint64_t number) {
    if (number == 0) return nullptr;
    auto found = std::ranges::find(message.properties, number, &Property::number);
    return found == message.properties.end() ? nullptr : &*found;
}

bool fits(Type type, const WireField& wire) {
    return type == Type::kInteger || type == Type::kBoolean ? wire.is_number : wire.is_bytes;
}

Result<json::Object> read(const Schema& message, std::string_view bytes);

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

Result<void> read_field(const Property& field, const WireField& wire, json::Object& object) {
    switch (field.schema->type) {
        case Type::kString:
            if (!wire.bytes.empty()) object[field.name] = wire.bytes;
            break;
        case Type::kArray: {  // of texts
            json::Value& list = object[field.name];
            if (!list.is_array()) list.emplace_array();
            list.get_array().emplace_back(wire.bytes);
            break;
        }
        case Type::kInteger:
            object[field.name] = static_cast<int64_t>(wire.value);
            break;
        case Type::kBoolean:
            object[field.name] = wire.value != 0;
            break;
        case Type::kObject: {
            if (field.schema->values != nullptr) return read_entry(wire.bytes, object[field.name]);
            SNAPGATE_ASSIGN(json::Object inner, read(*field.schema, wire.bytes));
            // Of one that comes twice the last counts; protobuf would merge them, which no client
            // relies on.
            object[field.name] = std::move(inner);
            break;
        }
        case Type::kAny:
        case Type::kTime:
        case Type::kFieldsV1:
            break;  // no field of these types has a number
    }
    return {};
}

// As deep as the schemas, at most.
Result<json::Object> read(const Schema& message, std::string_view bytes) {
    json::Object object;
    WireReader reader(bytes);
    while (const auto wire = reader.next()) {
        const Property* field = find(message, wire->number);
        if (field == nullptr) continue;
        if (!fits(field->schema->type, *wire)) return broken();
        SNAPGATE_TRY(read_field(*field, *wire, object));
    }
    if (reader.bad()) return broken();
    return object;
}

const Schema* message_of(std::string_view kind) {
    if (kind == model::kNamespaceKind) return &model::kNamespaceSchema;
    if (kind == "SelfSubjectAccessReview") return &kReview;
    if (kind == "SelfSubjectRulesReview") return &kRulesReview;
    if (kind == "SelfSubjectReview") return &kSelfReview;
    if (kind == "DeleteOptions") return &kDelete;
    return nullptr;
}

// runtime.Unknown.
struct Envelope {
    json::Object type;  // apiVersion and kind, where it has them
    std::string_view raw;

    std::string_view text(std::string_view name) const {
        const json::Value* value = type.if_contains(name);
        return value == nullptr ? std::string_view() : std::string_view(value->get_string());
    }
};

Result<Envelope> read_envelope(std::string_view body) {
    if (!body.starts_with(kMagic)) return broken();
    WireReader reader(body.substr(kMagic.size()));
    Envelope envelope;
    while (const auto wire = reader.next()) {
        if (wire->number == 1 && wire->is_bytes) {
            SNAPGATE_ASSIGN(envelope.type, read(kTypeMeta, wire->bytes));
        } else if (wire->number == 2 && wire->is_bytes) {
            envelope.raw = wire->bytes;
        }
    }
    if (reader.bad()) return broken();
    return envelope;
}

}  // namespace

Result<json::TypeMeta> read_protobuf_type(std::string_view body) {
    SNAPGATE_ASSIGN(const Envelope envelope, read_envelope(body));
    return json::TypeMeta{std::string(envelope.text("apiVersion")),
                          std::string(envelope.text("kind"))};
}

Result<json::Object> read_protobuf(std::string_view body) {
    SNAPGATE_ASSIGN(const Envelope envelope, read_envelope(body));
    const std::string_view named = envelope.text("kind");
    const Schema* message = message_of(named);
    if (message == nullptr) {
        return Error(Code::kInvalidBody,
                     fmt::format("a body of the kind \"{}\" is not taken as protobuf: send JSON",
                                 named.substr(0, 64)));
    }
    SNAPGATE_ASSIGN(json::Object object, read(*message, envelope.raw));
    for (auto& member : envelope.type) object.insert(member);
    // Texts may be anything on the wire; the parser knows what is UTF-8.
    SNAPGATE_ASSIGN(json::Value checked, json::parse(json::serialize(object)));
    return std::move(checked.get_object());
}

}  // namespace snapgate::api::kube
