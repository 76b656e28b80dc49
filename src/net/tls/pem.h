#pragma once

#include <cstddef>

namespace snapgate::net {

// The most that a PEM text may have, from whomever it comes: more than all the CA certificates that
// a system trusts.
inline constexpr size_t kMostPemBytes = 1 << 20;

}  // namespace snapgate::net
