#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "model/types.h"

// Where the rows of the store are. All keys begin with a table's byte; numbers are big-endian, so
// that byte order is number order; texts within a key end with a zero byte, which none contains, so
// that "a" comes before "ab". docs/architecture.md has the whole layout.
namespace snapgate::store {

using model::ClusterNumber;
using model::Kind;
using model::Revision;

enum class Table : uint8_t {
    kMeta = 1,     // name -> value
    kRecord = 2,   // type u8, id -> value
    kCluster = 3,  // cluster -> ClusterRow
    kSweep = 4,    // cluster -> nothing: deleted, rows not yet gone
    kHead = 5,     // cluster, revision -> HeadRow
    kVersion = 6,  // cluster, list version -> VersionRow
    kCount = 7,    // cluster, kind, (1, namespace)? -> u64
    kStaged = 8,   // cluster, kind, (1, namespace)? -> i64: what an open stage adds to a count
    kLog = 9,      // cluster, last revision -> log entries
    kIndex = 10,   // cluster, VM hash u64, namespace 0, name -> nothing
    kObject = 11,  // cluster, kind, namespace 0, name 0, inverted revision -> version of an object
};

// A key in the making; LMDB's keys are at most 511 bytes, and these are shorter.
class Key {
  public:
    explicit Key(Table table) { byte(static_cast<uint8_t>(table)); }

    Key& byte(uint8_t value);
    Key& u32(uint32_t value);
    Key& u64(uint64_t value);
    Key& text(std::string_view value);
    void cut(size_t size) { size_ = size; }
    size_t size() const { return size_; }
    std::string_view view() const { return {bytes_.data(), size_}; }

  private:
    static constexpr size_t kCapacity = 511;
    std::array<char, kCapacity> bytes_;
    size_t size_ = 0;
};

// What a namespace and a name of an object, and the id of a record, may be at most: the rules of
// Kubernetes are stricter, this is what a key holds.
inline constexpr size_t kMaxNamespace = 128;
inline constexpr size_t kMaxName = 255;
inline constexpr size_t kMaxRecordId = 400;
inline constexpr size_t kMaxListVersion = 255;

// Whether both fit into a key: not too long and without zero bytes.
bool fits_key(std::string_view ns, std::string_view name);

uint32_t load_u32(std::string_view bytes, size_t at);
uint64_t load_u64(std::string_view bytes, size_t at);

Key meta_key(std::string_view name);
Key record_key(uint8_t type, std::string_view id);
// The rows of a table that belong to a cluster begin with this.
Key cluster_key(Table table, ClusterNumber cluster);
Key head_key(ClusterNumber cluster, Revision revision);
Key version_key(ClusterNumber cluster, std::string_view version);
// Since which head the list versions of a mirror name something; there is none where all do.
Key known_versions_key(ClusterNumber cluster);
// The total of a kind, or its count in one namespace. `table` is kCount or kStaged.
Key count_key(Table table, ClusterNumber cluster, Kind kind);
Key count_key(Table table, ClusterNumber cluster, Kind kind, std::string_view ns);
Key log_key(ClusterNumber cluster, Revision last);
Key index_prefix(ClusterNumber cluster, uint64_t vm_hash);
Key index_key(ClusterNumber cluster, uint64_t vm_hash, std::string_view ns, std::string_view name);
Key object_prefix(ClusterNumber cluster, Kind kind);
// Every version of an object begins with this.
Key object_key(ClusterNumber cluster, Kind kind, std::string_view ns, std::string_view name);
// One version. As the revision is inverted, seeking this finds the newest version not after `at`.
Key object_key(ClusterNumber cluster, Kind kind, std::string_view ns, std::string_view name,
               Revision at);

// A key of kObject or kIndex taken apart; nullopt if it is not one.
struct ObjectAddress {
    std::string_view ns;
    std::string_view name;
    Revision revision = 0;
};
std::optional<ObjectAddress> parse_object_key(std::string_view key);
struct HintAddress {
    std::string_view ns;
    std::string_view name;
};
std::optional<HintAddress> parse_index_key(std::string_view key);

}  // namespace snapgate::store
