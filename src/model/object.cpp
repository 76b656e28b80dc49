#include "model/object.h"

#include <cstddef>

#include "base/encoding.h"

// The value: a fixed head, the text, the marks.
//   u8 layout | u8 version length | u16 vm length | u32 version offset | u32 vm offset | u32 text
//   length
// then for each mark: u8 type | u32 offset | u32 length | `length` bytes for an insertion.
namespace snapgate::model {
namespace {

constexpr uint8_t kLayout = 1;
constexpr size_t kHeadSize = 16;
constexpr size_t kMarkHeadSize = 9;

void append_mark(const PatchMark& mark, uint32_t shift_from, uint32_t shift, std::string& out) {
    out += static_cast<char>(mark.type);
    base::append_u32(mark.offset > shift_from ? mark.offset + shift : mark.offset, out);
    if (mark.type == PatchMark::Type::kInsert) {
        base::append_u32(static_cast<uint32_t>(mark.bytes.size()), out);
        out += mark.bytes;
    } else {
        base::append_u32(mark.length, out);
    }
}

}  // namespace

base::Error unreadable_object(std::string_view what) {
    return {base::Code::kCorrupt, std::string("a stored object cannot be read: ").append(what)};
}

void encode_object(const PreparedObject& object, std::string_view version, std::string& out) {
    auto shift = static_cast<uint32_t>(version.size());
    out.reserve(out.size() + kHeadSize + object.text.size() + version.size() +
                object.marks.size() * 40);
    out += static_cast<char>(kLayout);
    out += static_cast<char>(version.size());
    base::append_u16(static_cast<uint16_t>(object.vm.size()), out);
    base::append_u32(object.version_offset, out);
    base::append_u32(
        object.vm_offset > object.version_offset ? object.vm_offset + shift : object.vm_offset,
        out);
    base::append_u32(static_cast<uint32_t>(object.text.size()) + shift, out);
    out.append(object.text, 0, object.version_offset);
    out += version;
    out.append(object.text, object.version_offset);
    for (const PatchMark& mark : object.marks) append_mark(mark, object.version_offset, shift, out);
}

std::string encode_object(const PreparedObject& object, std::string_view version) {
    std::string out;
    encode_object(object, version, out);
    return out;
}

base::Result<StoredObject> decode_object(std::string_view value) {
    if (value.size() < kHeadSize) return unreadable_object("it is too short");
    if (static_cast<uint8_t>(value[0]) != kLayout)
        return unreadable_object("its layout is unknown");
    size_t version_length = static_cast<uint8_t>(value[1]);
    size_t vm_length = base::read_u16(value, 2);
    size_t version_offset = base::read_u32(value, 4);
    size_t vm_offset = base::read_u32(value, 8);
    size_t text_length = base::read_u32(value, 12);
    if (value.size() - kHeadSize < text_length) return unreadable_object("its text is cut off");
    StoredObject object;
    object.text = value.substr(kHeadSize, text_length);
    if (version_offset + version_length > text_length || vm_offset + vm_length > text_length)
        return unreadable_object("its offsets are beyond its text");
    object.version = object.text.substr(version_offset, version_length);
    object.vm = object.text.substr(vm_offset, vm_length);
    object.marks = value.substr(kHeadSize + text_length);
    object.value = value;
    return object;
}

base::Result<MarkReader::Mark> MarkReader::next() {
    if (rest_.size() < kMarkHeadSize) return unreadable_object("a mark is cut off");
    Mark mark;
    mark.type = static_cast<PatchMark::Type>(rest_[0]);
    mark.offset = base::read_u32(rest_, 1);
    const size_t length = base::read_u32(rest_, 5);
    rest_.remove_prefix(kMarkHeadSize);
    if (mark.offset < last_ || mark.offset > text_size_)
        return unreadable_object("a mark is out of place");
    last_ = mark.offset;
    if (mark.type == PatchMark::Type::kInsert) {
        if (length > rest_.size()) return unreadable_object("a mark is cut off");
        mark.bytes = rest_.substr(0, length);
        rest_.remove_prefix(length);
    } else if (mark.type == PatchMark::Type::kUnwrap) {
        if (length > text_size_ - mark.offset) return unreadable_object("a mark is out of place");
        mark.length = length;
        last_ += length;
    } else {
        return unreadable_object("a mark is of an unknown type");
    }
    return mark;
}

base::Result<std::vector<PatchMark>> decode_marks(const StoredObject& object) {
    std::vector<PatchMark> marks;
    MarkReader reader(object);
    while (!reader.at_end()) {
        SNAPGATE_ASSIGN(const MarkReader::Mark mark, reader.next());
        marks.push_back({mark.type, static_cast<uint32_t>(mark.offset),
                         static_cast<uint32_t>(mark.length), std::string(mark.bytes)});
    }
    return marks;
}

bool same_but_version(const StoredObject& stored, const PreparedObject& object) {
    size_t version_length = stored.version.size();
    if (stored.text.size() != object.text.size() + version_length) return false;
    auto offset = static_cast<size_t>(stored.version.data() - stored.text.data());
    if (offset != object.version_offset) return false;
    std::string_view text = object.text;
    if (stored.text.substr(0, offset) != text.substr(0, offset)) return false;
    return stored.text.substr(offset + version_length) == text.substr(offset);
}

}  // namespace snapgate::model
