#include <utility>

#include "base/utf8.h"
#include "json/cluster_answers.h"
#include "json/object.h"
#include "json/value.h"

namespace snapgate::json {
namespace {

// Longer than any namespace and name, short enough for a line of an answer.
constexpr size_t kMaxBytes = 320;

std::string printable(std::string text) {
    for (char& c : text) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
    }
    return text;
}

// The member, if it is text.
std::string text_of(const Object& object, std::string_view name) {
    const Value* value = object.if_contains(name);
    return value == nullptr || !value->is_string() ? std::string()
                                                   : std::string(value->get_string());
}

struct Name {
    std::string ns;
    std::string name;
};

Name name_in(std::string_view json) {
    auto value = parse(json);
    if (!value) {  // broken, or the beginning of one that is too large
        ObjectHead head = read_cut_object(json);
        return {std::move(head.ns), std::move(head.name)};
    }
    const Object* root = value->if_object();
    const Value* metadata = root != nullptr ? root->if_contains("metadata") : nullptr;
    if (metadata == nullptr || !metadata->is_object()) return {};
    return {text_of(metadata->get_object(), "namespace"), text_of(metadata->get_object(), "name")};
}

}  // namespace

std::string best_effort_name(std::string_view json) {
    const Name found = name_in(json);
    if (found.ns.empty() && found.name.empty()) return {};
    std::string out = printable(found.ns) + "/" + printable(found.name);
    if (out.size() <= kMaxBytes) return out;
    out.resize(kMaxBytes);
    // Cut between characters, not within one.
    while (!base::is_utf8(out)) out.pop_back();
    return out;
}

}  // namespace snapgate::json
