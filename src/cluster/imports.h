#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "json/value.h"

namespace snapgate::cluster {

// What became of the objects of an import into a hosted cluster, and of those that it removed.
struct ImportCounts {
    uint64_t created = 0;
    uint64_t replaced = 0;
    uint64_t unchanged = 0;
    uint64_t skipped = 0;
    uint64_t pruned = 0;
    uint64_t refused = 0;

    ImportCounts& operator+=(const ImportCounts& more);
};

// One of the counts, and how it is called wherever it is told or stored.
struct ImportCount {
    std::string_view name;
    uint64_t ImportCounts::* member;
};
inline constexpr std::array kImportCounts = {
    ImportCount{"created", &ImportCounts::created},
    ImportCount{"replaced", &ImportCounts::replaced},
    ImportCount{"unchanged", &ImportCounts::unchanged},
    ImportCount{"skipped", &ImportCounts::skipped},
    ImportCount{"pruned", &ImportCounts::pruned},
    ImportCount{"refused", &ImportCounts::refused},
};

// An import into a hosted cluster that came to its end.
struct LastImport {
    std::string by;  // the name of the key, or of the token's user; "" if nobody has noted it
    std::string by_id;
    ImportCounts counts;
};

// What is known of a hosted cluster's imports, but for when the last one ended.
struct Imports {
    LastImport last;
    base::Millis expected_every{0};  // 0: nobody has said how often
    int64_t expected_since_ms = 0;   // when that was said

    bool expected() const { return expected_every.count() > 0; }
    // Whether one is late, where the last one ended at `imported_ms`. The first one has as much
    // time from when it was said as each later one from the one before. Times that lie ahead are
    // passed over (is_ahead): an import whose time nobody knows may be a missing one, so it is late
    // until the next one, and nothing is hidden until the clock reaches a wrong time.
    bool overdue(int64_t imported_ms, int64_t now_ms) const;
};

// Whether a stored time was stored while the system's clock was ahead, or the clock is behind now:
// it lies more than a minute ahead, as clocks differ a little.
bool is_ahead(int64_t stored_ms, int64_t now_ms);

// The states of a hosted cluster, and the reason of the second one.
inline constexpr std::string_view kReady = "Ready";
inline constexpr std::string_view kStale = "Stale";
inline constexpr std::string_view kImportOverdue = "ImportOverdue";

inline constexpr base::Millis kLeastExpectedEvery = std::chrono::seconds(1);
inline constexpr base::Millis kMostExpectedEvery = std::chrono::hours(24 * 366);

// "24h". kInvalidBody, with `field` at fault, for what is no duration between these bounds.
base::Result<base::Millis> expected_every_of(std::string_view text, std::string_view field);

// As a part of a cluster's record.
base::Result<Imports> read_imports(const json::Object& record);
void put_imports(json::Object& record, const Imports& imports);

}  // namespace snapgate::cluster
