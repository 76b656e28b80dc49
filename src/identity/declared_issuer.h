#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "access/principal.h"
#include "base/clock.h"
#include "base/result.h"
#include "json/value.h"

namespace snapgate::identity {

// What a token with a claim of one of these values may do.
struct Rule {
    std::vector<std::string> claim;   // the names of members, from the outermost: [kubernetes.io,
                                      // namespace]
    std::vector<std::string> values;  // one of which it has, or is
    access::Role role = access::Role::kReader;
    // Names or uids of projects, or the whole tenant.
    std::vector<std::string> projects;
    bool tenant = false;
    // Names or uids of clusters of the one project; none: all that it has.
    std::vector<std::string> clusters;

    bool operator==(const Rule&) const = default;
};

// An issuer of tokens that the configuration file declares.
struct DeclaredIssuer {
    std::string name;    // of the file's own: what metrics and the names of callers begin with
    std::string issuer;  // the `iss` of its tokens
    std::vector<std::string> audiences;  // a token is for one of them
    // Where its keys are: in a file, at an address, or, without both, at the address that the
    // issuer's discovery document names.
    std::filesystem::path jwks_file;
    std::string jwks_url;
    std::filesystem::path ca_file;     // "": the system's authorities
    std::filesystem::path token_file;  // a bearer token for fetching the keys; "": none
    std::string username_claim = "sub";
    base::Millis clock_skew{30'000};
    base::Millis refresh{600'000};
    // For how long the keys are good that were fetched last, while they cannot be fetched again.
    base::Millis keys_max_age = std::chrono::hours(24);
    std::vector<Rule> rules;

    bool operator==(const DeclaredIssuer&) const = default;
};

inline constexpr size_t kMostIssuers = 1000;

// The list `issuers` of a configuration file. Relative paths are those of `folder`.
// kInvalidParameter whose `subject` is the place of the fault (issuers[0].rules[1].role); no
// message has more of the file than names of members.
base::Result<std::vector<DeclaredIssuer>> read_issuers(const json::Value& value,
                                                       const std::filesystem::path& folder);

}  // namespace snapgate::identity
