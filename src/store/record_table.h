#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/annotations.h"
#include "base/result.h"
#include "store/record_rows.h"
#include "store/store.h"

namespace snapgate::store {

// All records of one type, parsed and kept in memory: requests look up keys, projects and clusters
// here and never wait for the disk, and a write finds here what it has to look at. So a write costs
// the same however many rows there are. T defines, beside what RecordRows asks for:
//   static constexpr RecordType kType;
//   static base::Result<T> parse(std::string_view id, std::string_view value);
// Any thread may call snapshot(); the other functions are for the writer thread and for the start.
template <class T>
class RecordTable {
  public:
    using Rows = RecordRows<T>;

    base::Result<void> reload(const ReadView& view) {
        SNAPGATE_ASSIGN(auto rows, all_of(view));
        set(std::move(rows));
        return {};
    }
    // Reads those rows of `changed` again that are of this table. To be called after the commit
    // that changed them, before the next one is made.
    base::Result<void> reload(const ReadView& view, const std::vector<ChangedRecord>& changed) {
        const size_t count = count_here(changed);
        if (count == 0) return {};
        Rows rows = *snapshot();
        if (is_much(count, rows)) return reload(view);
        SNAPGATE_TRY(apply(view, changed, rows));
        set(std::move(rows));
        return {};
    }

    std::shared_ptr<const Rows> snapshot() const {
        base::MutexLock lock(mutex_);
        return rows_;
    }

    // The rows as a write transaction sees them, for checks within a write: which names are taken,
    // what a project contains. `table` was reloaded after every commit; without it all rows are
    // read.
    static base::Result<std::shared_ptr<const Rows>> within(WriteTxn& txn,
                                                            const RecordTable* table) {
        if (table == nullptr) return all_within(txn);
        WriteTxn::SeenRecords& seen = txn.seen_records(T::kType);
        if (seen.table != table) seen = {table, table->snapshot(), 0};
        auto rows = std::static_pointer_cast<const Rows>(seen.rows);
        const auto changed = std::span(txn.changed_records()).subspan(seen.changes);
        const size_t count = count_here(changed);
        if (is_much(count, *rows)) {
            SNAPGATE_ASSIGN(rows, all_within(txn));
        } else if (count > 0) {
            Rows next = *rows;
            SNAPGATE_TRY(apply(txn, changed, next));
            rows = std::make_shared<const Rows>(std::move(next));
        }
        seen.rows = rows;
        seen.changes += changed.size();
        return rows;
    }

  private:
    // A change of one row copies about one of 256 of them: with so many changes all are read
    // sooner.
    static bool is_much(size_t changed, const Rows& rows) {
        return changed > 16 + rows.size() / 64;
    }
    static size_t count_here(std::span<const ChangedRecord> changed) {
        return static_cast<size_t>(std::ranges::count(changed, T::kType, &ChangedRecord::type));
    }

    // Both for a ReadView and for a WriteTxn.
    template <class Source>
    static base::Result<Rows> all_of(Source& source) {
        SNAPGATE_ASSIGN(auto records, source.records(T::kType));
        std::vector<std::pair<std::string, T>> rows;
        rows.reserve(records.size());
        for (auto& [id, value] : records) {
            SNAPGATE_ASSIGN(T row, T::parse(id, value));
            rows.emplace_back(std::move(id), std::move(row));
        }
        return Rows(std::move(rows));
    }
    static base::Result<std::shared_ptr<const Rows>> all_within(WriteTxn& txn) {
        SNAPGATE_ASSIGN(Rows rows, all_of(txn));
        return std::make_shared<const Rows>(std::move(rows));
    }
    template <class Source>
    static base::Result<void> apply(Source& source, std::span<const ChangedRecord> changed,
                                    Rows& rows) {
        for (const auto& [type, id] : changed) {
            if (type != T::kType) continue;
            SNAPGATE_ASSIGN(const auto value, source.record(type, id));
            if (value) {
                SNAPGATE_ASSIGN(T row, T::parse(id, *value));
                rows.put(id, std::move(row));
            } else {
                rows.erase(id);
            }
        }
        return {};
    }
    void set(Rows rows) {
        auto shared = std::make_shared<const Rows>(std::move(rows));
        base::MutexLock lock(mutex_);
        rows_ = std::move(shared);
    }

    mutable base::Mutex mutex_;
    std::shared_ptr<const Rows> rows_ SNAPGATE_GUARDED_BY(mutex_) = std::make_shared<const Rows>();
};

}  // namespace snapgate::store
