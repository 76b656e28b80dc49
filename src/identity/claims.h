#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "access/principal.h"
#include "base/result.h"
#include "identity/declared_issuer.h"
#include "json/value.h"

namespace snapgate::identity {

// What the claims of a token give to who shows it, in one project or the tenant.
struct Grant {
    access::Role role = access::Role::kReader;
    std::string project;                // name or uid; "": the tenant
    std::vector<std::string> clusters;  // names or uids; none: all
};

// What a token of an issuer says, checked.
struct Claims {
    std::string username;
    int64_t expires_ms = 0;  // with the issuer's clock skew: it is refused from then on
    // Of each project, and of the tenant, the first rule that fits.
    std::vector<Grant> grants;
};

// The `iss` of a token; "" if it is no text.
std::string_view issuer_of(const json::Object& claims);

// Checks the claims of a token whose signature is good. Errors are those of refuse().
base::Result<Claims> check_claims(const json::Object& claims, const DeclaredIssuer& issuer,
                                  int64_t now_ms);

}  // namespace snapgate::identity
