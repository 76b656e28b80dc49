#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace snapgate::base {

// Secrets at rest: AES-256-GCM with a random nonce of 96 bits each time. Any thread.

inline constexpr size_t kSealingKeyBytes = 32;

// Seals `text`. It opens only with `key` (kSealingKeyBytes bytes) and the same `about`, which names
// the owner of the text and is not stored in the result. So a sealed text does not open for another
// owner.
std::string seal(std::string_view key, std::string_view about, std::string_view text);
// nullopt for another key, another `about`, a text that was changed, or one that was never sealed.
std::optional<std::string> open_sealed(std::string_view key, std::string_view about,
                                       std::string_view sealed);

}  // namespace snapgate::base
