#include "store/keys.h"

#include <cassert>
#include <cstring>

#include "store/store.h"

namespace snapgate::store {
namespace {

constexpr size_t kObjectPrefix = 1 + 4 + 1;
constexpr size_t kIndexPrefix = 1 + 4 + 8;
constexpr size_t kRevision = 8;

}  // namespace

Key& Key::byte(uint8_t value) {
    assert(size_ < kCapacity);
    bytes_[size_++] = static_cast<char>(value);
    return *this;
}

Key& Key::u32(uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) byte(static_cast<uint8_t>(value >> shift));
    return *this;
}

Key& Key::u64(uint64_t value) {
    for (int shift = 56; shift >= 0; shift -= 8) byte(static_cast<uint8_t>(value >> shift));
    return *this;
}

Key& Key::text(std::string_view value) {
    assert(size_ + value.size() <= kCapacity);
    if (value.empty()) return *this;
    std::memcpy(bytes_.data() + size_, value.data(), value.size());
    size_ += value.size();
    return *this;
}

bool fits_key(std::string_view ns, std::string_view name) {
    return ns.size() <= kMaxNamespace && name.size() <= kMaxName &&
           ns.find('\0') == std::string_view::npos && name.find('\0') == std::string_view::npos;
}

uint32_t load_u32(std::string_view bytes, size_t at) {
    uint32_t value = 0;
    std::memcpy(&value, bytes.data() + at, sizeof(value));
    return __builtin_bswap32(value);
}

uint64_t load_u64(std::string_view bytes, size_t at) {
    uint64_t value = 0;
    std::memcpy(&value, bytes.data() + at, sizeof(value));
    return __builtin_bswap64(value);
}

Key audit_key(uint64_t number) {
    return Key(Table::kAudit).u64(number);
}

Key meta_key(std::string_view name) {
    return Key(Table::kMeta).text(name);
}

Key record_key(uint8_t type, std::string_view id) {
    return Key(Table::kRecord).byte(type).text(id);
}

Key cluster_key(Table table, ClusterNumber cluster) {
    return Key(table).u32(cluster);
}

Key head_key(ClusterNumber cluster, Revision revision) {
    return Key(Table::kHead).u32(cluster).u64(revision);
}

Key version_key(ClusterNumber cluster, std::string_view version) {
    return Key(Table::kVersion).u32(cluster).text(version);
}

Key known_versions_key(ClusterNumber cluster) {
    return version_key(cluster, {});
}

bool is_of_clusters(Table table) {
    return table >= Table::kCluster && table <= Table::kStagedBytes && table != Table::kAudit;
}

Key count_key(Table table, ClusterNumber cluster, Kind kind) {
    return Key(table).u32(cluster).byte(static_cast<uint8_t>(kind));
}

Key count_key(Table table, ClusterNumber cluster, Kind kind, std::string_view ns) {
    return Key(table).u32(cluster).byte(static_cast<uint8_t>(kind)).byte(1).text(ns);
}

Key log_key(ClusterNumber cluster, Revision last) {
    return Key(Table::kLog).u32(cluster).u64(last);
}

Key index_prefix(ClusterNumber cluster, uint64_t vm_hash) {
    return Key(Table::kIndex).u32(cluster).u64(vm_hash);
}

Key index_key(ClusterNumber cluster, uint64_t vm_hash, std::string_view ns, std::string_view name) {
    return index_prefix(cluster, vm_hash).text(ns).byte(0).text(name);
}

Key object_prefix(ClusterNumber cluster, Kind kind) {
    return Key(Table::kObject).u32(cluster).byte(static_cast<uint8_t>(kind));
}

Key object_key(ClusterNumber cluster, Kind kind, std::string_view ns, std::string_view name) {
    return object_prefix(cluster, kind).text(ns).byte(0).text(name).byte(0);
}

Key object_key(ClusterNumber cluster, Kind kind, std::string_view ns, std::string_view name,
               Revision at) {
    return object_key(cluster, kind, ns, name).u64(~at);
}

Key damaged_key(ClusterNumber cluster, Kind kind, std::string_view ns, std::string_view name) {
    return Key(Table::kDamaged)
        .u32(cluster)
        .byte(static_cast<uint8_t>(kind))
        .text(ns)
        .byte(0)
        .text(name);
}

Key note_key(ClusterNumber cluster, uint8_t type, std::string_view key) {
    return Key(Table::kNote).u32(cluster).byte(type).text(key);
}

bool is_note_key(std::string_view key) {
    constexpr size_t kTypeAt = 1 + sizeof(ClusterNumber);
    return key.size() > kTypeAt && key[kTypeAt] >= static_cast<char>(NoteType::kDependent) &&
           key[kTypeAt] <= static_cast<char>(NoteType::kListed);
}

bool is_snapshot_key(std::string_view key) {
    constexpr size_t kKindAt = 1 + sizeof(ClusterNumber);
    return key.size() > kKindAt && key[kKindAt] == static_cast<char>(Kind::kSnapshot);
}

std::optional<ObjectAddress> parse_object_key(std::string_view key) {
    if (key.size() < kObjectPrefix + 2 + kRevision) return std::nullopt;
    std::string_view texts = key.substr(kObjectPrefix, key.size() - kObjectPrefix - kRevision);
    size_t end = texts.find('\0');
    if (end + 1 >= texts.size() || texts.back() != '\0') return std::nullopt;
    return ObjectAddress{texts.substr(0, end), texts.substr(end + 1, texts.size() - end - 2),
                         ~load_u64(key, key.size() - kRevision)};
}

std::optional<HintAddress> parse_index_key(std::string_view key) {
    if (key.size() < kIndexPrefix + 1) return std::nullopt;
    std::string_view texts = key.substr(kIndexPrefix);
    size_t end = texts.find('\0');
    if (end == std::string_view::npos) return std::nullopt;
    return HintAddress{texts.substr(0, end), texts.substr(end + 1)};
}

std::optional<DamagedAddress> parse_damaged_key(std::string_view key) {
    if (key.size() < kObjectPrefix + 1) return std::nullopt;
    const std::string_view texts = key.substr(kObjectPrefix);
    const size_t end = texts.find('\0');
    if (end == std::string_view::npos) return std::nullopt;
    return DamagedAddress{static_cast<Kind>(key[kObjectPrefix - 1]), texts.substr(0, end),
                          texts.substr(end + 1)};
}

}  // namespace snapgate::store
