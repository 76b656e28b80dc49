#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace snapgate::replica {

// What a replica tells the others of itself, below `replicas/`.
struct ReplicaRecord {
    // NOLINTBEGIN(readability-redundant-member-init): so that an initializer may leave them out
    std::string address = {};  // where it listens, as it knows it: HOST:PORT; "" while it starts
    std::string version = {};  // of the program
    int64_t since_ms = 0;      // when it started, by its own clock
    int64_t applied = 0;       // the revision of etcd that its copy had when it told this
    // The SHA-256 of the certificate that it shows there, in hexadecimal digits; "" without TLS.
    std::string certificate = {};
    std::string proof = {};  // prove_address(); "" from a version that had none
    // NOLINTEND(readability-redundant-member-init)
};

// Says that whoever wrote the address and the certificate has the secret that the replicas share:
// others send their callers' keys there. `key`: derived from that secret; `id`: the replica's.
// `network`: that of an address on loopback (this_network()), where something else listens on
// another machine; "" for one that is the same everywhere.
std::string prove_address(std::string_view key, std::string_view id, const ReplicaRecord& record,
                          std::string_view network);
// Whether the record has such a proof, and its address is the same here.
bool is_proven(std::string_view key, std::string_view id, const ReplicaRecord& record);

std::string encode_replica(const ReplicaRecord& record);
// nullopt for what no version up to this one writes.
std::optional<ReplicaRecord> decode_replica(std::string_view value);

// One of the servers of the truth, as it is shown.
struct Replica {
    std::string id;
    ReplicaRecord record;
    bool self = false;    // it is this server, and its record is of now
    bool leads = false;   // it does what is done once for all
    bool proven = false;  // as is_proven()
    int64_t behind = 0;   // by how many revisions of etcd its copy was behind the newest write
};

}  // namespace snapgate::replica
