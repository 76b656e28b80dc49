#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace snapgate::base {

// Secrets at rest: AES-256-GCM with a random nonce of 96 bits each time. Any thread.

inline constexpr size_t kSealingKeyBytes = 32;

// `text` readable only with `key` (kSealingKeyBytes of it) and the same `about`, which is not kept
// in it: what it belongs to, so that it opens nowhere else.
std::string seal(std::string_view key, std::string_view about, std::string_view text);
// nullopt for another key, another `about`, and what was changed or is no sealed text.
std::optional<std::string> open_sealed(std::string_view key, std::string_view about,
                                       std::string_view sealed);

}  // namespace snapgate::base
