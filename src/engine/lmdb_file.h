#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/file_descriptor.h"
#include "base/result.h"

// The file of LMDB 0.9 as it is laid out on a machine of 64 bits, and a reader of it that uses
// system calls only. Nothing that it reads is trusted.
//
// A file is a row of pages. Pages 0 and 1 are meta pages: each commit writes one of them in turn,
// so they hold the newest two commits. All other pages belong to the tree of rows, to the tree that
// lists free pages, or are free. A tree has branch pages, whose entries lead to pages below, and
// leaf pages, whose entries are rows. A value that is too long for a leaf has overflow pages of its
// own.
namespace snapgate::engine::lmdb {

static_assert(std::endian::native == std::endian::little);

inline constexpr uint64_t kMetaPages = 2;
inline constexpr size_t kMetaBytes = 152;  // of the header and the content of a meta page
inline constexpr uint64_t kNoPage = ~0ULL;
inline constexpr size_t kMostLevels = 32;  // of a tree that LMDB follows
inline constexpr size_t kMostKeyBytes = 511;

// The header of a page, and what follows it.
inline constexpr size_t kPageHeaderBytes = 16;
inline constexpr size_t kPageNumberAt = 0;
inline constexpr size_t kPageFlagsAt = 10;
inline constexpr size_t kPageLowerAt = 12;      // end of the places of entries
inline constexpr size_t kPageUpperAt = 14;      // beginning of the entries
inline constexpr size_t kOverflowPagesAt = 12;  // instead of both, in the first of overflow pages
inline constexpr uint16_t kBranchPage = 0x01;
inline constexpr uint16_t kLeafPage = 0x02;
inline constexpr uint16_t kOverflowPage = 0x04;
inline constexpr uint16_t kMetaPage = 0x08;

// An entry: 8 bytes, the key, and on a leaf the value. The 8 bytes are the value's size (u32),
// flags and the key's size (u16 each); on a branch the first six are the number of the page below.
inline constexpr size_t kEntryHeaderBytes = 8;
inline constexpr size_t kEntryFlagsAt = 4;
inline constexpr size_t kEntryKeyBytesAt = 6;
inline constexpr uint16_t kOverflowValue = 0x01;  // the value is the number of its first page

// Reads a number of the file; `at` plus its size must not exceed `bytes`.
template <class T>
T load(std::string_view bytes, size_t at) {
    T value{};
    std::memcpy(&value, bytes.data() + at, sizeof(T));
    return value;
}

// What a meta page says of a tree.
struct Tree {
    uint16_t flags = 0;  // of the order of its keys, and whether a key may have several values
    uint16_t depth = 0;
    uint64_t branch_pages = 0;
    uint64_t leaf_pages = 0;
    uint64_t overflow_pages = 0;
    uint64_t entries = 0;
    uint64_t root = kNoPage;
};

// One commit.
struct Meta {
    uint32_t page_bytes = 0;
    Tree free_pages;
    Tree rows;
    uint64_t last_page = 0;
    uint64_t transaction = 0;
};

// An open file; closed with this.
class File {
  public:
    explicit File(int fd) : fd_(fd) {}
    int fd() const { return fd_.get(); }

    // Reads exactly `size` bytes at offset `at`; kCorrupt if the file ends before them,
    // kInternal if the disk fails.
    base::Result<void> read(uint64_t at, size_t size, std::string& bytes) const;

  private:
    base::FileDescriptor fd_;
};

// Reads the meta page at offset `at`. An error says what is wrong with the page ("names ..."):
// kUnavailable for a format of LMDB that is not 0.9's, otherwise as File::read.
base::Result<Meta> read_meta(const File& file, uint64_t at);

// The newer of two meta pages, after both were held against each other. kCorrupt, in the same form,
// if they cannot be of two commits in a row, or if the newer one contradicts itself.
base::Result<Meta> newer_meta(const Meta& first, const Meta& second);

}  // namespace snapgate::engine::lmdb
