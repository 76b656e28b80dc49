#include "json/path.h"

namespace snapgate::json {

const Value* value_at(const Object& object, std::initializer_list<std::string_view> path) {
    const Object* at = &object;
    const Value* found = nullptr;
    for (std::string_view name : path) {
        if (at == nullptr) return nullptr;
        found = at->if_contains(name);
        if (found == nullptr) return nullptr;
        at = found->if_object();
    }
    return found;
}

std::string_view text_at(const Object& object, std::initializer_list<std::string_view> path) {
    const Value* found = value_at(object, path);
    if (found == nullptr || !found->is_string()) return {};
    const auto& text = found->get_string();
    return {text.data(), text.size()};
}

const Array* array_at(const Object& object, std::initializer_list<std::string_view> path) {
    const Value* found = value_at(object, path);
    return found == nullptr ? nullptr : found->if_array();
}

std::vector<std::string> texts_in(const Array* array) {
    std::vector<std::string> texts;
    if (array == nullptr) return texts;
    for (const Value& value : *array)
        if (value.is_string()) texts.emplace_back(std::string_view(value.get_string()));
    return texts;
}

}  // namespace snapgate::json
