#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace snapgate::base {

// All of these may be called from any thread; they abort the process if the system has no
// randomness.

// `count` bytes that nobody can predict.
std::string random_bytes(size_t count);
// A random number from 0 to `bound` - 1; the bound is not 0. Use it to spread times and places, not
// for secrets: many results of a thread allow to predict its next ones. If the bound is not a power
// of two, small numbers are favoured, by less than bound / 2^64.
uint64_t random_below(uint64_t bound);
// A random (version 4) UUID in its usual text, as Kubernetes gives to objects.
std::string random_uuid();
// 24 random lowercase hexadecimal digits: the uid of a project or cluster.
std::string random_uid();

// 32 bytes each.
std::string sha256(std::string_view bytes);
std::string hmac_sha256(std::string_view key, std::string_view bytes);

// Compares secrets in a time that depends only on their length.
bool equal_constant_time(std::string_view a, std::string_view b);

}  // namespace snapgate::base
