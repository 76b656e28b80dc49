#include "terminal/json_path.h"

namespace snapgate::cli {

const json::Value* value_at(const json::Object& object,
                            std::initializer_list<std::string_view> path) {
    const json::Object* at = &object;
    const json::Value* found = nullptr;
    for (std::string_view name : path) {
        if (at == nullptr) return nullptr;
        found = at->if_contains(name);
        if (found == nullptr) return nullptr;
        at = found->if_object();
    }
    return found;
}

std::string_view text_at(const json::Object& object, std::initializer_list<std::string_view> path) {
    const json::Value* found = value_at(object, path);
    if (found == nullptr || !found->is_string()) return {};
    const auto& text = found->get_string();
    return {text.data(), text.size()};
}

const json::Array* array_at(const json::Object& object,
                            std::initializer_list<std::string_view> path) {
    const json::Value* found = value_at(object, path);
    return found == nullptr ? nullptr : found->if_array();
}

std::vector<std::string> texts_in(const json::Array* array) {
    std::vector<std::string> texts;
    if (array == nullptr) return texts;
    for (const json::Value& value : *array)
        if (value.is_string()) texts.emplace_back(std::string_view(value.get_string()));
    return texts;
}

}  // namespace snapgate::cli
