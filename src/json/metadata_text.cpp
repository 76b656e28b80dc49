#include "json/metadata_text.h"

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "json/compact.h"
#include "json/document.h"
#include "json/text_writer.h"

namespace snapgate::json {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

constexpr std::array<std::string_view, 10> kCompared{"annotations",
                                                     "creationTimestamp",
                                                     "deletionGracePeriodSeconds",
                                                     "deletionTimestamp",
                                                     "finalizers",
                                                     "generateName",
                                                     "generation",
                                                     "labels",
                                                     "managedFields",
                                                     "ownerReferences"};

constexpr size_t kKeptBytes = 256 << 10;

bool is_empty(const element& value) {
    switch (value.type()) {
        case element_type::OBJECT:
            return value.get_object().value_unsafe().size() == 0;
        case element_type::ARRAY:
            return value.get_array().value_unsafe().size() == 0;
        case element_type::STRING:
            return value.get_string().value_unsafe().empty();
        default:
            return value.is_null();
    }
}

// What a thread keeps to read metadata with.
struct Workspace {
    // False if it is nested too deep.
    bool append(const element& value, size_t levels) {
        if (levels == 0) return false;
        if (value.is_object()) return append_object(value.get_object().value_unsafe(), levels);
        if (!value.is_array()) return append_sorted(value, 1, members, out);
        out.put('[');
        for (const element one : value.get_array().value_unsafe()) {
            if (!append(one, levels - 1)) return false;
            out.put(',');
        }
        out.put(']');
        return true;
    }

    bool append_object(const simdjson::dom::object& object, size_t levels) {
        const size_t begin = members.size();
        for (const auto field : object) {
            const bool is_compared =
                levels < kMaxLevels ? field.key != "fieldsV1"
                                    : std::ranges::find(kCompared, field.key) != kCompared.end();
            if (is_compared) members.push_back({field.key, field.value, {}});
        }
        // Of a key given twice the last counts, also where that one is empty.
        sort_members(members, begin);
        const size_t end = members.size();
        out.put('{');
        for (size_t i = begin; i < end; ++i) {
            const Member member = members[i];  // a copy: the vector grows below
            if (is_empty(member.value)) continue;
            out.put_string(member.key);
            out.put(':');
            if (!append(member.value, levels - 1)) return false;
            out.put(',');
        }
        out.put('}');
        members.resize(begin);
        return true;
    }

    Document document;
    std::vector<Member> members;
    TextWriter out;
};

}  // namespace

base::Result<std::string> metadata_text(std::string_view object) {
    static thread_local auto space = std::make_unique<Workspace>();
    SNAPGATE_ASSIGN(const element root, space->document.parse(object));
    const auto found = last_member(root, "metadata");
    simdjson::dom::object metadata;
    if (!found || found->get(metadata) != simdjson::SUCCESS)
        return base::Error(base::Code::kInvalidBody, "the object has no metadata");
    space->members.clear();
    space->out.clear();
    const bool whole = space->append_object(metadata, kMaxLevels);
    std::string text(space->out.view());
    space->document.shrink();
    space->out.shrink(kKeptBytes);
    if (!whole)
        return base::Error(base::Code::kInvalidBody, "the object's metadata is nested too deep");
    return text;
}

}  // namespace snapgate::json
