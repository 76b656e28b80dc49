#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "model/schema.h"

// The terms in which the tables of fields are written.
namespace snapgate::model::schema_terms {

inline constexpr bool kRequired = true;
inline constexpr bool kOptional = false;

template <size_t N>
constexpr Schema object(const Property (&properties)[N],
                        Schema::Merge merge = Schema::Merge::kGranular,
                        std::string_view go_type = {}) {
    return {.type = Schema::Type::kObject,
            .merge = merge,
            .properties = properties,
            .go_type = go_type};
}

constexpr Schema array(const Schema& items, Schema::Merge merge, std::string_view go_type = {}) {
    return {.type = Schema::Type::kArray,
            .merge = merge,
            .properties = {},
            .items = &items,
            .go_type = go_type};
}

constexpr Schema scalar(Schema::Type type, std::string_view go_type = {}, bool nullable = false) {
    return {.type = type, .nullable = nullable, .properties = {}, .go_type = go_type};
}

constexpr Schema map(const Schema& values, bool (*keeps)(std::string_view key) = nullptr,
                     std::string_view go_type = {}) {
    return {.type = Schema::Type::kObject,
            .properties = {},
            .values = &values,
            .keeps = keeps,
            .go_type = go_type};
}

template <size_t N>
constexpr bool sorted(const Property (&properties)[N]) {
    return std::ranges::is_sorted(properties, {}, &Property::name);
}

}  // namespace snapgate::model::schema_terms
