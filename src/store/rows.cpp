#include "store/rows.h"

#include <fmt/format.h>

#include "base/encoding.h"
#include "facts/facts.h"
#include "store/keys.h"

namespace snapgate::store {
namespace {

// Of a live version: its state, the layout of its facts and their length are before them.
constexpr size_t kFactsAt = 4;

}  // namespace

base::Error corrupt_row(std::string_view what) {
    return {base::Code::kCorrupt, fmt::format("the store is damaged: {} cannot be read; restore a "
                                              "backup of its directory",
                                              what)};
}

void begin_live_version(std::string_view facts, std::string& out) {
    out += static_cast<char>(VersionState::kLive);
    out += static_cast<char>(facts.empty() ? kNoFacts : facts::kLayout);
    base::append_u16(static_cast<uint16_t>(facts.size()), out);
    out += facts;
}

std::string tombstone() {
    return {static_cast<char>(VersionState::kTombstone)};
}

base::Result<std::optional<model::StoredObject>> decode_version(std::string_view value) {
    if (value.size() == 1 && value[0] == static_cast<char>(VersionState::kTombstone))
        return std::optional<model::StoredObject>();
    if (value.size() < kFactsAt || value[0] != static_cast<char>(VersionState::kLive))
        return corrupt_row("a version of an object");
    const size_t facts_bytes = base::read_u16(value, 2);
    if (value.size() - kFactsAt < facts_bytes) return corrupt_row("a version of an object");
    SNAPGATE_ASSIGN(model::StoredObject object,
                    model::decode_object(value.substr(kFactsAt + facts_bytes)));
    // Facts of another layout are derived anew.
    if (static_cast<uint8_t>(value[1]) == facts::kLayout)
        object.facts = value.substr(kFactsAt, facts_bytes);
    return std::optional(object);
}

bool are_facts_readable(const model::StoredObject& object) {
    return object.facts.empty() || facts::read(object.facts);
}

std::string with_facts(std::string_view value, std::string_view facts) {
    std::string out;
    begin_live_version(facts, out);
    out += value.substr(kFactsAt + base::read_u16(value, 2));
    return out;
}

std::string encode(const ClusterRow& row) {
    std::string out;
    base::append_u64(row.head.revision, out);
    base::append_u64(static_cast<uint64_t>(row.head.since_ms), out);
    base::append_u64(row.floor, out);
    out += static_cast<char>(row.stage);
    if (!row.head.decimal) out += row.head.version;
    return out;
}

base::Result<ClusterRow> decode_cluster(std::string_view value) {
    constexpr size_t kFixed = 25;
    if (value.size() < kFixed || value.size() > kFixed + kMaxListVersion ||
        static_cast<uint8_t>(value[24]) < 1 || static_cast<uint8_t>(value[24]) > 3)
        return corrupt_row("a cluster's row");
    ClusterRow row;
    row.head.revision = load_u64(value, 0);
    row.head.since_ms = static_cast<int64_t>(load_u64(value, 8));
    row.floor = load_u64(value, 16);
    row.stage = static_cast<Stage>(value[24]);
    row.head.decimal = value.size() == kFixed;
    if (row.head.decimal) {
        row.head.version = fmt::format_int(row.head.revision).str();
    } else {
        row.head.version = value.substr(kFixed);
    }
    return row;
}

std::string encode(const HeadRow& row) {
    std::string out;
    base::append_u64(static_cast<uint64_t>(row.since_ms), out);
    out += row.version;
    return out;
}

base::Result<HeadRow> decode_head(std::string_view value) {
    if (value.size() < 8 || value.size() > 8 + kMaxListVersion) return corrupt_row("a head's row");
    return HeadRow{static_cast<int64_t>(load_u64(value, 0)), value.substr(8)};
}

std::string encode(const VersionRow& row) {
    std::string out;
    base::append_u64(row.first, out);
    if (row.last != row.first) base::append_u64(row.last, out);
    return out;
}

base::Result<VersionRow> decode_version_row(std::string_view value) {
    if (value.size() != 8 && value.size() != 16) return corrupt_row("the row of a list's version");
    const Revision first = load_u64(value, 0);
    return VersionRow{first, value.size() == 16 ? load_u64(value, 8) : first};
}

std::string encode(const Sequence& row) {
    std::string out;
    base::append_u64(row.next_revision, out);
    base::append_u32(row.next_cluster, out);
    base::append_u64(static_cast<uint64_t>(row.newest_ms), out);
    return out;
}

base::Result<Sequence> decode_sequence(std::string_view value) {
    if (value.size() != 20) return corrupt_row("the row of its counters");
    return Sequence{load_u64(value, 0), load_u32(value, 8),
                    static_cast<int64_t>(load_u64(value, 12))};
}

bool is_note_of_store(std::string_view name) {
    return name == kFactsName || name == kAuditName || name == kBytesName;
}

std::string encode_number(uint64_t number) {
    std::string out;
    base::append_u64(number, out);
    return out;
}

base::Result<uint64_t> decode_number(std::string_view value) {
    if (value.size() != 8) return corrupt_row("a number");
    return load_u64(value, 0);
}

}  // namespace snapgate::store
