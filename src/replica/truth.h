#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "etcd/client.h"
#include "replica/truth_keys.h"

namespace snapgate::replica {

// What stands under `format`: the number of the layout, or why no replica may work with what is
// there. Versions that do not know the words take them for a newer layout, and refuse it, too.
inline constexpr std::string_view kTruthLayout = "1";
inline constexpr std::string_view kMovingIn = "moving in";  // a store is being moved in (move_in.h)
inline constexpr std::string_view kMovedOut = "moved out";  // it was moved into a store
                                                            // (move_out.h)

// The error for a layout with which a replica cannot work.
base::Result<void> check_layout(std::string_view layout, const TruthKeys& keys);

// What stands under `secret`.
std::string check_of_secret(std::string_view secret);
// kForbidden.
base::Result<void> check_secret(std::string_view theirs, std::string_view secret);

// The id of the truth below the prefix: made, if there is none, in one transaction, so that
// replicas that start at once agree on it. kForbidden if the truth was made with another secret;
// kCorrupt for a layout that this version does not know; else as etcd's errors.
base::Result<std::string> open_truth(etcd::Client& client, const TruthKeys& keys,
                                     std::string_view secret);

// The key that signed tokens of the server whose store was moved in, as it stands in etcd; and
// back:
// "" if nothing was moved in. As etcd's errors.
std::string seal_earlier_token_key(std::string_view secret, std::string_view token_key);
base::Result<std::string> read_earlier_token_key(etcd::Client& client, const TruthKeys& keys,
                                                 std::string_view secret);

// A key of 32 bytes for one use, from the secret (HKDF, RFC 5869, with HMAC-SHA-256).
std::string derive_key(std::string_view secret, std::string_view use);

}  // namespace snapgate::replica
