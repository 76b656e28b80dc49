#include "engine/transaction.h"

#include <lmdb.h>

#include <cstring>
#include <utility>

#include "base/checksum.h"
#include "base/encoding.h"
#include "engine/environment.h"
#include "engine/failure.h"
#include "engine/leaf_page.h"

namespace snapgate::engine {
namespace {

MDB_val to_val(std::string_view bytes) {
    // LMDB takes keys as non-const but does not write to them.
    return {bytes.size(), const_cast<char*>(bytes.data())};  // NOLINT
}

std::string_view to_view(const MDB_val& val) {
    return {static_cast<const char*>(val.mv_data), val.mv_size};
}

// What stands before each value: its checksum.
constexpr size_t kChecksumBytes = sizeof(uint32_t);
// How many bytes of a value to fetch ahead. The processor fetches the rest by itself.
constexpr size_t kFetchAhead = 1024;
constexpr size_t kCacheLine = 64;

base::Result<std::optional<std::string_view>> get_row(const Environment& environment, MDB_txn* txn,
                                                      unsigned table, std::string_view key) {
    MDB_val key_val = to_val(key);
    MDB_val value_val;
    int rc = mdb_get(txn, table, &key_val, &value_val);
    if (rc == MDB_NOTFOUND) return std::optional<std::string_view>();
    if (means_damage(rc)) return environment.damaged(key, Fault::kPage);
    if (rc != MDB_SUCCESS) return read_failure(rc);
    SNAPGATE_ASSIGN(const auto value, verify_row(environment, key, to_view(value_val)));
    return std::optional(value);
}

}  // namespace

base::Result<std::string_view> verify_row(const Environment& environment, std::string_view key,
                                          std::string_view stored) {
    if (stored.size() < kChecksumBytes) return environment.damaged(key, Fault::kChecksum);
    const std::string_view value = stored.substr(kChecksumBytes);
    if (base::read_u32(stored, 0) != base::checksum(key, value))
        return environment.damaged(key, Fault::kChecksum);
    return value;
}

Reader::~Reader() {
    for (MDB_cursor* cursor : idle_cursors) mdb_cursor_close(cursor);
    if (txn != nullptr) mdb_txn_abort(txn);
}

Cursor::Cursor(Cursor&& other) noexcept
    : environment_(other.environment_),
      cursor_(std::exchange(other.cursor_, nullptr)),
      reader_(other.reader_),
      checks_(other.checks_),
      key_(other.key_),
      stored_(other.stored_),
      leaf_(other.leaf_) {}

Cursor::~Cursor() {
    if (cursor_ == nullptr) return;
    if (reader_ != nullptr) {
        reader_->idle_cursors.push_back(cursor_);
    } else {
        mdb_cursor_close(cursor_);
    }
}

base::Result<bool> Cursor::move(unsigned operation, std::string_view key) {
    MDB_val key_val = to_val(key);
    MDB_val value_val;
    int rc = mdb_cursor_get(cursor_, &key_val, &value_val, static_cast<MDB_cursor_op>(operation));
    if (rc == MDB_NOTFOUND) return false;
    if (means_damage(rc)) return environment_->damaged(key.empty() ? key_ : key, Fault::kPage);
    if (rc != MDB_SUCCESS) return read_failure(rc);
    key_ = to_view(key_val);
    stored_ = to_view(value_val);
    return true;
}

base::Result<std::string_view> Cursor::value() const {
    return verify_row(*environment_, key_, stored_);
}

void Cursor::prefetch() const {
    for (size_t at = 0; at < stored_.size() && at < kFetchAhead; at += kCacheLine)
        __builtin_prefetch(stored_.data() + at);
}

// The leaf page of a row that a reader found: its key is always there. Null if it is not known.
const char* Cursor::page_of(std::string_view key) const {
    const size_t bytes = environment_->page_bytes_;
    if (bytes == 0) return nullptr;
    // It is a power of two.
    return key.data() - (reinterpret_cast<uintptr_t>(key.data()) & (bytes - 1));
}

// `sought`: what the error names.
base::Result<void> Cursor::check_leaf(std::string_view sought) {
    const char* const leaf = page_of(key_);
    if (leaf == leaf_) return {};
    if (!is_sound_leaf({leaf, environment_->page_bytes_}))
        return environment_->damaged(sought, Fault::kPage);
    leaf_ = leaf;
    return {};
}

// After a search for `key` that found no such row, but the next one or none: a row that has that
// key and cannot be found would be in front of the place that the search came to. The row that is
// there is verified if it begins with `prefix`.
base::Result<void> Cursor::check_front(std::string_view key, std::string_view prefix, bool found) {
    const std::string_view behind = key_;
    const char* const leaf = leaf_;
    SNAPGATE_ASSIGN(const bool any, move(found ? MDB_PREV : MDB_LAST, {}));
    if (any) {
        // A zeroed row has an empty key.
        if (key_.empty() || key_ >= key) return environment_->damaged(key, Fault::kPage);
        if (page_of(key_) != page_of(behind)) SNAPGATE_TRY(check_leaf(key));
        if (key_.starts_with(prefix)) SNAPGATE_TRY(value());
    }
    if (!found) return {};
    SNAPGATE_ASSIGN(const bool back, any ? move(MDB_NEXT, {}) : move(MDB_SET_RANGE, key));
    if (!back || key_.data() != behind.data()) return environment_->damaged(key, Fault::kPage);
    leaf_ = leaf;
    return {};
}

// After a search for `key`: whether the place that it came to is the right one.
base::Result<void> Cursor::check_gap(std::string_view key, bool found) {
    if (found) SNAPGATE_TRY(check_leaf(key));
    if (found && key_ == key) return {};
    if (found && key_ < key) return environment_->damaged(key, Fault::kPage);
    return check_front(key, {}, found);
}

base::Result<bool> Cursor::seek(std::string_view key) {
    SNAPGATE_ASSIGN(const bool found, move(MDB_SET_RANGE, key));
    if (checks_) SNAPGATE_TRY(check_gap(key, found));
    return found;
}

base::Result<bool> Cursor::find(std::string_view key, std::string_view prefix) {
    SNAPGATE_ASSIGN(const bool found, move(MDB_SET_RANGE, key));
    if (found && key_.starts_with(prefix)) {
        if (checks_ && key_ != key) SNAPGATE_TRY(check_front(key, prefix, true));
        return true;
    }
    if (!checks_) return false;
    SNAPGATE_TRY(check_gap(key, found));
    if (found) SNAPGATE_TRY(value());
    return false;
}

base::Result<bool> Cursor::next() {
    const std::string_view before = key_;
    SNAPGATE_ASSIGN(const bool found, move(MDB_NEXT, {}));
    if (!checks_ || !found || page_of(key_) == leaf_) return found;
    SNAPGATE_TRY(check_leaf(before));
    if (key_ <= before) return environment_->damaged(before, Fault::kPage);
    return true;
}

base::Result<bool> Cursor::within(std::string_view prefix) const {
    if (key_.starts_with(prefix)) return true;
    if (checks_) SNAPGATE_TRY(value());
    return false;
}

base::Result<bool> Cursor::seek(std::string_view key, std::string_view prefix) {
    SNAPGATE_ASSIGN(const bool found, seek(key));
    if (!found) return false;
    return within(prefix);
}

base::Result<bool> Cursor::next(std::string_view prefix) {
    SNAPGATE_ASSIGN(const bool found, next());
    if (!found) return false;
    return within(prefix);
}

base::Result<bool> Cursor::seek_back(std::string_view key) {
    SNAPGATE_ASSIGN(const bool found, seek(key));
    if (!found) return move(MDB_LAST, {});
    if (key_ == key) return true;
    return move(MDB_PREV, {});
}

ReadTransaction::~ReadTransaction() {
    if (reader_) environment_->give_back(std::move(reader_));
}

base::Result<std::optional<std::string_view>> ReadTransaction::get(std::string_view key) const {
    SNAPGATE_ASSIGN(const auto value, get_row(*environment_, reader_->txn, reader_->table, key));
    if (value) return value;
    // The cursor looks whether there is no such row, or only no way to it.
    SNAPGATE_ASSIGN(Cursor at, cursor());
    SNAPGATE_ASSIGN(const bool found, at.seek(key));
    if (found && at.key() == key) return environment_->damaged(key, Fault::kPage);
    if (found) SNAPGATE_TRY(at.value());
    return value;
}

base::Result<Cursor> ReadTransaction::cursor() const {
    return make_cursor(true);
}

base::Result<Cursor> ReadTransaction::plain_cursor() const {
    return make_cursor(false);
}

base::Result<Cursor> ReadTransaction::make_cursor(bool checks) const {
    MDB_cursor* cursor = nullptr;
    int rc = MDB_SUCCESS;
    if (!reader_->idle_cursors.empty()) {
        cursor = reader_->idle_cursors.back();
        reader_->idle_cursors.pop_back();
        rc = mdb_cursor_renew(reader_->txn, cursor);
        if (rc != MDB_SUCCESS) mdb_cursor_close(cursor);
    } else {
        rc = mdb_cursor_open(reader_->txn, reader_->table, &cursor);
    }
    if (rc != MDB_SUCCESS) return read_failure(rc);
    return Cursor(environment_, cursor, reader_.get(), checks);
}

WriteTransaction::WriteTransaction(WriteTransaction&& other) noexcept
    : environment_(other.environment_), txn_(std::exchange(other.txn_, nullptr)) {}

WriteTransaction::~WriteTransaction() {
    if (txn_ != nullptr) mdb_txn_abort(txn_);
}

base::Result<std::optional<std::string_view>> WriteTransaction::get(std::string_view key) const {
    return get_row(*environment_, txn_, environment_->table_, key);
}

base::Result<Cursor> WriteTransaction::cursor() const {
    MDB_cursor* cursor = nullptr;
    int rc = mdb_cursor_open(txn_, environment_->table_, &cursor);
    if (rc != MDB_SUCCESS) return read_failure(rc);
    return Cursor(environment_, cursor, nullptr, false);
}

int WriteTransaction::store(std::string_view key, std::string_view value, unsigned flags) {
    MDB_val key_val = to_val(key);
    MDB_val place = {kChecksumBytes + value.size(), nullptr};
    // LMDB makes the place, and the value is written there: it is copied once.
    const int rc = mdb_put(txn_, environment_->table_, &key_val, &place, flags | MDB_RESERVE);
    if (rc != MDB_SUCCESS) return rc;
    std::string sum;
    base::append_u32(base::checksum(key, value), sum);
    auto* const to = static_cast<char*>(place.mv_data);
    std::memcpy(to, sum.data(), kChecksumBytes);
    if (!value.empty()) std::memcpy(to + kChecksumBytes, value.data(), value.size());
    return rc;
}

base::Result<void> WriteTransaction::put(std::string_view key, std::string_view value) {
    const int rc = store(key, value, 0);
    if (rc != MDB_SUCCESS) return environment_->error(rc, "write");
    return {};
}

base::Result<bool> WriteTransaction::add(std::string_view key, std::string_view value) {
    const int rc = store(key, value, MDB_NOOVERWRITE);
    if (rc == MDB_KEYEXIST) return false;
    if (rc != MDB_SUCCESS) return environment_->error(rc, "write");
    return true;
}

base::Result<void> WriteTransaction::append(std::string_view key, std::string_view value) {
    const int rc = store(key, value, MDB_APPEND);
    if (rc != MDB_SUCCESS) return environment_->error(rc, "write");
    return {};
}

base::Result<void> WriteTransaction::put_plain(std::string_view key, std::string_view value) {
    MDB_val key_val = to_val(key);
    MDB_val value_val = to_val(value);
    const int rc = mdb_put(txn_, environment_->table_, &key_val, &value_val, 0);
    if (rc != MDB_SUCCESS) return environment_->error(rc, "write");
    return {};
}

base::Result<bool> WriteTransaction::erase(std::string_view key) {
    MDB_val key_val = to_val(key);
    int rc = mdb_del(txn_, environment_->table_, &key_val, nullptr);
    if (rc == MDB_NOTFOUND) return false;
    if (rc != MDB_SUCCESS) return environment_->error(rc, "write");
    return true;
}

base::Result<void> WriteTransaction::commit() {
    environment_->note_commit(mdb_txn_id(txn_));
    int rc = mdb_txn_commit(std::exchange(txn_, nullptr));
    if (rc != MDB_SUCCESS) return environment_->error(rc, "commit");
    return {};
}

}  // namespace snapgate::engine
