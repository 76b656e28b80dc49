#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/kube/forms.h"
#include "api/kube/table.h"
#include "base/result.h"
#include "store/store.h"

namespace snapgate::api::kube {

// Rows of Tables that were made lately. To make a row, its object is parsed; but the same page is
// asked for again and again, by those who keep a table on their screen. A version of an object
// never changes, so a row is found by its revision and never goes stale; its age is told anew each
// time.
//
// Not thread-safe: each thread has its own. Holds at most 2,048 rows of 2 KiB, which is little
// beside what a page of them takes; a longer row is made each time.
class TableRows {
  public:
    TableRows() : sets_(kSets) {}

    // Appends the object's row to `out`. `store_id`: of the store that the object is from. kCorrupt
    // if the object cannot be read.
    base::Result<void> append(std::string_view store_id, const Form& form,
                              const store::Found& object, int64_t now_ms, std::string& out);

    // How many rows had to be made.
    uint64_t made() const { return made_; }

    static constexpr size_t kMostRowBytes = 2 << 10;

  private:
    static constexpr size_t kSets = 1024;
    struct Kept {
        model::Revision revision = 0;  // 0: none
        Form form;
        TableRow row;
    };
    // Two rows for each place, so that two objects of a page seldom push each other out.
    struct Set {
        std::array<Kept, 2> rows;
        size_t latest = 0;
    };

    std::string store_id_;
    std::vector<Set> sets_;
    uint64_t made_ = 0;
};

// The calling thread's own.
TableRows& thread_table_rows();

}  // namespace snapgate::api::kube
