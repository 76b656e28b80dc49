#include "store/migration.h"

#include <fmt/format.h>

#include <chrono>
#include <string>
#include <utility>

#include "base/log.h"
#include "base/sync_folder.h"
#include "store/bulk_writer.h"
#include "store/byte_sums.h"
#include "store/damage.h"
#include "store/format.h"
#include "store/keys.h"
#include "store/rows.h"

namespace snapgate::store {
namespace {

using base::Code;
using base::Error;
using base::Result;
namespace fs = std::filesystem;

// How often the time for a note is looked at.
constexpr uint64_t kRowsBetweenLooks = 1024;
constexpr std::chrono::seconds kBetweenNotes{5};

fs::path store_of(const fs::path& directory) {
    return directory / "store";
}
fs::path unfinished_of(const fs::path& directory) {
    return directory / "store.migrating";
}
fs::path backup_of(const fs::path& directory, uint64_t format) {
    return directory / fmt::format("backup-format-{}", format);
}

Error cannot(std::string_view what, const fs::path& path, const std::error_code& why) {
    return {Code::kUnavailable, fmt::format("cannot {} {} to migrate the store: {}", what,
                                            path.string(), why.message())};
}

// A row's value of format 1 as it is in format 2. False for a value that was never right.
bool convert(std::string_view key, std::string_view value, std::string& out) {
    constexpr size_t kStageAt = 24;
    constexpr char kOldTombstone = 0;
    constexpr char kOldLive = 1;
    out.clear();
    switch (static_cast<Table>(key[0])) {
        case Table::kCluster:
            if (value.size() <= kStageAt) return false;
            out = value;
            ++out[kStageAt];
            return decode_cluster(out).has_value();
        case Table::kObject:
            if (value.empty()) return false;
            if (value[0] == kOldTombstone) {
                out = tombstone();
                return value.size() == 1;
            }
            begin_live_version({}, out);
            out += value.substr(1);
            return value[0] == kOldLive && decode_version(out).has_value();
        default:
            out = value;
            return true;
    }
}

// The rows of a store on their way into a new one.
class Copy {
  public:
    Copy(engine::Environment& from, engine::Environment& to)
        : from_(from), to_(to), total_(from.usage().rows) {}

    Result<void> run() {
        SNAPGATE_ASSIGN(engine::ReadTransaction rows, from_.read());
        SNAPGATE_ASSIGN(engine::Cursor cursor, rows.cursor());
        SNAPGATE_ASSIGN(bool found, cursor.seek(std::string_view("\0", 1)));
        while (found) {
            SNAPGATE_TRY(copy_row(cursor.key(), cursor.stored()));
            SNAPGATE_ASSIGN(found, cursor.next());
            note_progress();
        }
        for (const auto& [sum_key, sum] : sums_.rows())
            SNAPGATE_TRY(to_.append(sum_key, encode_number(sum)));
        SNAPGATE_TRY(to_.put(meta_key(kBytesName).view(), encode_number(1)));
        return to_.finish();
    }

  private:
    Result<void> copy_row(std::string_view key, std::string_view value) {
        ++done_;
        if (is_format_row(key)) return {};
        if (convert(key, value, value_)) {
            sums_.take(key, value_);
            return to_.append(key, value_);
        }
        sums_.take(key, {});
        base::log::error("a row of the store is damaged, and stays so",
                         {{"row", describe_row(key).what}});
        return to_.put_damaged(key, value);
    }

    void note_progress() {
        if (done_ % kRowsBetweenLooks != 0) return;
        const auto now = std::chrono::steady_clock::now();
        if (now < next_note_) return;
        next_note_ = now + kBetweenNotes;
        base::log::info("migrating the store", {{"rows", done_}, {"of", total_}});
    }

    engine::Environment& from_;
    BulkWriter to_;
    ByteSums sums_;
    const uint64_t total_;
    uint64_t done_ = 0;
    std::string value_;
    std::chrono::steady_clock::time_point next_note_ =
        std::chrono::steady_clock::now() + kBetweenNotes;
};

}  // namespace

Result<void> migrate_store(std::unique_ptr<engine::Environment> old, uint64_t from,
                           const fs::path& directory, uint64_t map_bytes) {
    if (from != 1) {
        return Error(Code::kUnavailable,
                     fmt::format("this snapgate cannot migrate a store of format {} to {}; use one "
                                 "that can first",
                                 from, kFormat));
    }
    const fs::path backup = backup_of(directory, from);
    const fs::path unfinished = unfinished_of(directory);
    std::error_code failed;
    if (fs::exists(backup, failed)) {
        return Error(Code::kUnavailable,
                     fmt::format("cannot migrate the store: {} is there already, from an earlier "
                                 "migration; move it away",
                                 backup.string()));
    }
    fs::remove_all(unfinished, failed);
    if (failed) return cannot("remove", unfinished, failed);
    base::log::info("migrating the store", {{"from", from}, {"to", kFormat}});
    {
        SNAPGATE_ASSIGN(auto made, engine::Environment::open(
                                       {.directory = unfinished, .map_bytes = map_bytes}));
        const auto copied = Copy(*old, *made).run();
        made.reset();
        if (!copied) {
            fs::remove_all(unfinished, failed);
            return copied.error();
        }
    }
    old.reset();
    fs::rename(store_of(directory), backup, failed);
    if (failed) return cannot("rename", store_of(directory), failed);
    fs::rename(unfinished, store_of(directory), failed);
    if (failed) return cannot("rename", unfinished, failed);
    SNAPGATE_TRY(base::sync_folder(directory));
    base::log::info("migrated the store",
                    {{"from", from}, {"to", kFormat}, {"backup", backup.string()}});
    return {};
}

Result<void> finish_migration(const fs::path& directory) {
    std::error_code failed;
    const fs::path store = store_of(directory);
    const fs::path unfinished = unfinished_of(directory);
    // The old store is renamed only when the new one is whole.
    if (fs::exists(store, failed) || !fs::exists(backup_of(directory, 1), failed) ||
        !fs::exists(unfinished, failed))
        return {};
    fs::rename(unfinished, store, failed);
    if (failed) return cannot("rename", unfinished, failed);
    return base::sync_folder(directory);
}

}  // namespace snapgate::store
