#include <array>
#include <cstdint>

#include "base/crypto.h"
#include "model/api_names.h"
#include "rules/object_rules.h"
#include "rules/values.h"

namespace snapgate::rules {
namespace {

// k8s.io/apimachinery's util/rand: no vowels and nothing that looks like another character.
constexpr std::string_view kAlphabet = "bcdfghjklmnpqrstvwxz2456789";
constexpr size_t kRandomCharacters = 5;
constexpr size_t kMostBaseBytes = 58;

}  // namespace

std::string generated_name(std::string_view base) {
    std::string name(base.substr(0, kMostBaseBytes));
    // A byte that would favour the first characters is thrown away.
    constexpr size_t kFair = 256 / kAlphabet.size() * kAlphabet.size();
    for (size_t made = 0; made < kRandomCharacters;) {
        for (char c : base::random_bytes(kRandomCharacters)) {
            auto byte = static_cast<uint8_t>(c);
            if (byte >= kFair || made == kRandomCharacters) continue;
            name += kAlphabet[byte % kAlphabet.size()];
            ++made;
        }
    }
    return name;
}

void give_name(json::Object& object, std::string_view name) {
    json::Object& metadata = object["metadata"].get_object();
    set_text(metadata, "name", name);
    if (find_text(object, "kind") != model::kNamespaceKind) return;
    json::Value& labels = metadata["labels"];
    if (!labels.is_object()) labels.emplace_object();
    set_text(labels.get_object(), model::kNamespaceNameLabel, name);
}

}  // namespace snapgate::rules
