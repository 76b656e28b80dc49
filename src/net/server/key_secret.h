#pragma once

#include <string>
#include <string_view>

#include "base/key_text.h"

namespace snapgate::net {

// People paste a whole API key where its id belongs: into a path, or a request's id. The id may be
// shown, the secret (base/key_text.h) must not get into a log, an audit trail or a message.

// Also what stands for a letter in a path.
inline constexpr std::string_view kSecretLetters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_%";

// Where the first secret behind `from` begins; npos if there is none.
inline size_t find_key_secret(std::string_view text, size_t from = 0) {
    for (size_t at = text.find(base::kKeyPrefix, from); at != std::string_view::npos;
         at = text.find(base::kKeyPrefix, at + 1)) {
        const size_t id = at + base::kKeyPrefix.size();
        const size_t secret = id + base::kKeyIdDigits + 1;
        if (secret >= text.size()) break;
        if (base::is_key_id(text.substr(id, base::kKeyIdDigits)) && text[secret - 1] == '_' &&
            kSecretLetters.find(text[secret]) != std::string_view::npos)
            return secret;
    }
    return std::string_view::npos;
}

// The text with "..." in the place of each secret.
inline std::string without_key_secrets(std::string text) {
    for (size_t at = find_key_secret(text); at != std::string::npos;
         at = find_key_secret(text, at)) {
        const size_t end = text.find_first_not_of(kSecretLetters, at);
        text.replace(at, end == std::string::npos ? end : end - at, "...");
    }
    return text;
}

}  // namespace snapgate::net
