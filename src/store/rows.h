#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/types.h"
#include "store/store.h"

// The values of the store's small rows. Decoding fails with kCorrupt. The version of an object is
// one byte (kTombstone or kLive) and the output of model::encode_object. Log rows are in
// store/log_row.h.
namespace snapgate::store {

inline constexpr char kTombstone = 0;
inline constexpr char kLive = 1;

enum class Stage : uint8_t {
    kNone = 0,
    kOpen = 1,     // versions above the head belong to a stage
    kGivenUp = 2,  // versions above the head are to be removed before the head moves
};

// The row of a cluster. A version of an object above `head` belongs to a stage.
struct ClusterRow {
    Head head;
    Revision floor = 0;  // no read below it
    Stage stage = Stage::kNone;
};
std::string encode(const ClusterRow& row);
base::Result<ClusterRow> decode_cluster(std::string_view value);

// There is one for each revision that was a head and can be read. A list version of "" means the
// revision in decimal.
struct HeadRow {
    int64_t since_ms = 0;
    std::string_view version;
};
std::string encode(const HeadRow& row);
base::Result<HeadRow> decode_head(std::string_view value);

// The heads that a mirror's list version belongs to. As a rule it is one. There are more if a list
// was published again at the same version, or if the cluster's versions went back.
struct VersionRow {
    Revision first = 0;
    Revision last = 0;
};
std::string encode(const VersionRow& row);
base::Result<VersionRow> decode_version_row(std::string_view value);

// Numbers that must never be used twice.
struct Sequence {
    Revision next_revision = 1;
    ClusterNumber next_cluster = 1;
    int64_t newest_ms = 0;  // the newest time that was written
};
inline constexpr std::string_view kSequenceName = "sequence";  // its name in kMeta
std::string encode(const Sequence& row);
base::Result<Sequence> decode_sequence(std::string_view value);

std::string encode_number(uint64_t number);
base::Result<uint64_t> decode_number(std::string_view value);

base::Error corrupt_row(std::string_view what);

}  // namespace snapgate::store
