#include "engine/data_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "base/file_descriptor.h"
#include "engine/lmdb_file.h"
#include "engine/tree_check.h"

namespace snapgate::engine {
namespace {

using base::Code;
using base::Error;
using base::Result;

// sizeof(MDB_txninfo) and sizeof(MDB_reader): LMDB makes its lock file of this size, and sparse.
constexpr size_t kLockHeaderBytes = 192;
constexpr size_t kLockReaderBytes = 64;
// The meta pages and the pages that the first commit adds.
constexpr off_t kFirstPagesBytes = 64 << 10;

constexpr std::string_view kWhatToDo =
    "restore the store from a backup, or move the data directory away to begin with an empty one";

Error damaged(const std::filesystem::path& file, std::string_view how) {
    return {Code::kCorrupt, fmt::format("{} {}: {}", file.string(), how, kWhatToDo)};
}

// The error for one of the first two pages.
Error refused(const std::filesystem::path& file, const Error& why) {
    std::string_view advice;
    if (why.code == Code::kUnavailable) advice = ": use the snapgate that wrote it";
    if (why.code == Code::kInternal) advice = ": check the disk";
    if (!advice.empty())
        return {why.code, fmt::format("{} {}{}", file.string(), why.message, advice)};
    return damaged(file, fmt::format("is no store of snapgate, or damaged: one of its first two "
                                     "pages {}",
                                     why.message));
}

// The number of free pages from `first` on; nullopt if their list is damaged.
std::optional<uint64_t> count_free_pages(const lmdb::File& file, const lmdb::Meta& meta,
                                         uint64_t first) {
    uint64_t found = 0;
    bool whole = true;
    PageReport report;
    PageUse use(first);
    Faults faults(meta.page_bytes, report);
    check_tree({file, meta.page_bytes, meta.last_page, 0}, meta.free_pages, TreeKind::kFreePages,
               use, faults, [&](const Leaf& row) {
                   const auto pages = listed_pages(row.value);
                   whole &= pages.has_value();
                   if (!pages) return;
                   found += static_cast<uint64_t>(
                       std::ranges::count_if(*pages, [&](uint64_t page) { return page >= first; }));
               });
    if (!whole || !report.clean()) return std::nullopt;
    return found;
}

Error cannot(std::string_view what, const std::filesystem::path& file, int number) {
    if (base::means_disk_full(number)) {
        return {Code::kStorageFull,
                fmt::format("cannot {} {}: no room on disk, or the file may not grow (`ulimit "
                            "-f`); make room and start again",
                            what, file.string())};
    }
    return {Code::kUnavailable,
            fmt::format("cannot {} {}: {}", what, file.string(), std::strerror(number))};
}

}  // namespace

Result<DataFile> look_at_data_file(const std::filesystem::path& path) {
    // O_NONBLOCK: a pipe in the place of the file must not block the process.
    const lmdb::File file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    if (file.fd() < 0 && errno == ENOENT) {
        struct stat link{};
        if (::lstat(path.c_str(), &link) != 0) return DataFile::kMissing;
        return Error(Code::kUnavailable,
                     fmt::format("{} is a link to a file that is not there (was a volume not "
                                 "mounted?): bring it back",
                                 path.string()));
    }
    if (file.fd() < 0) return cannot("open", path, errno);
    struct stat status{};
    if (::fstat(file.fd(), &status) != 0) return cannot("look at", path, errno);
    if (!S_ISREG(status.st_mode)) return damaged(path, "is no regular file");
    const auto size = static_cast<uint64_t>(status.st_size);
    if (size == 0) return DataFile::kEmpty;
    const auto cut = [&](uint64_t needed) {
        return damaged(path,
                       fmt::format("is cut short, with {} of at least {} bytes", size, needed));
    };
    if (size < lmdb::kMetaBytes) return cut(lmdb::kMetaBytes);
    const Result<lmdb::Meta> first = lmdb::read_meta(file, 0);
    if (!first) return refused(path, first.error());
    if (size < lmdb::kMetaPages * first->page_bytes)
        return cut(lmdb::kMetaPages * first->page_bytes);
    const Result<lmdb::Meta> second = lmdb::read_meta(file, first->page_bytes);
    if (!second) return refused(path, second.error());
    const Result<lmdb::Meta> newest = lmdb::newer_meta(*first, *second);
    if (!newest) return refused(path, newest.error());
    const uint64_t pages = size / newest->page_bytes;
    if (pages > newest->last_page) return DataFile::kStore;
    // Pages that one commit took and freed again are never written, so the file may end before
    // them.
    const uint64_t missing = newest->last_page + 1 - pages;
    if (missing <= size / sizeof(uint64_t) && count_free_pages(file, *newest, pages) == missing)
        return DataFile::kStore;
    return cut((newest->last_page + 1) * newest->page_bytes);
}

Result<void> take_room(const std::filesystem::path& directory, size_t max_readers,
                       DataFile data_file) {
    const std::filesystem::path lock_path = directory / "lock.mdb";
    const lmdb::File lock(
        ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_NONBLOCK | O_CLOEXEC, 0600));
    if (lock.fd() < 0) return cannot("open", lock_path, errno);
    struct stat status{};
    if (::fstat(lock.fd(), &status) != 0) return cannot("look at", lock_path, errno);
    if (!S_ISREG(status.st_mode)) return cannot("use", lock_path, EINVAL);
    const auto bytes = static_cast<off_t>((max_readers - 1) * kLockReaderBytes + kLockHeaderBytes);
    int rc = ::posix_fallocate(lock.fd(), 0, std::max(bytes, status.st_size));
    if (rc != 0) return cannot("take room for", lock_path, rc);
    if (data_file == DataFile::kStore) return {};
    const std::filesystem::path data_path = directory / "data.mdb";
    const lmdb::File data(
        ::open(data_path.c_str(), O_RDWR | O_CREAT | O_NONBLOCK | O_CLOEXEC, 0600));
    if (data.fd() < 0) return cannot("open", data_path, errno);
    // LMDB takes a file without bytes for a new one, so the size must stay 0. Not every file system
    // can reserve room; there, the first write reports a full disk.
    if (::fallocate(data.fd(), FALLOC_FL_KEEP_SIZE, 0, kFirstPagesBytes) == 0) return {};
    if (base::means_disk_full(errno)) return cannot("take room for", data_path, errno);
    return {};
}

Result<void> settle_meta_pages(const std::filesystem::path& path) {
    const lmdb::File file(::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
    if (file.fd() < 0) return cannot("open", path, errno);
    const Result<lmdb::Meta> first = lmdb::read_meta(file, 0);
    if (!first) return refused(path, first.error());
    for (const uint64_t at : {uint64_t{0}, uint64_t{first->page_bytes}}) {
        std::string page;
        const Result<void> read = file.read(at, lmdb::kMetaBytes, page);
        if (!read) return refused(path, read.error());
        // Writing marks the page as changed, also if its bytes stay the same.
        const ssize_t written =
            ::pwrite(file.fd(), page.data(), page.size(), static_cast<off_t>(at));
        if (written != static_cast<ssize_t>(page.size()))
            return cannot("write to", path, written < 0 ? errno : EIO);
    }
    if (::fdatasync(file.fd()) != 0) return cannot("write to", path, errno);
    return {};
}

}  // namespace snapgate::engine
