#include "rules/go_json.h"

#include <algorithm>
#include <vector>

#include "rules/values.h"

namespace snapgate::rules {

void append_go_json(const json::Object& object, std::string& out) {
    std::vector<const boost::json::key_value_pair*> members;
    members.reserve(object.size());
    for (const auto& member : object) members.push_back(&member);
    std::ranges::sort(members, {}, [](const auto* member) { return key_of(*member); });
    out += '{';
    for (const auto* member : members) {
        if (member != members.front()) out += ',';
        append_go_json(json::Value(member->key()), out);
        out += ':';
        append_go_json(member->value(), out);
    }
    out += '}';
}

void append_go_json(const json::Value& value, std::string& out) {
    if (const json::Object* object = value.if_object()) {
        append_go_json(*object, out);
        return;
    }
    if (const json::Array* array = value.if_array()) {
        out += '[';
        for (size_t i = 0; i < array->size(); ++i) {
            if (i > 0) out += ',';
            append_go_json((*array)[i], out);
        }
        out += ']';
        return;
    }
    for (char c : json::serialize(value)) {
        switch (c) {
            case '<':
                out += "\\u003c";
                break;
            case '>':
                out += "\\u003e";
                break;
            case '&':
                out += "\\u0026";
                break;
            default:
                out += c;
        }
    }
}

}  // namespace snapgate::rules
