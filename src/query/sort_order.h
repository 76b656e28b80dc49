#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "facts/facts.h"

namespace snapgate::query {

// What a list is sorted by. Entries of equal keys stay in the order of the list; those without the
// value come last, whichever way the list is sorted.
enum class SortField : uint8_t {
    kCreated,
    kFinished,
    kName,
    kVm,
    kDuration,
};

struct SortOrder {
    SortField field = SortField::kCreated;
    bool descending = false;

    // "created", or "-created" for descending. nullopt for anything else.
    static std::optional<SortOrder> parse(std::string_view text);
};

// The value that an entry is sorted by: a number or a text, as the field has it.
struct SortKey {
    bool missing = false;
    uint64_t number = 0;
    std::string text;

    bool operator==(const SortKey&) const = default;
};

// The same as a view, without a copy of the text.
struct SortKeyView {
    bool missing = false;
    uint64_t number = 0;
    std::string_view text;

    SortKeyView() = default;
    SortKeyView(bool is_missing, uint64_t a_number, std::string_view a_text)
        : missing(is_missing), number(a_number), text(a_text) {}
    SortKeyView(const SortKey& key)  // NOLINT(google-explicit-constructor)
        : missing(key.missing), number(key.number), text(key.text) {}
};

SortKeyView sort_key(SortField field, std::string_view name, std::string_view vm,
                     const facts::Facts& facts);

// The order of two keys; equal keys leave it to the order of the list.
std::strong_ordering compare(const SortKeyView& a, const SortKeyView& b, bool descending);

// The texts of `sort`, for messages.
inline constexpr std::string_view kSortFields = "created, finished, name, vm or duration";

}  // namespace snapgate::query
