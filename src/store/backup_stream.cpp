#include "store/backup_stream.h"

#include <fmt/format.h>

#include "base/checksum.h"
#include "base/encoding.h"

namespace snapgate::store {
namespace {

using base::Code;
using base::Error;
using base::Result;

constexpr std::string_view kMark = "SNAPGATE BACKUP\n";
constexpr size_t kBlockHead = 5;
constexpr size_t kChecksumBytes = 4;
constexpr size_t kRowHead = 6;

uint32_t checksum_of(uint32_t before, BlockType type, std::string_view content) {
    std::string key;
    base::append_u32(before, key);
    key += static_cast<char>(type);
    return base::checksum(key, content);
}

Error damaged(std::string_view what) {
    return {Code::kCorrupt, fmt::format("the backup is damaged: {}", what)};
}

}  // namespace

void BlockWriter::begin(std::string& out) const {
    out += kMark;
}

void BlockWriter::add(BlockType type, std::string_view content, std::string& out) {
    checksum_ = checksum_of(checksum_, type, content);
    out += static_cast<char>(type);
    base::append_u32(static_cast<uint32_t>(content.size()), out);
    out += content;
    base::append_u32(checksum_, out);
}

Result<void> BlockReader::feed(std::string_view piece) {
    buffer_.erase(0, at_);
    at_ = 0;
    buffer_ += piece;
    if (!begun_) {
        const std::string_view mark = std::string_view(buffer_).substr(0, kMark.size());
        if (mark != kMark.substr(0, mark.size()))
            return Error(Code::kCorrupt, "this is no backup of snapgate");
        if (mark.size() < kMark.size()) return {};
        begun_ = true;
        at_ = kMark.size();
    }
    bool more = true;
    while (more) {
        SNAPGATE_ASSIGN(more, take_block());
    }
    return {};
}

Result<bool> BlockReader::take_block() {
    const std::string_view rest = std::string_view(buffer_).substr(at_);
    if (rest.size() < kBlockHead) return false;
    const size_t length = base::read_u32(rest, 1);
    if (length > kMostBlockBytes)
        return damaged(fmt::format("its block {} has an impossible length", blocks_));
    if (rest.size() < kBlockHead + length + kChecksumBytes) return false;
    const auto type = static_cast<BlockType>(rest[0]);
    const std::string_view content = rest.substr(kBlockHead, length);
    const uint32_t expected = checksum_of(checksum_, type, content);
    if (base::read_u32(rest, kBlockHead + length) != expected)
        return damaged(fmt::format("its block {} does not have its checksum", blocks_));
    checksum_ = expected;
    at_ += kBlockHead + length + kChecksumBytes;
    SNAPGATE_TRY(check_order(type));
    ++blocks_;
    SNAPGATE_TRY(sink_(type, content));
    return true;
}

Result<void> BlockReader::check_order(BlockType type) {
    const bool known = type == BlockType::kHead || type == BlockType::kFile ||
                       type == BlockType::kRows || type == BlockType::kEnd;
    if (!known || (blocks_ == 0) != (type == BlockType::kHead) ||
        (ended_ && type != BlockType::kFile))
        return damaged(fmt::format("its block {} is of a wrong type", blocks_));
    ended_ |= type == BlockType::kEnd;
    return {};
}

Result<void> BlockReader::finish() const {
    if (ended_ && at_ == buffer_.size()) return {};
    if (buffer_.empty() && blocks_ == 0) return Error(Code::kCorrupt, "the backup is empty");
    return Error(
        Code::kCorrupt,
        fmt::format("the backup is not whole: it ends within or behind its block {}", blocks_));
}

void add_file(BlockWriter& writer, const BackupFile& file, std::string& out) {
    std::string content(1, static_cast<char>(file.name.size()));
    content += file.name;
    content += file.content;
    writer.add(BlockType::kFile, content, out);
}

Result<BackupFile> read_file(std::string_view content) {
    const size_t name = content.empty() ? 0 : static_cast<uint8_t>(content[0]);
    if (name == 0 || content.size() - 1 < name) return damaged("a file has no name");
    return BackupFile{std::string(content.substr(1, name)), std::string(content.substr(1 + name))};
}

void append_row(std::string_view key, std::string_view value, std::string& out) {
    base::append_u16(static_cast<uint16_t>(key.size()), out);
    base::append_u32(static_cast<uint32_t>(value.size()), out);
    out += key;
    out += value;
}

Result<BackupRow> take_row(std::string_view& rows) {
    if (rows.size() < kRowHead) return damaged("a row is cut off");
    const size_t key = base::read_u16(rows, 0);
    const size_t value = base::read_u32(rows, 2);
    if (rows.size() - kRowHead < key || rows.size() - kRowHead - key < value)
        return damaged("a row is cut off");
    BackupRow row{rows.substr(kRowHead, key), rows.substr(kRowHead + key, value)};
    if (row.key.empty()) return damaged("a row has no key");
    rows.remove_prefix(kRowHead + key + value);
    return row;
}

}  // namespace snapgate::store
