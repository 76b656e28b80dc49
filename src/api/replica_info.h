#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"

namespace snapgate::api {

// One of the servers that share a truth in etcd, as the API shows it.
struct ReplicaInfo {
    std::string id;
    std::string address;  // HOST:PORT; "" while it starts
    // The SHA-256 of the certificate that it shows there, in hexadecimal digits; "" without TLS.
    std::string certificate;
    // The address and the certificate are of one that has the secret that the replicas share, and
    // the address is the same here: one on loopback is of this machine.
    bool proven = false;
    std::string version;
    int64_t since_ms = 0;
    int64_t revision = 0;  // of etcd, up to which its copy has everything
    int64_t behind = 0;    // by how many revisions that was behind the newest write
    bool self = false;
    bool leads = false;
};

// Lists them. `listed` is called once, on any thread; it must be short.
using ListReplicas =
    std::function<void(std::function<void(base::Result<std::vector<ReplicaInfo>>)> listed)>;

}  // namespace snapgate::api
