#include "store/log_row.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/varint.h"
#include "store/keys.h"
#include "store/rows.h"

namespace snapgate::store {
namespace {

// Four such rows fit on a page of LMDB.
constexpr size_t kRowBytes = 990;
// The most bytes of an entry: three varints of 10 bytes, two bytes, namespace and name.
constexpr size_t kEntryBytes = 32 + kMaxNamespace + kMaxName;

size_t shared_prefix(std::string_view a, std::string_view b) {
    auto end = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
    return static_cast<size_t>(end.first - a.begin());
}

// The byte of an entry's operation and kind.
bool is_known(uint8_t what) {
    const auto kind = static_cast<Kind>(what >> 2U);
    return (what & 3U) != 0 && std::ranges::find(model::kKinds, kind) != std::end(model::kKinds);
}

}  // namespace

bool LogRowBuilder::full() const {
    return entries_ >= kMaxEntries || value_.size() + kEntryBytes > kRowBytes;
}

void LogRowBuilder::clear() {
    value_.clear();
    address_.clear();
    last_ = 0;
    entries_ = 0;
}

void LogRowBuilder::add(const LogEntry& entry) {
    if (value_.empty()) {
        base::append_u64(entry.revision, value_);
        last_ = entry.revision;
    }
    base::append_varint(entry.revision - last_, value_);
    value_ +=
        static_cast<char>(static_cast<unsigned>(entry.op) + 4 * static_cast<unsigned>(entry.kind));
    if (entry.op != LogEntry::Op::kCreated)
        base::append_varint(entry.revision - entry.previous, value_);
    std::string address = entry.key.ns + entry.key.name;
    size_t shared = shared_prefix(address_, address);
    value_ += static_cast<char>(entry.key.ns.size());
    base::append_varint(shared, value_);
    base::append_varint(address.size() - shared, value_);
    value_.append(address, shared);
    address_ = std::move(address);
    last_ = entry.revision;
    ++entries_;
}

base::Result<bool> LogRowReader::next() {
    const Revision before = started_ ? entry_.revision : 0;
    if (!started_) {
        if (rest_.size() < 8) return corrupt_row("a row of the log");
        entry_.revision = load_u64(rest_, 0);
        rest_.remove_prefix(8);
        started_ = true;
    }
    if (rest_.empty()) return false;
    uint64_t step = 0;
    uint64_t shared = 0;
    uint64_t length = 0;
    if (!base::take_varint(rest_, step) || rest_.empty() || step > UINT64_MAX - entry_.revision)
        return corrupt_row("a row of the log");
    entry_.revision += step;
    auto what = static_cast<uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    entry_.op = static_cast<LogEntry::Op>(what & 3U);
    entry_.kind = static_cast<Kind>(what >> 2U);
    if (entry_.revision <= before || !is_known(what)) return corrupt_row("a row of the log");
    entry_.previous = 0;
    if (entry_.op != LogEntry::Op::kCreated) {
        uint64_t back = 0;
        if (!base::take_varint(rest_, back) || back == 0 || back > entry_.revision)
            return corrupt_row("a row of the log");
        entry_.previous = entry_.revision - back;
    }
    if (rest_.empty()) return corrupt_row("a row of the log");
    size_t ns_length = static_cast<uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    if (!base::take_varint(rest_, shared) || !base::take_varint(rest_, length) ||
        shared > address_.size() || length > rest_.size() || ns_length > shared + length)
        return corrupt_row("a row of the log");
    address_.resize(shared);
    address_ += rest_.substr(0, length);
    rest_.remove_prefix(length);
    entry_.key.ns.assign(address_, 0, ns_length);
    entry_.key.name.assign(address_, ns_length);
    // Keys are made of both.
    if (!fits_key(entry_.key.ns, entry_.key.name)) return corrupt_row("a row of the log");
    return true;
}

}  // namespace snapgate::store
