#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/annotations.h"
#include "base/result.h"
#include "store/store.h"

namespace snapgate::store {

// All records of one type, parsed and kept in memory: requests look up keys, projects and clusters
// here and never wait for the disk. Records change seldom, so the whole table is read again after a
// change. T defines:
//   static constexpr RecordType kType;
//   static base::Result<T> parse(std::string_view id, std::string_view value);
// Any thread may call snapshot(); reload() is called by the writer thread and at the start.
template <class T>
class RecordTable {
  public:
    using Rows = std::unordered_map<std::string, T>;

    base::Result<void> reload(const ReadView& view) {
        SNAPGATE_ASSIGN(auto records, view.records(T::kType));
        auto rows = std::make_shared<Rows>();
        rows->reserve(records.size());
        for (const auto& [id, value] : records) {
            SNAPGATE_ASSIGN(T row, T::parse(id, value));
            rows->emplace(id, std::move(row));
        }
        base::MutexLock lock(mutex_);
        rows_ = std::move(rows);
        return {};
    }

    std::shared_ptr<const Rows> snapshot() const {
        base::MutexLock lock(mutex_);
        return rows_;
    }

    // The rows as a write transaction sees them, for checks within a write: which names are taken,
    // what a project contains.
    static base::Result<Rows> read(WriteTxn& txn) {
        SNAPGATE_ASSIGN(auto records, txn.records(T::kType));
        Rows rows;
        for (const auto& [id, value] : records) {
            SNAPGATE_ASSIGN(T row, T::parse(id, value));
            rows.emplace(id, std::move(row));
        }
        return rows;
    }

  private:
    mutable base::Mutex mutex_;
    std::shared_ptr<const Rows> rows_ SNAPGATE_GUARDED_BY(mutex_) = std::make_shared<Rows>();
};

}  // namespace snapgate::store
