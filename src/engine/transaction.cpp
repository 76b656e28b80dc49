#include "engine/transaction.h"

#include <lmdb.h>

#include <cstring>
#include <utility>

#include "base/checksum.h"
#include "base/encoding.h"
#include "engine/environment.h"
#include "engine/failure.h"

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
    if (rc != MDB_SUCCESS) return read_failure(rc);
    SNAPGATE_ASSIGN(const auto value, verify_row(environment, key, to_view(value_val)));
    return std::optional(value);
}

}  // namespace

base::Result<std::string_view> verify_row(const Environment& environment, std::string_view key,
                                          std::string_view stored) {
    if (stored.size() < kChecksumBytes) return environment.damaged(key);
    const std::string_view value = stored.substr(kChecksumBytes);
    if (base::read_u32(stored, 0) != base::checksum(key, value)) return environment.damaged(key);
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
      key_(other.key_),
      stored_(other.stored_) {}

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

base::Result<bool> Cursor::seek(std::string_view key) {
    return move(MDB_SET_RANGE, key);
}

base::Result<bool> Cursor::next() {
    return move(MDB_NEXT, {});
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
    return get_row(*environment_, reader_->txn, reader_->table, key);
}

base::Result<Cursor> ReadTransaction::cursor() const {
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
    return Cursor(environment_, cursor, reader_.get());
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
    return Cursor(environment_, cursor, nullptr);
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
