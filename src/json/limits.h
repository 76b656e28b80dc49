#pragma once

#include <cstddef>

namespace snapgate::json {

// What JSON and YAML from outside may be, whoever reads it.

// Objects and lists that are nested in one another.
inline constexpr size_t kMaxLevels = 64;
// The text of one object.
inline constexpr size_t kMaxObjectBytes = 2 << 20;
// A stored object may be larger by what the server itself writes into it (a deletion's times): an
// object must never be too large to be deleted.
inline constexpr size_t kMaxStoredBytes = kMaxObjectBytes + (64 << 10);

}  // namespace snapgate::json
