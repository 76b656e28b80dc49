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
//
// A move does not look at the value; whoever uses a row asks for value(), and so does whoever ends
// a walk because a row is not one of those it wants: that row's key may be what is damaged. A move
// to a row with a `prefix` does it by itself.
//
// The cursors of a ReadTransaction also notice that rows are missing, which LMDB does not: a search
// goes past the rows of a damaged page. Each leaf page that they come to is checked (leaf_page.h),
// and of a key that is not there, the rows in front of it and behind it. Then a move is kCorrupt.
// What they cannot notice is a branch page that leads to another leaf in its place; page_check.h
// finds that.
class Cursor {
  public:
    ~Cursor();
    Cursor(Cursor&& other) noexcept;
    Cursor& operator=(Cursor&&) = delete;

    // Moves to the first row at or after `key`; false if there is none.
    base::Result<bool> seek(std::string_view key);
    // Moves to the next row; false at the end. Only after a move that returned true.
    base::Result<bool> next();
    // The same two; false also if the key of the row does not begin with `prefix`.
    base::Result<bool> seek(std::string_view key, std::string_view prefix);
    base::Result<bool> next(std::string_view prefix);
    // As seek, for one row of which there may be several: the first one at or after `key` whose key
    // begins with `prefix`, as `key` does. Where there is one it is cheaper than seek: its leaf is
    // not checked as a whole, and the row in front of it only if it is another one of them.
    base::Result<bool> find(std::string_view key, std::string_view prefix);
    // Moves to the last row at or before `key`; false if there is none.
    base::Result<bool> seek_back(std::string_view key);

    std::string_view key() const { return key_; }
    // kCorrupt, in the words of Options::damaged, if the row's checksum is wrong.
    base::Result<std::string_view> value() const;
    // The bytes as they are stored, with their checksum, which is not verified.
    std::string_view stored() const { return stored_; }
    // Has the processor fetch the value, which will be asked for soon.
    void prefetch() const;

  private:
    friend class ReadTransaction;
    friend class WriteTransaction;
    Cursor(const Environment* environment, MDB_cursor* cursor, Reader* reader, bool checks)
        : environment_(environment), cursor_(cursor), reader_(reader), checks_(checks) {}
    base::Result<bool> move(unsigned operation, std::string_view key);
    base::Result<bool> within(std::string_view prefix) const;
    const char* page_of(std::string_view key) const;
    base::Result<void> check_leaf(std::string_view sought);
    base::Result<void> check_gap(std::string_view key, bool found);
    base::Result<void> check_front(std::string_view key, std::string_view prefix, bool found);

    const Environment* environment_;
    MDB_cursor* cursor_;
    Reader* reader_;  // returns here at the end; null in a write transaction
    bool checks_;     // that no row is missing
    std::string_view key_;
    std::string_view stored_;
    const char* leaf_ = nullptr;  // the page that was checked last
};

// The value of a row as it is stored (Cursor::stored()); kCorrupt, in the words of
// Options::damaged, if its checksum is wrong.
base::Result<std::string_view> verify_row(const Environment& environment, std::string_view key,
                                          std::string_view stored);

// One consistent state. The views that it returns are valid until it is destroyed. Used by one
// thread at a time.
class ReadTransaction {
  public:
    ~ReadTransaction();
    ReadTransaction(ReadTransaction&& other) noexcept = default;
    ReadTransaction& operator=(ReadTransaction&&) = delete;

    // nullopt if there is no such row; kCorrupt, in the words of Options::damaged, if its checksum
    // is wrong.
    base::Result<std::optional<std::string_view>> get(std::string_view key) const;
    base::Result<Cursor> cursor() const;
    // A cursor that does not look for missing rows, for whoever works with what is there: it goes
    // on where a row beside the one that it seeks is damaged.
    base::Result<Cursor> plain_cursor() const;

  private:
    friend class Environment;
    base::Result<Cursor> make_cursor(bool checks) const;
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

    // As ReadTransaction has them.
    base::Result<std::optional<std::string_view>> get(std::string_view key) const;
    base::Result<Cursor> cursor() const;
    base::Result<void> put(std::string_view key, std::string_view value);
    // Adds a row; if the key has a row already, leaves that row unchanged and returns false.
    base::Result<bool> add(std::string_view key, std::string_view value);
    // False if there is no such row.
    base::Result<bool> erase(std::string_view key);
    // Writes a row without a checksum, for what programs of other formats must be able to read: the
    // number of the format. Cursor::stored() reads it.
    base::Result<void> put_plain(std::string_view key, std::string_view value);
    // Adds a row behind all others, faster than put(): for whoever fills a new table in order.
    base::Result<void> append(std::string_view key, std::string_view value);
    // kStorageFull if there is no room: then nothing was changed, and later commits may succeed.
    base::Result<void> commit();

  private:
    friend class Environment;
    WriteTransaction(Environment* environment, MDB_txn* txn)
        : environment_(environment), txn_(txn) {}
    // LMDB's result code.
    int store(std::string_view key, std::string_view value, unsigned flags);

    Environment* environment_;
    MDB_txn* txn_;
};

}  // namespace snapgate::engine
