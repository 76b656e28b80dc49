#include "engine/data_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace snapgate::engine {
namespace {

using base::Code;
using base::Error;
using base::Result;

// The layout of LMDB 0.9's file, from its mdb.c, on a machine of 64 bits: page headers, nodes, and
// the two meta pages at the beginning. The meta page with the higher transaction number is the
// valid one.
constexpr size_t kPageHeaderBytes = 16;
constexpr size_t kPageFlagsAt = 10;
constexpr size_t kPageLowerAt = 12;
constexpr uint16_t kBranchPage = 0x01;
constexpr uint16_t kLeafPage = 0x02;
constexpr uint16_t kOverflowPage = 0x04;
constexpr uint16_t kMetaPage = 0x08;
constexpr size_t kMetaBytes = 152;
constexpr size_t kMagicAt = 16;
constexpr size_t kVersionAt = 20;
constexpr size_t kPageSizeAt = 40;
constexpr size_t kFreeRootAt = 80;
constexpr size_t kLastPageAt = 136;
constexpr size_t kTransactionAt = 144;
constexpr uint32_t kMagic = 0xBEEFC0DE;
constexpr uint32_t kVersion = 1;
constexpr uint64_t kNoPage = ~0ULL;
constexpr uint32_t kLeastPageBytes = 256;
constexpr uint32_t kMostPageBytes = 65536;
constexpr size_t kNodeHeaderBytes = 8;
constexpr uint16_t kOverflowValue = 0x01;
constexpr int kMostLevels = 32;

// sizeof(MDB_txninfo) and sizeof(MDB_reader): LMDB makes its lock file of this size, and sparse.
constexpr size_t kLockHeaderBytes = 192;
constexpr size_t kLockReaderBytes = 64;
// The meta pages and the pages that the first commit adds.
constexpr off_t kFirstPagesBytes = 64 << 10;

static_assert(std::endian::native == std::endian::little);

template <class T>
T load(std::string_view bytes, size_t at) {
    T value{};
    std::memcpy(&value, bytes.data() + at, sizeof(T));
    return value;
}

class File {
  public:
    explicit File(int fd) : fd_(fd) {}
    ~File() {
        if (fd_ >= 0) ::close(fd_);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    int fd() const { return fd_; }

    // Reads exactly `size` bytes; false if the file has fewer.
    bool read(uint64_t at, size_t size, std::string& bytes) const {
        bytes.resize(size);
        size_t have = 0;
        while (have < size) {
            const ssize_t count =
                ::pread(fd_, bytes.data() + have, size - have, static_cast<off_t>(at + have));
            if (count < 0 && errno == EINTR) continue;
            if (count <= 0) return false;
            have += static_cast<size_t>(count);
        }
        return true;
    }

  private:
    int fd_;
};

struct Meta {
    uint32_t page_bytes = 0;
    uint64_t free_root = kNoPage;  // of the tree that lists free pages
    uint64_t last_page = 0;
    uint64_t transaction = 0;
};

constexpr std::string_view kWhatToDo =
    "restore the store from a backup, or move the data directory away to begin with an empty one";

Error damaged(const std::filesystem::path& file, std::string_view how) {
    return {Code::kCorrupt, fmt::format("{} {}: {}", file.string(), how, kWhatToDo)};
}

Result<Meta> read_meta(const File& file, const std::filesystem::path& path, uint64_t at) {
    std::string bytes;
    if (!file.read(at, kMetaBytes, bytes))
        return damaged(path, "cannot be read to its first pages");
    if ((load<uint16_t>(bytes, kPageFlagsAt) & kMetaPage) == 0 ||
        load<uint32_t>(bytes, kMagicAt) != kMagic)
        return damaged(path, "is no store of snapgate, or its first pages are damaged");
    if (const auto version = load<uint32_t>(bytes, kVersionAt); version != kVersion) {
        return Error(Code::kUnavailable,
                     fmt::format("{} has format {} of LMDB, of which this snapgate reads {}: use "
                                 "the snapgate that wrote it",
                                 path.string(), version, kVersion));
    }
    Meta meta{load<uint32_t>(bytes, kPageSizeAt), load<uint64_t>(bytes, kFreeRootAt),
              load<uint64_t>(bytes, kLastPageAt), load<uint64_t>(bytes, kTransactionAt)};
    if (meta.page_bytes < kLeastPageBytes || meta.page_bytes > kMostPageBytes ||
        !std::has_single_bit(meta.page_bytes) || meta.last_page > (1ULL << 48) / meta.page_bytes)
        return damaged(path, "has a damaged first page");
    return meta;
}

// Counts the pages from `first` on in the tree of free pages. It maps nothing and trusts nothing in
// the file: if it cannot read a page, there is no count.
class FreePages {
  public:
    FreePages(const File& file, uint64_t pages, uint32_t page_bytes, uint64_t first)
        : file_(file), pages_(pages), page_bytes_(page_bytes), first_(first), unread_(pages) {}

    bool count(uint64_t root, uint64_t& found) {
        if (root != kNoPage && !visit(root, kMostLevels)) return false;
        found = found_;
        return true;
    }

  private:
    bool visit(uint64_t page, int levels) {
        std::string bytes;
        // This also ends a tree that leads back to itself.
        if (levels == 0 || unread_-- == 0 || page >= pages_ ||
            !file_.read(page * page_bytes_, page_bytes_, bytes))
            return false;
        const auto flags = load<uint16_t>(bytes, kPageFlagsAt);
        const size_t lower = load<uint16_t>(bytes, kPageLowerAt);
        if (lower < kPageHeaderBytes || lower > page_bytes_ ||
            (flags & (kBranchPage | kLeafPage)) == 0)
            return false;
        for (size_t at = kPageHeaderBytes; at + 1 < lower; at += 2) {
            const size_t node = load<uint16_t>(bytes, at);
            if (node + kNodeHeaderBytes > page_bytes_) return false;
            const uint64_t low = load<uint32_t>(bytes, node);
            const auto high = load<uint16_t>(bytes, node + 4);
            const size_t value = node + kNodeHeaderBytes + load<uint16_t>(bytes, node + 6);
            const bool good = (flags & kBranchPage) != 0
                                  ? visit(low | static_cast<uint64_t>(high) << 32, levels - 1)
                                  : take(bytes, value, low, (high & kOverflowValue) != 0);
            if (!good) return false;
        }
        return true;
    }

    // One transaction's list: its length, then the pages.
    bool take(std::string_view page, size_t at, uint64_t size, bool overflow) {
        std::string list;
        if (overflow) {
            if (at + sizeof(uint64_t) > page.size()) return false;
            const auto begin = load<uint64_t>(page, at);
            if (begin >= pages_ || size > (pages_ - begin) * page_bytes_ ||
                !file_.read(begin * page_bytes_, kPageHeaderBytes + size, list) ||
                (load<uint16_t>(list, kPageFlagsAt) & kOverflowPage) == 0)
                return false;
            list.erase(0, kPageHeaderBytes);
        } else {
            if (at > page.size() || size > page.size() - at) return false;
            list = page.substr(at, size);
        }
        if (list.size() < sizeof(uint64_t)) return false;
        const auto length = load<uint64_t>(list, 0);
        if (length > list.size() / sizeof(uint64_t) - 1) return false;
        for (size_t i = 1; i <= length; ++i) {
            if (load<uint64_t>(list, i * sizeof(uint64_t)) >= first_) ++found_;
        }
        return true;
    }

    const File& file_;
    const uint64_t pages_;  // the number of whole pages in the file
    const uint32_t page_bytes_;
    const uint64_t first_;
    uint64_t unread_;
    uint64_t found_ = 0;
};

Error cannot(std::string_view what, const std::filesystem::path& file, int number) {
    if (number == ENOSPC || number == EDQUOT || number == EFBIG) {
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
    const File file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
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
    if (size < kMetaBytes) return cut(kMetaBytes);
    SNAPGATE_ASSIGN(const Meta first, read_meta(file, path, 0));
    if (size < 2ULL * first.page_bytes) return cut(2ULL * first.page_bytes);
    SNAPGATE_ASSIGN(const Meta second, read_meta(file, path, first.page_bytes));
    const Meta& newest = first.transaction < second.transaction ? second : first;
    const uint64_t pages = size / newest.page_bytes;
    if (pages > newest.last_page) return DataFile::kStore;
    // Pages that one commit took and freed again are never written, so the file may end before
    // them.
    uint64_t free = 0;
    const uint64_t missing = newest.last_page + 1 - pages;
    if (missing <= size / sizeof(uint64_t) &&
        FreePages(file, pages, newest.page_bytes, pages).count(newest.free_root, free) &&
        free == missing)
        return DataFile::kStore;
    return cut((newest.last_page + 1) * newest.page_bytes);
}

Result<void> take_room(const std::filesystem::path& directory, size_t max_readers,
                       DataFile data_file) {
    const std::filesystem::path lock_path = directory / "lock.mdb";
    const File lock(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_NONBLOCK | O_CLOEXEC, 0600));
    if (lock.fd() < 0) return cannot("open", lock_path, errno);
    struct stat status{};
    if (::fstat(lock.fd(), &status) != 0) return cannot("look at", lock_path, errno);
    if (!S_ISREG(status.st_mode)) return cannot("use", lock_path, EINVAL);
    const auto bytes = static_cast<off_t>((max_readers - 1) * kLockReaderBytes + kLockHeaderBytes);
    int rc = ::posix_fallocate(lock.fd(), 0, std::max(bytes, status.st_size));
    if (rc != 0) return cannot("take room for", lock_path, rc);
    if (data_file == DataFile::kStore) return {};
    const std::filesystem::path data_path = directory / "data.mdb";
    const File data(::open(data_path.c_str(), O_RDWR | O_CREAT | O_NONBLOCK | O_CLOEXEC, 0600));
    if (data.fd() < 0) return cannot("open", data_path, errno);
    // LMDB takes a file without bytes for a new one, so the size must stay 0. Not every file system
    // can reserve room; there, the first write reports a full disk.
    if (::fallocate(data.fd(), FALLOC_FL_KEEP_SIZE, 0, kFirstPagesBytes) == 0) return {};
    if (errno == ENOSPC || errno == EDQUOT || errno == EFBIG)
        return cannot("take room for", data_path, errno);
    return {};
}

}  // namespace snapgate::engine
