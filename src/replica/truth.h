#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "etcd/client.h"
#include "replica/truth_keys.h"

namespace snapgate::replica {

// The id of the truth below the prefix: made, if there is none, in one transaction, so that
// replicas that start at once agree on it. kForbidden if the truth was made with another secret;
// kCorrupt for a layout that this version does not know; else as etcd's errors.
base::Result<std::string> open_truth(etcd::Client& client, const TruthKeys& keys,
                                     std::string_view secret);

// A key of 32 bytes for one use, from the secret (HKDF, RFC 5869, with HMAC-SHA-256).
std::string derive_key(std::string_view secret, std::string_view use);

}  // namespace snapgate::replica
