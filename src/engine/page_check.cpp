#include "engine/page_check.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "engine/lmdb_file.h"
#include "engine/tree_check.h"

namespace snapgate::engine {
namespace {

using base::Code;
using base::Error;
using base::Result;

// LMDB takes the page size of the system. It matters here only if the first page is damaged.
constexpr uint32_t kUsualPageBytes = 4096;
// So often the head of a file that is being written is read before it is taken for damaged.
constexpr int kReadsOfMeta = 8;

int open_to_read(const std::filesystem::path& path) {
    // O_NONBLOCK: a pipe in the place of the file must not block the process.
    return ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
}

Result<uint64_t> size_of(const lmdb::File& file, const std::filesystem::path& path) {
    struct stat status{};
    if (file.fd() < 0 || ::fstat(file.fd(), &status) != 0) {
        return Error(Code::kUnavailable,
                     fmt::format("cannot open {}: {}", path.string(), std::strerror(errno)));
    }
    return static_cast<uint64_t>(status.st_size);
}

// Holds the list of free pages against the pages in use.
class FreePageCheck {
  public:
    FreePageCheck(const lmdb::Meta& meta, PageUse& use, Faults& faults)
        : meta_(meta), use_(use), faults_(faults) {}

    // A row of the tree of free pages: the commit that freed them, and the pages in falling order.
    void take(const Leaf& row) {
        const auto commit = lmdb::load<uint64_t>(row.key, 0);
        if (commit == 0 || commit > meta_.transaction)
            return fault(row, fmt::format("lists pages that commit {} freed, and the newest is {}",
                                          commit, meta_.transaction));
        const auto pages = listed_pages(row.value);
        if (!pages) return fault(row, "has a list of free pages that is cut off");
        uint64_t before = lmdb::kNoPage;
        for (const uint64_t page : *pages) {
            if (page >= before || page < lmdb::kMetaPages || page > meta_.last_page)
                return fault(row, fmt::format("lists page {} after {} as free, where the last page "
                                              "is {}",
                                              page, before, meta_.last_page));
            before = page;
            // A page that was freed by the commit that took it was never written.
            if (page >= use_.pages()) {
                beyond_.push_back(page);
            } else if (!use_.claim(page)) {
                fault(row,
                      fmt::format("lists page {} as free, which is in use or listed twice", page));
            } else {
                ++free_;
            }
        }
    }

    // After the last row. Returns the number of free pages that the file has.
    uint64_t finish() {
        std::ranges::sort(beyond_);
        const auto twice = std::ranges::unique(beyond_);
        for (const uint64_t page : twice) faults_.add(page, 0, "is listed twice as a free page");
        beyond_.erase(twice.begin(), twice.end());
        const uint64_t pages = meta_.last_page + 1;
        const uint64_t missing = pages > use_.pages() ? pages - use_.pages() : 0;
        if (missing != beyond_.size())
            faults_.add(use_.pages(), 0,
                        fmt::format("and others up to {} are missing at the end of the file, where "
                                    "only {} of them are free",
                                    meta_.last_page, beyond_.size()));
        return free_;
    }

  private:
    void fault(const Leaf& row, std::string what) {
        faults_.add(row.page, row.at, std::move(what));
    }

    const lmdb::Meta& meta_;
    PageUse& use_;
    Faults& faults_;
    std::vector<uint64_t> beyond_;  // free pages that the file does not have
    uint64_t free_ = 0;
};

struct Newest {
    lmdb::Meta meta;
    uint64_t page = 0;  // the meta page that it is from
};

// The newest commit that can be read; nullopt if there is none.
std::optional<Newest> newest_commit(const lmdb::File& file, PageReport& report) {
    const Result<lmdb::Meta> first = lmdb::read_meta(file, 0);
    const uint32_t page_bytes = first ? first->page_bytes : kUsualPageBytes;
    Faults faults(page_bytes, report);
    if (!first) faults.add(0, 0, first.error().message);
    const Result<lmdb::Meta> second = lmdb::read_meta(file, page_bytes);
    if (!second) faults.add(1, 0, second.error().message);
    if (!first && !second) return std::nullopt;
    if (!first || !second) return Newest{first ? *first : *second, first ? 0U : 1U};
    if (const auto newer = lmdb::newer_meta(*first, *second); !newer)
        faults.add(0, 0, newer.error().message);
    const bool is_second = first->transaction < second->transaction;
    return Newest{is_second ? *second : *first, is_second ? 1U : 0U};
}

void check_commit(const lmdb::File& file, uint64_t file_bytes, const Newest& newest,
                  const RowVisitor& visit, PageReport& report) {
    const lmdb::Meta& meta = newest.meta;
    const TreeSource source{file, meta.page_bytes, meta.last_page, newest.page};
    Faults faults(meta.page_bytes, report);
    report.page_bytes = meta.page_bytes;
    report.pages = file_bytes / meta.page_bytes;
    PageUse use(report.pages);
    for (uint64_t page = 0; page < std::min(lmdb::kMetaPages, report.pages); ++page)
        use.claim(page);
    LeafVisitor rows;
    if (visit) rows = [&visit](const Leaf& row) { visit(row.key, row.value); };
    report.rows = check_tree(source, meta.rows, TreeKind::kRows, use, faults, rows).rows;
    check_tree(source, meta.free_pages, TreeKind::kFreePages, use, faults, [](const Leaf&) {});
    report.used_pages = use.claimed();

    // The lists are read in a second walk, when all pages in use are known. What is wrong with the
    // pages of this tree was reported above.
    FreePageCheck free(meta, use, faults);
    PageReport ignored;
    PageUse walked(report.pages);
    Faults reported(meta.page_bytes, ignored);
    check_tree(source, meta.free_pages, TreeKind::kFreePages, walked, reported,
               [&free](const Leaf& row) { free.take(row); });
    report.free_pages = free.finish();
    report.stray_pages = std::min(report.pages, meta.last_page + 1) - use.claimed();
}

}  // namespace

Result<PageReport> check_pages(const std::filesystem::path& path, const RowVisitor& visit) {
    const lmdb::File file(open_to_read(path));
    SNAPGATE_ASSIGN(const uint64_t bytes, size_of(file, path));
    PageReport report;
    const auto newest = newest_commit(file, report);
    if (newest) check_commit(file, bytes, *newest, visit, report);
    return report;
}

Result<PartReport> check_part(const std::filesystem::path& path, std::string_view from,
                              uint64_t most_bytes, const RowVisitor& visit) {
    const lmdb::File file(open_to_read(path));
    PageReport report;
    std::optional<Newest> newest;
    // A commit may write its meta page just now.
    for (int attempt = 0; attempt < kReadsOfMeta && (!newest || !report.clean()); ++attempt) {
        report = {};
        newest = newest_commit(file, report);
    }
    PartReport part;
    if (newest) {
        // The file may have grown since its head was read, but never shrinks.
        SNAPGATE_ASSIGN(const uint64_t bytes, size_of(file, path));
        const lmdb::Meta& meta = newest->meta;
        Faults faults(meta.page_bytes, report);
        PageUse use(bytes / meta.page_bytes);
        TreeWalk walk = check_tree({file, meta.page_bytes, meta.last_page, newest->page}, meta.rows,
                                   TreeKind::kRows, use, faults,
                                   [&visit](const Leaf& row) { visit(row.key, row.value); },
                                   {std::string(from), most_bytes});
        part.rows = walk.rows;
        part.next = std::move(walk.next);
    }
    part.faults = std::move(report.faults);
    part.fault_count = report.fault_count;
    return part;
}

}  // namespace snapgate::engine
