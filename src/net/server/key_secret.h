#pragma once

#include <string>
#include <string_view>

namespace snapgate::net {

// People paste a whole API key where its id belongs: into a path, or a request's id. Keys have the
// form sgk_<id: 12 hexadecimal digits>_<secret> (access/keys.h). The id may be shown, the secret
// must not get into a log, an audit trail or a message.

// Also what stands for a letter in a path.
inline constexpr std::string_view kSecretLetters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_%";

// Where the first secret behind `from` begins; npos if there is none.
inline size_t find_key_secret(std::string_view text, size_t from = 0) {
    constexpr std::string_view kPrefix = "sgk_";
    constexpr size_t kIdDigits = 12;
    for (size_t at = text.find(kPrefix, from); at != std::string_view::npos;
         at = text.find(kPrefix, at + 1)) {
        const size_t id = at + kPrefix.size();
        const size_t secret = id + kIdDigits + 1;
        if (secret >= text.size()) break;
        const bool is_id = text.substr(id, kIdDigits).find_first_not_of("0123456789abcdef") ==
                           std::string_view::npos;
        if (is_id && text[secret - 1] == '_' &&
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
