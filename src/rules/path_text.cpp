#include "rules/path_text.h"

#include <fmt/format.h>

#include "base/quote.h"
#include "rules/values.h"

namespace snapgate::rules {
namespace {

constexpr size_t kMostValueBytes = 1024;

std::string value_text(const json::Value& value) {
    return value.is_string() ? base::quote(text_of(&value), kMostValueBytes)
                             : json::serialize(value);
}

void visit(const FieldSet& fields, const std::string& prefix,
           const std::function<void(std::string path)>& found) {
    for (const FieldSet::Node& node : fields.nodes())
        if (node.member) found(prefix + element_text(node.element));
    for (const FieldSet::Node& node : fields.nodes())
        if (!node.below.empty()) visit(node.below, prefix + element_text(node.element), found);
}

}  // namespace

std::string element_text(std::string_view element) {
    const std::string_view rest = element.substr(2);
    switch (element.front()) {
        case 'f':
            return fmt::format(".{}", rest);
        case 'v': {
            auto value = json::parse(rest);
            return fmt::format("[={}]", value ? value_text(*value) : std::string(rest));
        }
        case 'k': {
            auto value = json::parse(rest);
            const json::Object* key = value ? value->if_object() : nullptr;
            if (key == nullptr) return fmt::format("[{}]", rest);
            std::string fields;
            for (const auto& member : *key) {
                if (!fields.empty()) fields += ',';
                fields += fmt::format("{}={}", key_of(member), value_text(member.value()));
            }
            return fmt::format("[{}]", fields);
        }
        default:
            return fmt::format("[{}]", rest);
    }
}

void for_path_texts(const FieldSet& fields, const std::function<void(std::string path)>& found) {
    visit(fields, {}, found);
}

}  // namespace snapgate::rules
