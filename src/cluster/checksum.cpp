#include <cstring>
#include <string>

#include "base/crypto.h"
#include "cluster/object_sink.h"

namespace snapgate::cluster {

void Checksum::add(std::string_view ns, std::string_view name, std::string_view uid,
                   std::string_view version) {
    std::string text;
    for (const std::string_view part : {ns, name, uid, version}) {
        text += part;
        text += '\0';
    }
    uint64_t hash = 0;
    std::memcpy(&hash, base::sha256(text).data(), sizeof(hash));
    sum += hash;
    ++objects;
}

}  // namespace snapgate::cluster
