#include "base/json_text.h"
#include "json/object.h"
#include "json/value.h"

namespace snapgate::json {
namespace {

// Longer than any namespace and name, short enough for a line of an answer.
constexpr size_t kMaxBytes = 320;

// The member as text that can be shown; "" if it is anything else.
std::string shown(const Object& object, std::string_view name) {
    const Value* value = object.if_contains(name);
    if (value == nullptr || !value->is_string()) return {};
    std::string text(value->get_string());
    for (char& c : text) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
    }
    return text;
}

}  // namespace

std::string best_effort_name(std::string_view json) {
    auto value = parse(json);
    if (!value || !value->is_object()) return {};
    const Value* metadata = value->get_object().if_contains("metadata");
    if (metadata == nullptr || !metadata->is_object()) return {};
    std::string ns = shown(metadata->get_object(), "namespace");
    std::string name = shown(metadata->get_object(), "name");
    if (ns.empty() && name.empty()) return {};
    std::string out = ns + "/" + name;
    if (out.size() <= kMaxBytes) return out;
    out.resize(kMaxBytes);
    // Cut between characters, not within one.
    while (!base::is_utf8(out)) out.pop_back();
    return out;
}

}  // namespace snapgate::json
