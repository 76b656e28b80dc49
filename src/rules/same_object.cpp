#include "rules/same_object.h"

#include <algorithm>

#include "rules/values.h"

namespace snapgate::rules {
namespace {

// Whether `compare(name, a, b)` is true for all members of both; a or b is null where it is absent.
template <class Compare>
bool same_members(const json::Object& a, const json::Object& b, Compare&& compare) {
    return std::ranges::all_of(a,
                               [&](const auto& member) {
                                   return compare(key_of(member), &member.value(),
                                                  find(b, key_of(member)));
                               }) &&
           std::ranges::all_of(b, [&](const auto& member) {
               return find(a, key_of(member)) != nullptr ||
                      compare(key_of(member), nullptr, &member.value());
           });
}

bool same_value(const json::Value* a, const json::Value* b) {
    return a == nullptr || b == nullptr ? a == b : *a == *b;
}

// An empty text or collection in the metadata counts as absent.
const json::Value* unless_empty(const json::Value* value) {
    if (value == nullptr) return nullptr;
    bool empty = (value->is_object() && value->get_object().empty()) ||
                 (value->is_array() && value->get_array().empty()) ||
                 (value->is_string() && value->get_string().empty());
    return empty ? nullptr : value;
}

bool same_entries(const json::Value* a, const json::Value* b) {
    const json::Array* left = a == nullptr ? nullptr : a->if_array();
    const json::Array* right = b == nullptr ? nullptr : b->if_array();
    if (left == nullptr || right == nullptr) return same_but_nulls(a, b);
    return std::ranges::equal(*left, *right, [](const json::Value& one, const json::Value& other) {
        if (!one.is_object() || !other.is_object()) return one == other;
        return same_members(one.get_object(), other.get_object(),
                            [](std::string_view name, const json::Value* x, const json::Value* y) {
                                return name == "time" || same_but_nulls(x, y);
                            });
    });
}

bool same_metadata(const json::Value* a, const json::Value* b) {
    if (a == nullptr || b == nullptr || !a->is_object() || !b->is_object())
        return same_but_nulls(a, b);
    return same_members(a->get_object(), b->get_object(),
                        [](std::string_view name, const json::Value* x, const json::Value* y) {
                            if (name == "resourceVersion") return true;
                            x = unless_empty(x);
                            y = unless_empty(y);
                            return name == "managedFields" ? same_entries(x, y)
                                                           : same_but_nulls(x, y);
                        });
}

}  // namespace

bool same_but_nulls(const json::Value* a, const json::Value* b) {
    if (a != nullptr && a->is_null()) a = nullptr;
    if (b != nullptr && b->is_null()) b = nullptr;
    if (a == nullptr || b == nullptr) return a == b;
    if (a->is_object() && b->is_object())
        return same_members(a->get_object(), b->get_object(),
                            [](std::string_view, const json::Value* x, const json::Value* y) {
                                return same_but_nulls(x, y);
                            });
    return *a == *b;
}

bool same_but_times(const json::Object& a, const json::Object& b) {
    return same_members(a, b,
                        [](std::string_view name, const json::Value* x, const json::Value* y) {
                            if (name == "apiVersion") return true;
                            if (name == "metadata") return same_metadata(x, y);
                            return name == "status" ? same_value(x, y) : same_but_nulls(x, y);
                        });
}

}  // namespace snapgate::rules
