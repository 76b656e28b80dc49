#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "identity/declared_issuer.h"
#include "identity/key_set.h"
#include "net/awaitable.h"
#include "net/client/address_rules.h"

namespace snapgate::identity {

// Where the keys of an issuer are, as its discovery document says (OpenID Connect Discovery 1.0,
// section 4.3). kInvalidBody for a text that is none, for one of another issuer than `issuer`, and
// for an address that is not https.
base::Result<std::string> read_discovery(std::string_view text, std::string_view issuer);

// Reads the keys of an issuer, as they are published now: from its file, or over the network, which
// takes at most half a minute. Files (CA, token, keys) are read anew each time. An address leads
// nowhere that `rules` deny; redirects are not followed; what comes is bounded. The token of
// `token_file` goes to the address that the configuration names, and to the address that the
// discovery document names if that is on the same server. Messages name the address or the file.
net::Awaitable<base::Result<KeySet>> fetch_keys(const DeclaredIssuer& issuer,
                                                std::shared_ptr<const net::AddressRules> rules);

}  // namespace snapgate::identity
