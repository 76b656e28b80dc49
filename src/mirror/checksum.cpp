#include "mirror/checksum.h"

#include <cstring>
#include <string>

#include "base/crypto.h"

namespace snapgate::mirror {
namespace {

uint64_t hash_of(std::string_view text) {
    uint64_t hash = 0;
    std::memcpy(&hash, base::sha256(text).data(), sizeof(hash));
    return hash;
}

}  // namespace

void Checksum::add(std::string_view ns, std::string_view name, std::string_view uid,
                   std::string_view version, std::string_view metadata) {
    std::string text;
    for (const std::string_view part : {ns, name, uid, version}) {
        text += part;
        text += '\0';
    }
    sum += hash_of(text);
    metadata_sum += hash_of(text.append(metadata));
    ++objects;
}

}  // namespace snapgate::mirror
