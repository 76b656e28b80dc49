#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace snapgate::identity {

// The address of a document about keys.
struct KeyUrl {
    std::string server;  // https://host[:port]
    std::string target;  // path and query

    std::string text() const { return server + target; }
};

// kInvalidParameter for anything but https://host[:port]/path[?query]. Not over plain HTTP: anybody
// on the way could give keys of their own, and so make tokens.
base::Result<KeyUrl> read_key_url(std::string_view text);

// Where the issuer describes itself (OpenID Connect Discovery 1.0, section 4). Errors as above.
base::Result<KeyUrl> discovery_url(std::string_view issuer);

}  // namespace snapgate::identity
