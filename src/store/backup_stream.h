#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "store/store.h"

namespace snapgate::store {

// The form of a backup: a mark, then blocks. A block is its type (u8), the length of its content
// (u32), the content, and a checksum (u32) of the type, the content and the checksum before it. So
// each block's checksum is one over all that came before, and a block that is changed, missing or
// in another place is found.
enum class BlockType : uint8_t {
    kHead = 1,  // what the backup is (backup_head.h); the first block
    kFile = 2,  // u8 length of a name, the name, the content of that file
    kRows = 3,  // rows: u16 length of the key, u32 length of the value, key, value
    kEnd = 4,   // u64: the number of rows. Only files may follow.
};

// A row with the largest object fits.
inline constexpr size_t kMostBlockBytes = 8 << 20;

// Makes blocks.
class BlockWriter {
  public:
    void begin(std::string& out) const;  // the mark
    void add(BlockType type, std::string_view content, std::string& out);
    // Goes on behind blocks that a BlockReader has read.
    void follow(uint32_t checksum) { checksum_ = checksum; }

  private:
    uint32_t checksum_ = 0;
};

// Reads blocks from pieces of any size, in constant memory. kCorrupt for what is no backup, or is
// damaged; the messages are for people. One thread.
class BlockReader {
  public:
    // Called with each block; its error ends the reading.
    using Sink = std::function<base::Result<void>(BlockType, std::string_view content)>;

    explicit BlockReader(Sink sink) : sink_(std::move(sink)) {}

    base::Result<void> feed(std::string_view piece);
    // At the end of the input: kCorrupt if it was cut off.
    base::Result<void> finish() const;
    // Of the last block.
    uint32_t checksum() const { return checksum_; }

  private:
    base::Result<bool> take_block();
    base::Result<void> check_order(BlockType type);

    Sink sink_;
    std::string buffer_;
    size_t at_ = 0;  // what of the buffer was read
    uint32_t checksum_ = 0;
    uint64_t blocks_ = 0;
    bool begun_ = false;
    bool ended_ = false;
};

// A file of a backup, as a block; and back, kCorrupt.
void add_file(BlockWriter& writer, const BackupFile& file, std::string& out);
base::Result<BackupFile> read_file(std::string_view content);

void append_row(std::string_view key, std::string_view value, std::string& out);
// Takes the first row off `rows`. kCorrupt.
struct BackupRow {
    std::string_view key;
    std::string_view value;
};
base::Result<BackupRow> take_row(std::string_view& rows);

}  // namespace snapgate::store
