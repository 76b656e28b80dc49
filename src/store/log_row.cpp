#include "store/log_row.h"

#include <algorithm>

#include "base/encoding.h"
#include "store/keys.h"
#include "store/rows.h"

namespace snapgate::store {
namespace {

// Four such rows fit on a page of LMDB.
constexpr size_t kRowBytes = 990;
// The most bytes of an entry: three varints of 10 bytes, two bytes, namespace and name.
constexpr size_t kEntryBytes = 32 + kMaxNamespace + kMaxName;

void append_varint(uint64_t value, std::string& out) {
    while (value >= 0x80) {
        out += static_cast<char>(value | 0x80);
        value >>= 7;
    }
    out += static_cast<char>(value);
}

bool take_varint(std::string_view& rest, uint64_t& value) {
    value = 0;
    for (unsigned shift = 0; shift < 64 && !rest.empty(); shift += 7) {
        auto byte = static_cast<uint8_t>(rest.front());
        rest.remove_prefix(1);
        value |= static_cast<uint64_t>(byte & 0x7f) << shift;
        if (byte < 0x80) return true;
    }
    return false;
}

size_t shared_prefix(std::string_view a, std::string_view b) {
    auto end = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
    return static_cast<size_t>(end.first - a.begin());
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
    append_varint(entry.revision - last_, value_);
    value_ +=
        static_cast<char>(static_cast<unsigned>(entry.op) + 4 * static_cast<unsigned>(entry.kind));
    if (entry.op != LogEntry::Op::kCreated) append_varint(entry.revision - entry.previous, value_);
    std::string address = entry.key.ns + entry.key.name;
    size_t shared = shared_prefix(address_, address);
    value_ += static_cast<char>(entry.key.ns.size());
    append_varint(shared, value_);
    append_varint(address.size() - shared, value_);
    value_.append(address, shared);
    address_ = std::move(address);
    last_ = entry.revision;
    ++entries_;
}

base::Result<bool> LogRowReader::next() {
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
    if (!take_varint(rest_, step) || rest_.empty()) return corrupt_row("a row of the log");
    entry_.revision += step;
    auto what = static_cast<uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    entry_.op = static_cast<LogEntry::Op>(what & 3U);
    entry_.kind = static_cast<Kind>(what >> 2U);
    entry_.previous = 0;
    if (entry_.op != LogEntry::Op::kCreated) {
        uint64_t back = 0;
        if (!take_varint(rest_, back)) return corrupt_row("a row of the log");
        entry_.previous = entry_.revision - back;
    }
    if (rest_.empty()) return corrupt_row("a row of the log");
    size_t ns_length = static_cast<uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    if (!take_varint(rest_, shared) || !take_varint(rest_, length) || shared > address_.size() ||
        length > rest_.size() || ns_length > shared + length)
        return corrupt_row("a row of the log");
    address_.resize(shared);
    address_ += rest_.substr(0, length);
    rest_.remove_prefix(length);
    entry_.key.ns.assign(address_, 0, ns_length);
    entry_.key.name.assign(address_, ns_length);
    return true;
}

}  // namespace snapgate::store
