#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace snapgate::model {

// An object as it goes out on the Palette side, and where its Kubernetes form differs.
//
// The text is compact JSON with sorted keys and no null fields, `fieldsV1` as {"Raw":["<base64>"]}.
// A patch mark says how to get back what the cluster had: where a null field was, where a Raw is.
inline constexpr std::string_view kRawHead = R"({"Raw":[")";
inline constexpr std::string_view kRawTail = R"("]})";

struct PatchMark {
    enum class Type : uint8_t {
        kInsert = 1,  // `bytes` go in at `offset`: a null field with its comma
        kUnwrap = 2,  // the `length` bytes at `offset` are a {"Raw":["..."]}; its decoded base64
                      // replaces them
    };
    Type type = Type::kInsert;
    uint32_t offset = 0;  // into the text, in ascending order
    uint32_t length = 0;  // kUnwrap: bytes replaced
    std::string bytes;    // kInsert: bytes inserted

    bool operator==(const PatchMark&) const = default;
};

// An object ready to be stored. Its text has an empty place for the resource version, which only
// the writer knows: `"resourceVersion":""`, with `version_offset` between the quotes.
struct PreparedObject {
    std::string ns;    // metadata.namespace; empty for a Namespace
    std::string name;  // metadata.name
    std::string text;
    uint32_t version_offset = 0;
    std::string version;     // the resource version that the source had; empty if none
    std::string uid;         // metadata.uid; empty if none
    std::string vm;          // spec.source.name of a snapshot; empty where there is none to index
    uint32_t vm_offset = 0;  // where that name stands in the text
    std::vector<PatchMark> marks;  // offsets into the text with the empty resource version
    std::string facts;             // what facts/facts.h derives from a snapshot; else empty
};

// A stored object, read in place: views into the store's own memory, good as long as the read view.
struct StoredObject {
    std::string_view text;     // with the resource version in its place
    std::string_view version;  // within text
    std::string_view vm;       // within text; empty where there is none
    std::string_view marks;    // encoded; see decode_marks
    std::string_view value;    // all of it, as encode_object made it
    std::string_view facts;    // beside the value; empty if they have to be derived from it
};

// Reads the marks of a stored object one by one, without memory of its own.
class MarkReader {
  public:
    // A mark as it is stored: views into the object.
    struct Mark {
        PatchMark::Type type = PatchMark::Type::kInsert;
        size_t offset = 0;
        size_t length = 0;       // kUnwrap
        std::string_view bytes;  // kInsert
    };

    explicit MarkReader(const StoredObject& object)
        : rest_(object.marks), text_size_(object.text.size()) {}

    bool at_end() const { return rest_.empty(); }
    // Not at the end. kCorrupt for what encode_object does not write.
    base::Result<Mark> next();

  private:
    std::string_view rest_;
    size_t text_size_;
    size_t last_ = 0;
};

// The error for a stored object in which something is not as this program writes it: kCorrupt.
base::Error unreadable_object(std::string_view what);

// The bytes the store keeps as a value, appended to `out`, and back. decode_object fails with
// kCorrupt.
void encode_object(const PreparedObject& object, std::string_view version, std::string& out);
std::string encode_object(const PreparedObject& object, std::string_view version);
base::Result<StoredObject> decode_object(std::string_view value);
base::Result<std::vector<PatchMark>> decode_marks(const StoredObject& object);

// Whether both say the same but for their resource version. Only the texts count: a field that is
// null is as good as absent, so an object from a page, which has no nulls, is the same as the one
// that kubectl printed.
bool same_but_version(const StoredObject& stored, const PreparedObject& object);

}  // namespace snapgate::model
