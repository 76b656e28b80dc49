#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"

struct MDB_env;
struct MDB_txn;
struct MDB_cursor;

namespace snapgate::engine {

class Environment;

// The part of a read transaction that is kept between its uses.
struct Reader {
    Reader() = default;
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;
    ~Reader();

    MDB_env* env = nullptr;
    MDB_txn* txn = nullptr;
    unsigned table = 0;
    std::vector<MDB_cursor*> idle_cursors;
};

// A place in the ordered table. Its key and value are valid as long as its transaction says. The
// transaction must outlive it; only the thread that uses the transaction uses the cursor.
class Cursor {
  public:
    ~Cursor();
    Cursor(Cursor&& other) noexcept;
    Cursor& operator=(Cursor&&) = delete;

    // Moves to the first row at or after `key`; false if there is none.
    base::Result<bool> seek(std::string_view key);
    // Moves to the next row; false at the end. Only after a move that returned true.
    base::Result<bool> next();
    // Moves to the last row at or before `key`; false if there is none.
    base::Result<bool> seek_back(std::string_view key);

    std::string_view key() const { return key_; }
    std::string_view value() const { return value_; }

  private:
    friend class ReadTransaction;
    friend class WriteTransaction;
    Cursor(MDB_cursor* cursor, Reader* reader) : cursor_(cursor), reader_(reader) {}
    base::Result<bool> move(unsigned operation, std::string_view key);

    MDB_cursor* cursor_;
    Reader* reader_;  // returns here at the end; null in a write transaction
    std::string_view key_;
    std::string_view value_;
};

// One consistent state. The views that it returns are valid until it is destroyed. Used by one
// thread at a time.
class ReadTransaction {
  public:
    ~ReadTransaction();
    ReadTransaction(ReadTransaction&& other) noexcept = default;
    ReadTransaction& operator=(ReadTransaction&&) = delete;

    base::Result<std::optional<std::string_view>> get(std::string_view key) const;
    base::Result<Cursor> cursor() const;

  private:
    friend class Environment;
    ReadTransaction(Environment* environment, std::unique_ptr<Reader> reader)
        : environment_(environment), reader_(std::move(reader)) {}

    Environment* environment_;
    std::unique_ptr<Reader> reader_;
};

// Changes that become visible and durable together. Without a commit, they are dropped with the
// transaction. It sees its own changes. The views that it returns are valid until its next change.
// It stays on the thread that began it, and its cursors must be destroyed before the commit. After
// a failed change it can only be dropped.
class WriteTransaction {
  public:
    ~WriteTransaction();
    WriteTransaction(WriteTransaction&& other) noexcept;
    WriteTransaction& operator=(WriteTransaction&&) = delete;

    base::Result<std::optional<std::string_view>> get(std::string_view key) const;
    base::Result<Cursor> cursor() const;
    base::Result<void> put(std::string_view key, std::string_view value);
    // Adds a row; if the key has a row already, leaves that row unchanged and returns false.
    base::Result<bool> add(std::string_view key, std::string_view value);
    // False if there is no such row.
    base::Result<bool> erase(std::string_view key);
    // kStorageFull if there is no room: then nothing was changed, and later commits may succeed.
    base::Result<void> commit();

  private:
    friend class Environment;
    WriteTransaction(Environment* environment, MDB_txn* txn)
        : environment_(environment), txn_(txn) {}

    Environment* environment_;
    MDB_txn* txn_;
};

}  // namespace snapgate::engine
