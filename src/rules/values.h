#pragma once

#include <string>
#include <string_view>

#include "json/value.h"

namespace snapgate::rules {

// Reading JSON values by the names that std::string_view has. Absent members are null pointers;
// what is no text is "".

inline std::string_view text_of(const boost::json::string& text) {
    return {text.data(), text.size()};
}
inline std::string_view text_of(const json::Value* value) {
    const auto* text = value == nullptr ? nullptr : value->if_string();
    return text == nullptr ? std::string_view() : text_of(*text);
}
inline std::string_view key_of(const boost::json::key_value_pair& member) {
    return {member.key().data(), member.key().size()};
}

inline const json::Value* find(const json::Object& object, std::string_view name) {
    return object.if_contains({name.data(), name.size()});
}
inline json::Value* find(json::Object& object, std::string_view name) {
    return object.if_contains({name.data(), name.size()});
}
inline std::string_view find_text(const json::Object& object, std::string_view name) {
    return text_of(find(object, name));
}
inline const json::Object* find_object(const json::Object& object, std::string_view name) {
    const json::Value* value = find(object, name);
    return value == nullptr ? nullptr : value->if_object();
}
inline const json::Array* find_array(const json::Object& object, std::string_view name) {
    const json::Value* value = find(object, name);
    return value == nullptr ? nullptr : value->if_array();
}

inline void set(json::Object& object, std::string_view name, json::Value value) {
    object[{name.data(), name.size()}] = std::move(value);
}
inline void set_text(json::Object& object, std::string_view name, std::string_view text) {
    object[{name.data(), name.size()}] = boost::json::string_view(text.data(), text.size());
}
inline void erase(json::Object& object, std::string_view name) {
    object.erase({name.data(), name.size()});
}
// The members of `from` replace those of the same name in `to`, or are taken from it.
inline void copy_member(const json::Object& from, std::string_view name, json::Object& to) {
    if (const json::Value* value = find(from, name))
        set(to, name, *value);
    else
        erase(to, name);
}

}  // namespace snapgate::rules
