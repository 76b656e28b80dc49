#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/object.h"
#include "model/types.h"
#include "store/store.h"

// The values of the store's rows, without the checksum that the engine puts before each. Decoding
// fails with kCorrupt. Log rows are in store/log_row.h. No state is a zero, which is what a page
// that was lost is full of.
namespace snapgate::store {

// What a version of an object is: the first byte of its value.
enum class VersionState : uint8_t {
    kLive = 1,
    kTombstone = 2,  // the object was deleted; there is no more to the value
};

// A live version: its state, the layout of its facts, their length (u16), the facts, and the output
// of model::encode_object.
//
// The facts are what is derived from the object when it is stored (facts/facts.h), so that
// questions about many objects need not read them whole. Their layout is facts::kLayout; what was
// stored before, and what is no snapshot, has none, and their room is empty.
inline constexpr uint8_t kNoFacts = 1;
// Appends all but the object.
void begin_live_version(std::string_view facts, std::string& out);
std::string tombstone();
// The object in the value of a version; nullopt for a tombstone.
base::Result<std::optional<model::StoredObject>> decode_version(std::string_view value);
// Whether the facts of an object that decode_version() returned can be read. An empty room counts
// as readable: its facts are derived when somebody asks.
bool are_facts_readable(const model::StoredObject& object);
// The value of a live version, which decode_version() can decode, with other facts in their room;
// empty ones empty it.
std::string with_facts(std::string_view value, std::string_view facts);

enum class Stage : uint8_t {
    kNone = 1,
    kOpen = 2,     // versions above the head belong to a stage
    kGivenUp = 3,  // versions above the head are to be removed before the head moves
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
    // Of the next line of the audit trail; not in the row: it follows from the trail's own rows.
    uint64_t next_audit = 0;
};
inline constexpr std::string_view kSequenceName = "sequence";  // its name in kMeta
// The name there of the store's id, which is kStoreIdBytes as they are.
inline constexpr std::string_view kIdName = "id";
// The name there of a note: every snapshot that can be read has facts of the layout whose number it
// holds (encode_number). It is missing while facts are still to be filled in (facts_filler.h).
// Its place is not beside the row of the format, which has no checksum: a search for a missing row
// verifies the rows around it.
inline constexpr std::string_view kFactsName = "layout-of-facts";
// The name there of the number up to which lines of the audit trail were dropped (encode_number).
// It is missing before the first ones were, and has its place for the same reason.
inline constexpr std::string_view kAuditName = "lines-dropped";
// The name there of a note: the sums of kBytes are there, and are kept (byte_sums.h). It holds 1
// (encode_number), and has its place for the same reason.
inline constexpr std::string_view kBytesName = "sums-of-bytes";
// Whether a row of kMeta is a note. If it is lost, what it notes is found out once more.
bool is_note_of_store(std::string_view name);
std::string encode(const Sequence& row);
base::Result<Sequence> decode_sequence(std::string_view value);

std::string encode_number(uint64_t number);
base::Result<uint64_t> decode_number(std::string_view value);

base::Error corrupt_row(std::string_view what);

}  // namespace snapgate::store
