#include "engine/tree_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace snapgate::engine {
namespace {

using lmdb::load;

// Longer values are taken for damage: no object of the store is near it, and a reader of values
// must not be made to take any amount of memory.
constexpr uint64_t kMostValueBytes = 64ULL << 20;

// The keys that a branch leaves to a page below it.
struct Bounds {
    std::optional<std::string_view> from;
    std::optional<std::string_view> to;
};

// Where a page of the tree is named.
struct Link {
    uint64_t page = 0;
    size_t at = 0;
    uint64_t to = 0;
};

// An entry whose bytes lie within its page.
struct Entry {
    size_t number = 0;  // on its page
    size_t at = 0;
    size_t bytes = 0;
    uint16_t flags = 0;
    std::string_view key;
    uint64_t below = 0;       // of a branch: the page
    uint64_t value_size = 0;  // of a leaf
    std::string_view value;   // of a leaf; the number of a page for an overflow value
};

class TreeCheck {
  public:
    TreeCheck(const TreeSource& source, const lmdb::Tree& tree, TreeKind kind, PageUse& use,
              Faults& faults, const LeafVisitor& visit, const TreePart& part)
        : source_(source),
          tree_(tree),
          kind_(kind),
          use_(use),
          faults_(faults),
          visit_(visit),
          part_(part) {}

    TreeWalk run() {
        const uint64_t before = faults_.count();
        if (tree_.root != lmdb::kNoPage) check_page({source_.meta_page, 0, tree_.root}, 1, {});
        // Counts say nothing where parts of the tree could not be read, or were not meant to be.
        if (faults_.count() == before && part_.from.empty() && !walk_.next) compare_counts();
        walk_.rows = seen_.entries;
        return std::move(walk_);
    }

  private:
    void check_page(const Link& link, size_t level, const Bounds& bounds) {
        const uint64_t number = link.to;
        std::string page;
        if (!claim(link) || !read_page(number, level, page)) return lose(bounds);
        const bool leaf = level == tree_.depth;
        ++(leaf ? seen_.leaf_pages : seen_.branch_pages);
        const uint64_t before = faults_.count();
        const std::vector<Entry> entries = read_entries(number, page, leaf);
        check_order(number, entries, leaf, bounds);
        if (faults_.count() != before) lose(bounds);
        for (size_t i = 0; i < entries.size() && !stops_before(entries[i]); ++i) {
            if (leaf) {
                if (is_before_part(entries[i].key)) continue;
                check_leaf(number, entries[i], bounds);
            } else {
                const Bounds below{i == 0 ? bounds.from : entries[i].key,
                                   i + 1 == entries.size() ? bounds.to : entries[i + 1].key};
                // What is below ends where the part begins, or earlier.
                if (below.to && !(part_.from < *below.to)) continue;
                check_page({number, entries[i].at, entries[i].below}, level + 1, below);
            }
        }
    }

    bool is_before_part(std::string_view key) const { return key < part_.from; }

    // Whether the part ends in front of the entry. Every part goes on behind its beginning, so that
    // the parts come to an end.
    bool stops_before(const Entry& entry) {
        if (walk_.next) return true;
        if (walk_.bytes < part_.most_bytes || entry.key <= part_.from) return false;
        walk_.next = entry.key;
        return true;
    }

    // Reads a page, which must have a header of its level.
    bool read_page(uint64_t number, size_t level, std::string& page) {
        walk_.bytes += source_.page_bytes;
        const auto read = source_.file.read(number * source_.page_bytes, source_.page_bytes, page);
        if (!read) return fault(number, 0, read.error().message);
        if (const auto other = load<uint64_t>(page, lmdb::kPageNumberAt); other != number)
            return fault(number, lmdb::kPageNumberAt, fmt::format("calls itself page {}", other));
        const auto flags = load<uint16_t>(page, lmdb::kPageFlagsAt);
        const bool leaf = level == tree_.depth;
        if (flags != (leaf ? lmdb::kLeafPage : lmdb::kBranchPage)) {
            return fault(number, lmdb::kPageFlagsAt,
                         fmt::format("has the flags {:#x}, where {} page of level {} of {} should "
                                     "be",
                                     flags, leaf ? "a leaf" : "a branch", level, tree_.depth));
        }
        const size_t lower = load<uint16_t>(page, lmdb::kPageLowerAt);
        const size_t upper = load<uint16_t>(page, lmdb::kPageUpperAt);
        if (lower < lmdb::kPageHeaderBytes || lower % 2 != 0 || lower > upper ||
            upper > source_.page_bytes) {
            return fault(number, lmdb::kPageLowerAt,
                         fmt::format("has entries from byte {} and their places up to byte {}",
                                     upper, lower));
        }
        return true;
    }

    // Reads the entries of a page; those that are damaged are reported and left out.
    std::vector<Entry> read_entries(uint64_t number, std::string_view page, bool leaf) {
        const size_t count =
            (load<uint16_t>(page, lmdb::kPageLowerAt) - lmdb::kPageHeaderBytes) / 2;
        // LMDB ends the process where a branch of the tree of rows leads to fewer than two pages.
        const size_t least = kind_ == TreeKind::kFreePages ? 0 : leaf ? 1 : 2;
        if (count < least)
            fault(number, lmdb::kPageLowerAt,
                  fmt::format("has {} entries, fewer than {}", count, least));
        std::vector<Entry> entries;
        entries.reserve(count);
        for (size_t i = 0; i < count; ++i) {
            Entry entry;
            entry.number = i;
            entry.at = load<uint16_t>(page, lmdb::kPageHeaderBytes + 2 * i);
            if (read_entry(number, page, leaf, entry)) entries.push_back(entry);
        }
        if (entries.size() == count) check_places(number, page, entries);
        return entries;
    }

    bool read_entry(uint64_t number, std::string_view page, bool leaf, Entry& entry) {
        const size_t upper = load<uint16_t>(page, lmdb::kPageUpperAt);
        if (entry.at < upper || entry.at + lmdb::kEntryHeaderBytes > page.size())
            return fault(number, lmdb::kPageHeaderBytes + 2 * entry.number,
                         fmt::format("has its entry {} at byte {}, outside of its entries",
                                     entry.number, entry.at));
        const size_t key_bytes = load<uint16_t>(page, entry.at + lmdb::kEntryKeyBytesAt);
        entry.flags = load<uint16_t>(page, entry.at + lmdb::kEntryFlagsAt);
        entry.bytes = lmdb::kEntryHeaderBytes + key_bytes;
        const uint64_t low = load<uint32_t>(page, entry.at);
        if (leaf) {
            if ((entry.flags & ~lmdb::kOverflowValue) != 0)
                return fault(
                    number, entry.at + lmdb::kEntryFlagsAt,
                    fmt::format("has the flags {:#x} in its entry {}", entry.flags, entry.number));
            entry.value_size = low;
            entry.bytes += entry.flags == lmdb::kOverflowValue ? sizeof(uint64_t) : low;
        } else {
            entry.below = low | static_cast<uint64_t>(entry.flags) << 32U;
        }
        if (entry.bytes > page.size() - entry.at)
            return fault(number, entry.at,
                         fmt::format("has an entry {} that is longer than the page", entry.number));
        const std::string_view bytes = page.substr(entry.at, entry.bytes);
        entry.key = bytes.substr(lmdb::kEntryHeaderBytes, key_bytes);
        entry.value = bytes.substr(lmdb::kEntryHeaderBytes + key_bytes);
        // The first key of a branch is not used: nothing is below it.
        if (!leaf && entry.number == 0) return true;
        const bool good = kind_ == TreeKind::kFreePages
                              ? key_bytes == sizeof(uint64_t)
                              : key_bytes >= 1 && key_bytes <= lmdb::kMostKeyBytes;
        return good ||
               fault(number, entry.at + lmdb::kEntryKeyBytesAt,
                     fmt::format("has a key of {} bytes in its entry {}", key_bytes, entry.number));
    }

    // LMDB leaves no room between entries: they fill the page from `upper` to its end.
    void check_places(uint64_t number, std::string_view page, const std::vector<Entry>& entries) {
        std::vector<std::pair<size_t, size_t>> places;
        places.reserve(entries.size());
        for (const Entry& entry : entries) places.emplace_back(entry.at, entry.bytes);
        std::ranges::sort(places);
        size_t end = load<uint16_t>(page, lmdb::kPageUpperAt);
        for (const auto& [at, bytes] : places) {
            if (at != end) break;
            end = at + bytes + bytes % 2;
        }
        if (end == page.size()) return;
        fault(number, std::min(end, page.size() - 1),
              fmt::format("has entries that overlap, or leave a gap, at byte {}", end));
    }

    void check_order(uint64_t number, const std::vector<Entry>& entries, bool leaf,
                     const Bounds& bounds) {
        const Entry* before = nullptr;
        for (const Entry& entry : entries) {
            if (!leaf && entry.number == 0) continue;
            if (before != nullptr && compare(before->key, entry.key) >= 0)
                fault(number, entry.at, fmt::format("has its entry {} out of order", entry.number));
            if ((bounds.from && compare(entry.key, *bounds.from) < 0) ||
                (bounds.to && compare(entry.key, *bounds.to) >= 0)) {
                fault(number, entry.at,
                      fmt::format("has a key in its entry {} that the branch above leaves to "
                                  "another page",
                                  entry.number));
            }
            before = &entry;
        }
    }

    void check_leaf(uint64_t number, const Entry& entry, const Bounds& bounds) {
        std::string long_value;
        std::string_view value = entry.value;
        if (entry.flags == lmdb::kOverflowValue) {
            if (!check_overflow(number, entry, long_value)) return lose(bounds);
            value = long_value;
        }
        ++seen_.entries;
        if (visit_) visit_({number, entry.at, entry.key, value});
    }

    bool check_overflow(uint64_t number, const Entry& entry, std::string& value) {
        const auto begin = load<uint64_t>(entry.value, 0);
        const std::string whose = fmt::format("has in its entry {} a long value", entry.number);
        if (entry.value_size > kMostValueBytes)
            return fault(number, entry.at, fmt::format("{} of {} bytes", whose, entry.value_size));
        std::string header;
        if (!in_file(begin) ||
            !source_.file.read(begin * source_.page_bytes, lmdb::kPageHeaderBytes, header))
            return fault(number, entry.at,
                         fmt::format("{} on page {}, which is not in the file", whose, begin));
        const uint64_t pages = load<uint32_t>(header, lmdb::kOverflowPagesAt);
        const uint64_t needed =
            (entry.value_size + lmdb::kPageHeaderBytes - 1) / source_.page_bytes + 1;
        if (load<uint64_t>(header, lmdb::kPageNumberAt) != begin ||
            load<uint16_t>(header, lmdb::kPageFlagsAt) != lmdb::kOverflowPage)
            return fault(begin, 0,
                         fmt::format("is not the first page of the long value of entry {} of page "
                                     "{}",
                                     entry.number, number));
        // A value that was overwritten by a shorter one keeps its pages.
        if (pages < needed || pages > use_.pages() - begin || !in_file(begin + pages - 1))
            return fault(begin, lmdb::kOverflowPagesAt,
                         fmt::format("begins a long value of {} pages, where {} are needed and the "
                                     "last page is {}",
                                     pages, needed, source_.last_page));
        for (uint64_t page = begin; page < begin + pages; ++page)
            if (!claim({number, entry.at, page})) return false;
        seen_.overflow_pages += pages;
        if (!visit_) return true;
        walk_.bytes += entry.value_size;
        const auto read = source_.file.read(begin * source_.page_bytes + lmdb::kPageHeaderBytes,
                                            entry.value_size, value);
        return read || fault(begin, 0, read.error().message);
    }

    bool in_file(uint64_t page) const {
        return page >= lmdb::kMetaPages && page <= source_.last_page && page < use_.pages();
    }

    bool claim(const Link& link) {
        if (!in_file(link.to))
            return fault(link.page, link.at,
                         fmt::format("leads to page {}, where the last page is {} and the file has "
                                     "{} pages",
                                     link.to, source_.last_page, use_.pages()));
        return use_.claim(link.to) ||
               fault(link.page, link.at,
                     fmt::format("leads to page {}, which is in use already", link.to));
    }

    void compare_counts() {
        const auto compare_count = [&](std::string_view what, uint64_t said, uint64_t seen) {
            if (said != seen)
                fault(source_.meta_page, 0,
                      fmt::format("says that there are {} {} of {}, and there are {}", said, what,
                                  kind_ == TreeKind::kRows ? "the rows" : "the free pages", seen));
        };
        compare_count("branch pages", tree_.branch_pages, seen_.branch_pages);
        compare_count("leaf pages", tree_.leaf_pages, seen_.leaf_pages);
        compare_count("overflow pages", tree_.overflow_pages, seen_.overflow_pages);
        compare_count("entries", tree_.entries, seen_.entries);
    }

    int compare(std::string_view a, std::string_view b) const {
        if (kind_ == TreeKind::kRows) return a.compare(b);
        const auto left = load<uint64_t>(a, 0);
        const auto right = load<uint64_t>(b, 0);
        return left < right ? -1 : left > right ? 1 : 0;
    }

    bool fault(uint64_t page, size_t at, std::string what) {
        faults_.add(page, at, std::move(what));
        return false;
    }

    void lose(const Bounds& bounds) {
        if (kind_ == TreeKind::kRows) faults_.lose(bounds.from.value_or(""), bounds.to);
    }

    const TreeSource& source_;
    const lmdb::Tree& tree_;
    const TreeKind kind_;
    PageUse& use_;
    Faults& faults_;
    const LeafVisitor& visit_;
    const TreePart& part_;
    TreeWalk walk_;
    lmdb::Tree seen_;  // counts of what was walked over
};

}  // namespace

bool PageUse::claim(uint64_t page) {
    if (used_[page]) return false;
    used_[page] = true;
    ++claimed_;
    return true;
}

void Faults::add(uint64_t page, size_t at, std::string what) {
    ++report_.fault_count;
    if (report_.faults.size() < kMostPageFaults)
        report_.faults.push_back({page * page_bytes_ + at, page, std::move(what)});
}

void Faults::lose(std::string_view from, std::optional<std::string_view> to) {
    if (report_.lost.size() == kMostLostRanges) {
        report_.lost_is_complete = false;
        return;
    }
    KeyRange range{std::string(from), std::nullopt};
    if (to) range.to = *to;
    const bool again = !report_.lost.empty() && report_.lost.back().from == range.from &&
                       report_.lost.back().to == range.to;
    if (!again) report_.lost.push_back(std::move(range));
}

TreeWalk check_tree(const TreeSource& source, const lmdb::Tree& tree, TreeKind kind, PageUse& use,
                    Faults& faults, const LeafVisitor& visit, const TreePart& part) {
    return TreeCheck(source, tree, kind, use, faults, visit, part).run();
}

std::optional<std::vector<uint64_t>> listed_pages(std::string_view value) {
    // The number of pages, the pages, and possibly room that was not needed.
    constexpr size_t kNumber = sizeof(uint64_t);
    if (value.size() < kNumber) return std::nullopt;
    const auto count = load<uint64_t>(value, 0);
    if (count > value.size() / kNumber - 1) return std::nullopt;
    std::vector<uint64_t> pages(count);
    for (size_t i = 0; i < count; ++i) pages[i] = load<uint64_t>(value, (i + 1) * kNumber);
    return pages;
}

}  // namespace snapgate::engine
