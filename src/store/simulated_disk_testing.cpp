#include "store/simulated_disk_testing.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace snapgate::store {
namespace {

std::atomic<SimulatedDisk*> the_disk = nullptr;

// The C library's function of that name.
template <class Function>
Function next(const char* name) {
    return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

ssize_t real_pwrite(int fd, const void* bytes, size_t size, off_t offset) {
    static const auto function = next<ssize_t (*)(int, const void*, size_t, off_t)>("pwrite");
    return function(fd, bytes, size, offset);
}

ssize_t real_pread(int fd, void* bytes, size_t size, off_t offset) {
    static const auto function = next<ssize_t (*)(int, void*, size_t, off_t)>("pread");
    return function(fd, bytes, size, offset);
}

int failed_with(int error) {
    errno = error;
    return -1;
}

}  // namespace

SimulatedDisk::SimulatedDisk(uint64_t seed) : random_(seed) {
    SimulatedDisk* none = nullptr;
    if (!the_disk.compare_exchange_strong(none, this))
        throw std::logic_error("there is a simulated disk already");
}

SimulatedDisk::~SimulatedDisk() {
    the_disk = nullptr;
    if (cache_ >= 0) ::close(cache_);
}

void SimulatedDisk::attach(const std::filesystem::path& file) {
    const std::scoped_lock lock(mutex_);
    if (cache_ >= 0) ::close(cache_);
    // LMDB has a descriptor that it cannot read through.
    cache_ = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat status{};
    if (cache_ < 0 || ::fstat(cache_, &status) != 0)
        throw std::runtime_error("cannot open " + file.string());
    device_ = status.st_dev;
    inode_ = status.st_ino;
    std::ifstream content(file, std::ios::binary);
    disk_.assign(std::istreambuf_iterator<char>(content), {});
    cache_bytes_ = disk_.size();
    pending_.clear();
}

void SimulatedDisk::fail(size_t after, size_t calls) {
    const std::scoped_lock lock(mutex_);
    calls_until_failure_ = after;
    failures_left_ = calls;
    error_ = pick(2) == 0 ? EIO : ENOSPC;
    failed_ = false;
}

bool SimulatedDisk::heal() {
    const std::scoped_lock lock(mutex_);
    failures_left_ = 0;
    return std::exchange(failed_, false);
}

std::string SimulatedDisk::power_cut() {
    const std::scoped_lock lock(mutex_);
    std::string left = disk_;
    const size_t chance_in_4 = pick(5);
    for (const auto& [number, versions] : pending_) {
        if (pick(4) >= chance_in_4) continue;
        const size_t end = (number + 1) * kSectorBytes;
        if (left.size() < end) left.resize(end);
        left.replace(number * kSectorBytes, kSectorBytes, versions[pick(versions.size())]);
    }
    // The file's length is written on its own. It is never short of what the file holds.
    if (left.size() < cache_bytes_ && pick(2) == 0) left.resize(cache_bytes_);
    left.resize((left.size() + kPageBytes - 1) / kPageBytes * kPageBytes);
    return left;
}

SimulatedDisk* SimulatedDisk::of(int fd) {
    SimulatedDisk* disk = the_disk;
    if (disk == nullptr) return nullptr;
    struct stat status{};
    if (::fstat(fd, &status) != 0) return nullptr;
    const std::scoped_lock lock(disk->mutex_);
    return status.st_dev == disk->device_ && status.st_ino == disk->inode_ ? disk : nullptr;
}

ssize_t SimulatedDisk::write(int fd, std::string_view bytes, off_t offset) {
    const std::scoped_lock lock(mutex_);
    if (before_call) before_call();
    const bool through = (::fcntl(fd, F_GETFL) & O_DSYNC) != 0;
    size_t size = bytes.size();
    const bool failing = fails();
    if (failing) {
        // Nothing is written, or the first pages, or all of it but not to the disk.
        const size_t pages = size / kPageBytes;
        if (!through || error_ == ENOSPC) size = pick(pages + 1) * kPageBytes;
        if (size == bytes.size() && !through) size -= std::min(size, kPageBytes);
    }
    if (size > 0) {
        const ssize_t written = real_pwrite(fd, bytes.data(), size, offset);
        if (written != static_cast<ssize_t>(size)) return written;
        note_pages(offset, size);
    }
    if (through) {
        const auto first = static_cast<size_t>(offset) / kPageBytes * kPageBytes / kSectorBytes;
        const size_t end = (static_cast<size_t>(offset) + size) / kSectorBytes + 1;
        for (auto at = pending_.lower_bound(first); at != pending_.end() && at->first < end;) {
            if (!failing || pick(2) == 0) settle_sector(at->first, at->second.back());
            at = pending_.erase(at);
        }
    }
    if (failing && (through || size == 0)) return failed_with(error_);
    return static_cast<ssize_t>(size);
}

int SimulatedDisk::flush(int /*fd*/) {
    const std::scoped_lock lock(mutex_);
    if (before_call) before_call();
    const bool failing = fails();
    settle_all(failing);
    return failing ? failed_with(error_) : 0;
}

bool SimulatedDisk::read_fails() {
    const std::scoped_lock lock(mutex_);
    if (!fails()) return false;
    errno = EIO;
    return true;
}

bool SimulatedDisk::fails() {
    ++calls_;
    if (failures_left_ == 0) return false;
    if (calls_until_failure_ > 0) {
        --calls_until_failure_;
        return false;
    }
    --failures_left_;
    ++failures_;
    failed_ = true;
    return true;
}

size_t SimulatedDisk::pick(size_t below) {
    return std::uniform_int_distribution<size_t>(0, below - 1)(random_);
}

// Notes what the pages of a write hold now, as far as it differs from what is noted.
void SimulatedDisk::note_pages(off_t begin, size_t size) {
    const size_t first = static_cast<size_t>(begin) / kPageBytes;
    const size_t end = (static_cast<size_t>(begin) + size + kPageBytes - 1) / kPageBytes;
    cache_bytes_ = std::max<uint64_t>(cache_bytes_, end * kPageBytes);
    std::string page(kPageBytes, '\0');
    for (size_t number = first; number < end; ++number) {
        std::ranges::fill(page, '\0');
        static_cast<void>(
            real_pread(cache_, page.data(), kPageBytes, static_cast<off_t>(number * kPageBytes)));
        for (size_t at = 0; at < kPageBytes; at += kSectorBytes) {
            const std::string_view sector = std::string_view(page).substr(at, kSectorBytes);
            Versions& versions = pending_[(number * kPageBytes + at) / kSectorBytes];
            if (versions.empty() || versions.back() != sector) versions.emplace_back(sector);
        }
    }
}

void SimulatedDisk::settle_sector(size_t number, const std::string& content) {
    const size_t end = (number + 1) * kSectorBytes;
    if (disk_.size() < end) disk_.resize(end);
    disk_.replace(number * kSectorBytes, kSectorBytes, content);
}

// Brings what is pending to the disk: all of it, or any of it.
void SimulatedDisk::settle_all(bool any) {
    for (const auto& [number, versions] : pending_)
        if (!any || pick(2) == 0) settle_sector(number, versions.back());
    pending_.clear();
    if (!any) disk_.resize(std::max<size_t>(disk_.size(), cache_bytes_));
}

}  // namespace snapgate::store

// The parameters are named as the system's headers name them.

extern "C" ssize_t pwrite(int fd, const void* buf, size_t n, off_t offset) {
    using snapgate::store::SimulatedDisk;
    SimulatedDisk* disk = SimulatedDisk::of(fd);
    if (disk == nullptr) return snapgate::store::real_pwrite(fd, buf, n, offset);
    return disk->write(fd, {static_cast<const char*>(buf), n}, offset);
}

extern "C" ssize_t writev(int fd, const struct iovec* iovec, int count) {
    using snapgate::store::SimulatedDisk;
    SimulatedDisk* disk = SimulatedDisk::of(fd);
    if (disk == nullptr) {
        static const auto function =
            snapgate::store::next<ssize_t (*)(int, const struct iovec*, int)>("writev");
        return function(fd, iovec, count);
    }
    std::string bytes;
    for (int i = 0; i < count; ++i)
        bytes.append(static_cast<const char*>(iovec[i].iov_base), iovec[i].iov_len);
    const off_t offset = ::lseek(fd, 0, SEEK_CUR);
    const ssize_t written = disk->write(fd, bytes, offset);
    if (written > 0) ::lseek(fd, offset + written, SEEK_SET);
    return written;
}

extern "C" ssize_t pread(int fd, void* buf, size_t nbytes, off_t offset) {
    using snapgate::store::SimulatedDisk;
    SimulatedDisk* disk = SimulatedDisk::of(fd);
    if (disk != nullptr && disk->read_fails()) return -1;
    return snapgate::store::real_pread(fd, buf, nbytes, offset);
}

extern "C" int fdatasync(int fildes) {
    using snapgate::store::SimulatedDisk;
    SimulatedDisk* disk = SimulatedDisk::of(fildes);
    if (disk != nullptr) return disk->flush(fildes);
    static const auto function = snapgate::store::next<int (*)(int)>("fdatasync");
    return function(fildes);
}

extern "C" int fsync(int fd) {
    using snapgate::store::SimulatedDisk;
    SimulatedDisk* disk = SimulatedDisk::of(fd);
    if (disk != nullptr) return disk->flush(fd);
    static const auto function = snapgate::store::next<int (*)(int)>("fsync");
    return function(fd);
}
