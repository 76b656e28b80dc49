#pragma once

#include <cstdint>
#include <optional>

namespace snapgate::query {

// How far a page of a list has come.
struct PageCount {
    // Number of items from the first one of this page on, if it is known.
    std::optional<uint64_t> left;
    uint64_t items = 0;  // that the page has
    bool more = false;   // the page is complete and not the last

    // For a complete page: the number of items after it; nullopt if it is the last, or if the
    // number is not known.
    std::optional<uint64_t> remaining() const {
        if (!more || !left || *left <= items) return std::nullopt;
        return *left - items;
    }
};

}  // namespace snapgate::query
