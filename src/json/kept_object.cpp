#include "json/kept_object.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "json/compact.h"
#include "json/document.h"
#include "json/kind_check.h"
#include "json/object.h"
#include "json/text_writer.h"

namespace snapgate::json {
namespace {

using model::Schema;
using simdjson::dom::element;
using simdjson::dom::element_type;
using Type = Schema::Type;

constexpr size_t kKeptBytes = 256 << 10;

// Writes what is kept of one object. Keeps its memory for the next one; not thread-safe.
class KeptWriter {
  public:
    base::Result<model::PreparedObject> write(const model::KeptKind& kind, std::string_view json) {
        SNAPGATE_ASSIGN(const element root, document_.parse(json));
        SNAPGATE_ASSIGN(const auto object, check_kind(root, {kind.kind, kind.api_versions, true}));
        result_ = {};
        out_.clear();
        members_.clear();
        patches_ = kind.counts_patches ? count_patches(root) : std::string();
        metadata_ = model::member_schema(kind.schema, "metadata");
        annotations_ =
            metadata_ == nullptr ? nullptr : model::member_schema(*metadata_, "annotations");

        const size_t begin = members_.size();
        take_members(object, kind.schema);
        kind_text_ = to_json_string(kind.kind);
        version_text_ = to_json_string(kind.api_versions.front());
        members_.push_back({"apiVersion", {}, version_text_});
        members_.push_back({"kind", {}, kind_text_});
        write_members(begin, kind.schema);
        SNAPGATE_TRY(check_kept_identity({result_.ns, result_.name, result_.uid, result_.version}));
        result_.text = out_.view();
        return std::move(result_);
    }

    void shrink() {
        document_.shrink();
        out_.shrink(kKeptBytes);
        if (members_.capacity() * sizeof(Member) > kKeptBytes) members_ = std::vector<Member>();
    }

  private:
    // The number as a JSON text; "" if there are none.
    static std::string count_patches(const element& root) {
        const auto spec = last_member(root, "spec");
        const auto found = spec ? last_member(*spec, "patches") : std::nullopt;
        simdjson::dom::array patches;
        if (!found || found->get(patches) || patches.size() == 0) return {};
        return fmt::format("\"{}\"", patches.size());
    }

    // Puts what is kept of an object at the end of members_.
    void take_members(const simdjson::dom::object& object, const Schema& schema) {
        for (const auto field : object) {
            const Schema* kept = model::member_schema(schema, field.key);
            if (kept == nullptr || (schema.keeps != nullptr && !schema.keeps(field.key))) continue;
            members_.push_back({field.key, field.value, {}});
        }
    }

    // Sorts the members from `begin` on, writes them as an object, and takes them away.
    void write_members(size_t begin, const Schema& schema) {
        sort_members(members_, begin);
        const size_t end = members_.size();
        bool any = false;
        out_.put('{');
        for (size_t i = begin; i < end; ++i) {
            const Member member = members_[i];  // a copy: the vector grows below
            const Schema& kept = *model::member_schema(schema, member.key);
            if (member.literal.empty() && !has_type(member.value, kept)) continue;
            if (any) out_.put(',');
            any = true;
            out_.put_string(member.key);
            out_.put(':');
            if (!member.literal.empty()) {
                if (&schema == metadata_ && member.key == "resourceVersion")
                    result_.version_offset = static_cast<uint32_t>(out_.size() + 1);
                out_.put(member.literal);
            } else {
                write_value(member.value, kept);
            }
        }
        out_.put('}');
        members_.resize(begin);
    }

    static bool has_type(const element& value, const Schema& schema) {
        switch (schema.type) {
            case Type::kString:
            case Type::kTime:
                return value.is_string();
            case Type::kBoolean:
                return value.is_bool();
            case Type::kInteger:
                return value.type() == element_type::INT64;
            case Type::kArray:
                return value.is_array();
            case Type::kObject:
                return value.is_object();
            case Type::kAny:
            case Type::kFieldsV1:
                break;
        }
        return false;
    }

    void write_value(const element& value, const Schema& schema) {
        switch (schema.type) {
            case Type::kArray:
                return write_list(value.get_array().value_unsafe(), *schema.items);
            case Type::kObject:
                return write_object(value.get_object().value_unsafe(), schema);
            case Type::kString:
            case Type::kTime:
                return out_.put_string(value.get_string().value_unsafe());
            default:
                return append_scalar(value, out_);
        }
    }

    void write_list(const simdjson::dom::array& list, const Schema& items) {
        bool any = false;
        out_.put('[');
        for (const element item : list) {
            if (!has_type(item, items)) continue;
            if (any) out_.put(',');
            any = true;
            write_value(item, items);
        }
        out_.put(']');
    }

    void write_object(const simdjson::dom::object& object, const Schema& schema) {
        const size_t begin = members_.size();
        take_members(object, schema);
        if (&schema == metadata_) note_identity(begin);
        if (&schema == annotations_ && !patches_.empty())
            members_.push_back({model::kPatchCount, {}, patches_});
        write_members(begin, schema);
    }

    // Takes the identity out of the members of the metadata, which begin there.
    void note_identity(size_t begin) {
        bool annotated = false;
        for (size_t i = begin; i < members_.size(); ++i) {
            const Member& member = members_[i];
            if (member.key == "annotations") annotated = member.value.is_object();
            std::string_view text;
            if (member.value.get_string().get(text)) text = {};
            if (member.key == "name") result_.name = text;
            if (member.key == "namespace") result_.ns = text;
            if (member.key == "uid") result_.uid = text;
            if (member.key == "resourceVersion") result_.version = text;
        }
        members_.push_back({"resourceVersion", {}, R"("")"});
        if (patches_.empty() || annotated) return;
        only_patches_ = fmt::format("{{\"{}\":{}}}", model::kPatchCount, patches_);
        members_.push_back({"annotations", {}, only_patches_});
    }

    Document document_;
    std::vector<Member> members_;  // of the objects that are being written
    TextWriter out_;
    model::PreparedObject result_;
    const Schema* metadata_ = nullptr;
    const Schema* annotations_ = nullptr;
    // JSON texts of what does not come from the object.
    std::string kind_text_;
    std::string version_text_;
    std::string patches_;
    std::string only_patches_;
};

}  // namespace

base::Result<model::PreparedObject> prepare_kept(const model::KeptKind& kind,
                                                 std::string_view json) {
    if (json.size() > kMaxObjectBytes)
        return base::Error(base::Code::kTooLarge, too_large_message());
    thread_local auto writer = std::make_unique<KeptWriter>();
    auto prepared = writer->write(kind, json);
    writer->shrink();
    return prepared;
}

base::Result<model::PreparedObject> prepare_virtual_machine(std::string_view json) {
    return prepare_kept(model::kKeptVirtualMachine, json);
}

base::Result<model::PreparedObject> prepare_restore(std::string_view json) {
    return prepare_kept(model::kKeptRestore, json);
}

base::Result<model::PreparedObject> prepare_content(std::string_view json) {
    return prepare_kept(model::kKeptContent, json);
}

}  // namespace snapgate::json
