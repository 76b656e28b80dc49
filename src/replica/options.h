#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "base/clock.h"
#include "store/store.h"

namespace snapgate::replica {

// Where the truth is, and what all replicas share.
struct Options {
    std::vector<std::string> endpoints;  // http://HOST:PORT or https://HOST:PORT
    // PEM texts, for https.
    std::string ca;
    std::string certificate;
    std::string private_key;
    std::string username;  // empty: none
    std::string password;
    std::string prefix = "snapgate";   // of the keys, without a slash at its end
    size_t txn_operations = 128;       // as etcd's --max-txn-ops
    size_t request_bytes = 1'572'864;  // as etcd's --max-request-bytes
    // How long reads are answered from the copy while etcd is out of reach; 0: not at all.
    base::Millis stale_reads = std::chrono::minutes(15);
    // The secret that seals credentials: the same on every replica, so that what one sealed or
    // signed the others can open.
    std::string secret;
    store::StoreOptions copy;
};

}  // namespace snapgate::replica
