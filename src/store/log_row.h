#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "store/store.h"

// A row of the log holds consecutive changes that one commit made in one cluster, up to about a
// quarter of a page. Its key has the revision of its last change. A row for each change would take
// four times the bytes and the time. A row never crosses a head.
//
// Value: revision of the first entry u64, then for each entry: varint (revision less the one before
// it), u8 (op + 4 * kind), varint (revision less the object's previous one; not for kCreated), u8
// length of the namespace, varint (bytes that "namespace name" shares with the entry before it),
// varint (bytes that follow), those bytes.
namespace snapgate::store {

class LogRowBuilder {
  public:
    static constexpr size_t kMaxEntries = 64;

    bool empty() const { return value_.empty(); }
    // Whether another entry would make the row too long.
    bool full() const;
    void add(const LogEntry& entry);
    Revision last() const { return last_; }
    const std::string& value() const { return value_; }
    void clear();

  private:
    std::string value_;
    std::string address_;  // namespace and name of the last entry
    Revision last_ = 0;
    size_t entries_ = 0;
};

// Walks the entries of a row.
class LogRowReader {
  public:
    explicit LogRowReader(std::string_view value) : rest_(value) {}
    // False at the end.
    base::Result<bool> next();
    const LogEntry& entry() const { return entry_; }

  private:
    std::string_view rest_;
    std::string address_;
    LogEntry entry_;
    bool started_ = false;
};

}  // namespace snapgate::store
