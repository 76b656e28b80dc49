#include "engine/lmdb_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

namespace snapgate::engine::lmdb {
namespace {

using base::Code;
using base::Error;
using base::Result;

constexpr size_t kMagicAt = 16;
constexpr size_t kVersionAt = 20;
constexpr size_t kFreeTreeAt = 40;
constexpr size_t kRowTreeAt = 88;
constexpr size_t kLastPageAt = 136;
constexpr size_t kTransactionAt = 144;
// Within a tree's part of a meta page. The tree of free pages has the page size in its first bytes.
constexpr size_t kPageBytesAt = 0;
constexpr size_t kFlagsAt = 4;
constexpr size_t kDepthAt = 6;
constexpr size_t kBranchPagesAt = 8;
constexpr size_t kLeafPagesAt = 16;
constexpr size_t kTreeOverflowPagesAt = 24;
constexpr size_t kEntriesAt = 32;
constexpr size_t kRootAt = 40;

// The tree of free pages has numbers as keys. LMDB keeps flags of the whole file there, too: how a
// tool that copied the file was told its name.
constexpr uint16_t kNumberKeys = 0x08;
constexpr uint16_t kNoDirectory = 0x4000;

constexpr uint32_t kMagic = 0xBEEFC0DE;
constexpr uint32_t kVersion = 1;
constexpr uint32_t kLeastPageBytes = 256;
constexpr uint32_t kMostPageBytes = 32768;
constexpr uint64_t kMostFileBytes = 1ULL << 48;

Tree load_tree(std::string_view page, size_t at) {
    return {.flags = load<uint16_t>(page, at + kFlagsAt),
            .depth = load<uint16_t>(page, at + kDepthAt),
            .branch_pages = load<uint64_t>(page, at + kBranchPagesAt),
            .leaf_pages = load<uint64_t>(page, at + kLeafPagesAt),
            .overflow_pages = load<uint64_t>(page, at + kTreeOverflowPagesAt),
            .entries = load<uint64_t>(page, at + kEntriesAt),
            .root = load<uint64_t>(page, at + kRootAt)};
}

bool possible(const Tree& tree, uint64_t last_page) {
    if (tree.root == kNoPage) return tree.depth == 0;
    return tree.root >= kMetaPages && tree.root <= last_page && tree.depth >= 1 &&
           tree.depth <= kMostLevels;
}

}  // namespace

Result<void> File::read(uint64_t at, size_t size, std::string& bytes) const {
    bytes.resize(size);
    size_t have = 0;
    while (have < size) {
        const ssize_t count =
            ::pread(fd(), bytes.data() + have, size - have, static_cast<off_t>(at + have));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) {
            return Error(Code::kInternal, fmt::format("cannot be read: {}", std::strerror(errno)));
        }
        if (count == 0) return Error(Code::kCorrupt, "lies beyond the end of the file");
        have += static_cast<size_t>(count);
    }
    return {};
}

Result<Meta> read_meta(const File& file, uint64_t at) {
    std::string page;
    SNAPGATE_TRY(file.read(at, kMetaBytes, page));
    if ((load<uint16_t>(page, kPageFlagsAt) & kMetaPage) == 0 ||
        load<uint32_t>(page, kMagicAt) != kMagic)
        return Error(Code::kCorrupt, "is not what LMDB writes there");
    if (const auto version = load<uint32_t>(page, kVersionAt); version != kVersion) {
        return Error(Code::kUnavailable, fmt::format("has format {} of LMDB, of which this "
                                                     "snapgate reads {}",
                                                     version, kVersion));
    }
    Meta meta{.page_bytes = load<uint32_t>(page, kFreeTreeAt + kPageBytesAt),
              .free_pages = load_tree(page, kFreeTreeAt),
              .rows = load_tree(page, kRowTreeAt),
              .last_page = load<uint64_t>(page, kLastPageAt),
              .transaction = load<uint64_t>(page, kTransactionAt)};
    if (meta.page_bytes < kLeastPageBytes || meta.page_bytes > kMostPageBytes ||
        !std::has_single_bit(meta.page_bytes))
        return Error(Code::kCorrupt, fmt::format("names a page size of {}", meta.page_bytes));
    if (meta.last_page < kMetaPages - 1 || meta.last_page > kMostFileBytes / meta.page_bytes)
        return Error(Code::kCorrupt, fmt::format("names {} as the last page", meta.last_page));
    return meta;
}

Result<Meta> newer_meta(const Meta& first, const Meta& second) {
    const bool second_is_newer = first.transaction < second.transaction;
    const Meta& newer = second_is_newer ? second : first;
    const Meta& older = second_is_newer ? first : second;
    if (newer.page_bytes != older.page_bytes)
        return Error(Code::kCorrupt, "names another page size than the other one");
    // Commit N is written to page 0 if N is even, otherwise to page 1. A new file has 0 in both.
    const bool new_file = newer.transaction == 0;
    if (!new_file && (newer.transaction != older.transaction + 1 ||
                      (newer.transaction % 2 == 1) != second_is_newer)) {
        return Error(Code::kCorrupt,
                     fmt::format("does not follow the other one: they hold the commits {} and {}",
                                 first.transaction, second.transaction));
    }
    // The older page may contradict itself: after a failed write LMDB leaves it mixed.
    for (const Tree* tree : {&newer.free_pages, &newer.rows}) {
        if (possible(*tree, newer.last_page)) continue;
        return Error(Code::kCorrupt,
                     fmt::format("names page {} as the root of a tree of {} levels, where the last "
                                 "page is {}",
                                 tree->root, tree->depth, newer.last_page));
    }
    if (newer.rows.flags != 0 || (newer.free_pages.flags & ~kNoDirectory) != kNumberKeys)
        return Error(Code::kCorrupt, fmt::format("names the flags {:#x} and {:#x} of its trees",
                                                 newer.free_pages.flags, newer.rows.flags));
    return newer;
}

}  // namespace snapgate::engine::lmdb
