#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/lmdb_file.h"
#include "engine/page_check.h"

// One tree of a data file, page by page. Used by the checks of the whole file.
namespace snapgate::engine {

// Which pages are in use. Covers the pages that the file has.
class PageUse {
  public:
    explicit PageUse(uint64_t pages) : used_(pages) {}
    uint64_t pages() const { return used_.size(); }
    bool used(uint64_t page) const { return used_[page]; }
    // False if the page was claimed before.
    bool claim(uint64_t page);
    uint64_t claimed() const { return claimed_; }

  private:
    std::vector<bool> used_;
    uint64_t claimed_ = 0;
};

// The faults of a file, and the ranges of keys that they cost. Both lists are bounded.
class Faults {
  public:
    Faults(uint32_t page_bytes, PageReport& report) : page_bytes_(page_bytes), report_(report) {}
    // A fault at byte `at` of a page.
    void add(uint64_t page, size_t at, std::string what);
    void lose(std::string_view from, std::optional<std::string_view> to);
    uint64_t count() const { return report_.fault_count; }

  private:
    uint32_t page_bytes_;
    PageReport& report_;
};

// A row of a leaf page. The views are valid during the call.
struct Leaf {
    uint64_t page = 0;
    size_t at = 0;  // of its entry, in bytes from the beginning of the page
    std::string_view key;
    std::string_view value;
};
using LeafVisitor = std::function<void(const Leaf&)>;

struct TreeSource {
    const lmdb::File& file;
    uint32_t page_bytes = 0;
    uint64_t last_page = 0;
    uint64_t meta_page = 0;  // where faults of the tree as a whole are reported
};

enum class TreeKind {
    kRows,       // keys in byte order
    kFreePages,  // keys are numbers of 8 bytes
};

// Which part of a tree to check: the rows from key `from` on, and the pages that lead to them,
// until `most_bytes` were read. At least one row or page is, if there is any.
struct TreePart {
    std::string from;
    uint64_t most_bytes = ~0ULL;
};

// What a check of a tree walked over.
struct TreeWalk {
    uint64_t rows = 0;
    uint64_t bytes = 0;
    std::optional<std::string> next;  // where the next part begins; nullopt at the end of the tree
};

// Walks a tree in order of its keys and checks its pages, claiming each. Calls `visit`, if there is
// one, for every row that can be read; without it, long values are not read. The time and memory
// that it takes are bounded by the file's size, whatever is in the file.
TreeWalk check_tree(const TreeSource& source, const lmdb::Tree& tree, TreeKind kind, PageUse& use,
                    Faults& faults, const LeafVisitor& visit, const TreePart& part = {});

// The pages that a row of the tree of free pages lists; nullopt if the row has another form.
std::optional<std::vector<uint64_t>> listed_pages(std::string_view value);

}  // namespace snapgate::engine
