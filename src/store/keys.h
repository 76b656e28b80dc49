#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "model/types.h"

// The keys of the store's rows. Each key begins with the byte of its table. Numbers are big-endian,
// so that byte order is number order. A text within a key contains no zero byte and ends with one,
// so that "a" comes before "ab". docs/architecture.md has the whole layout.
namespace snapgate::store {

using model::ClusterNumber;
using model::Kind;
using model::Revision;

enum class Table : uint8_t {
    kMeta = 1,      // name -> value
    kRecord = 2,    // type u8, id -> value
    kCluster = 3,   // cluster -> ClusterRow
    kSweep = 4,     // cluster -> empty: it is deleted, and some of its rows are left
    kHead = 5,      // cluster, revision -> HeadRow
    kVersion = 6,   // cluster, list version -> VersionRow
    kCount = 7,     // cluster, kind, (1, namespace)? -> u64
    kStaged = 8,    // cluster, kind, (1, namespace)? -> i64: what an open stage adds to a count
    kLog = 9,       // cluster, last revision -> log entries
    kIndex = 10,    // cluster, VM hash u64, namespace 0, name -> empty
    kObject = 11,   // cluster, kind, namespace 0, name 0, inverted revision -> version of an object
    kDamaged = 12,  // cluster, kind, namespace 0, name -> empty: a repair removed the object
    kNote = 13,     // cluster, type u8, key -> value: see NoteType
    kAudit = 14,    // number u64 -> a line of the audit trail that was not copied out yet
    kBytes = 15,    // cluster, kind -> u64: the sum of the sizes of the objects' texts
    kStagedBytes = 16,  // cluster, kind -> i64: what an open stage adds to that sum
};

// Builds a key. LMDB's keys have at most 511 bytes, and all keys of the store are shorter.
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

// The most bytes of each text, so that its key fits. The rules of Kubernetes are stricter.
inline constexpr size_t kMaxNamespace = 128;
inline constexpr size_t kMaxName = 255;
inline constexpr size_t kMaxRecordId = 400;
inline constexpr size_t kMaxListVersion = 255;
inline constexpr size_t kMaxNoteKey = 500;

// Whether both fit into a key: not too long and without zero bytes.
bool fits_key(std::string_view ns, std::string_view name);

uint32_t load_u32(std::string_view bytes, size_t at);
uint64_t load_u64(std::string_view bytes, size_t at);

Key meta_key(std::string_view name);
Key record_key(uint8_t type, std::string_view id);
// The prefix of a cluster's rows in a table.
Key cluster_key(Table table, ClusterNumber cluster);
Key head_key(ClusterNumber cluster, Revision revision);
Key version_key(ClusterNumber cluster, std::string_view version);
// The row that says from which head on a mirror's list versions are known. It exists only after
// versions were forgotten.
Key known_versions_key(ClusterNumber cluster);
// Whether the rows of a table are those of clusters, whose numbers their keys have.
bool is_of_clusters(Table table);
// The total of a kind, or its count in one namespace. `table` is kCount or kStaged; of a total,
// kBytes and kStagedBytes too.
Key count_key(Table table, ClusterNumber cluster, Kind kind);
Key count_key(Table table, ClusterNumber cluster, Kind kind, std::string_view ns);
Key log_key(ClusterNumber cluster, Revision last);
Key index_prefix(ClusterNumber cluster, uint64_t vm_hash);
Key index_key(ClusterNumber cluster, uint64_t vm_hash, std::string_view ns, std::string_view name);
Key object_prefix(ClusterNumber cluster, Kind kind);
// The prefix of all versions of an object.
Key object_key(ClusterNumber cluster, Kind kind, std::string_view ns, std::string_view name);
// The key of one version. The revision is inverted, so a seek of this key finds the newest version
// that is not later than `at`.
Key object_key(ClusterNumber cluster, Kind kind, std::string_view ns, std::string_view name,
               Revision at);

Key damaged_key(ClusterNumber cluster, Kind kind, std::string_view ns, std::string_view name);
// The key of a note, or the prefix of all whose keys begin with `key`, which may have zero bytes.
Key note_key(ClusterNumber cluster, uint8_t type, std::string_view key);
Key audit_key(uint64_t number);
// Whether a key of kNote has a type that is written.
bool is_note_key(std::string_view key);
// Whether the key of a row of kObject is one of a snapshot's.
bool is_snapshot_key(std::string_view key);

// The parts of a key of kObject, kIndex or kDamaged; nullopt if the key has another form.
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
struct DamagedAddress {
    Kind kind = Kind::kSnapshot;
    std::string_view ns;
    std::string_view name;
};
std::optional<DamagedAddress> parse_damaged_key(std::string_view key);

}  // namespace snapgate::store
