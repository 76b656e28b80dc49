#include <fmt/format.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "base/sync_folder.h"
#include "engine/environment.h"
#include "engine/map_fault.h"
#include "store/audit_lines.h"
#include "store/backup.h"
#include "store/byte_sums.h"
#include "store/compactor.h"
#include "store/damage.h"
#include "store/directory_lock.h"
#include "store/facts_filler.h"
#include "store/format.h"
#include "store/history_clock.h"
#include "store/holds.h"
#include "store/keys.h"
#include "store/migration.h"
#include "store/scrubber.h"
#include "store/store.h"
#include "store/wait.h"
#include "store/writer.h"

namespace snapgate::store {
namespace {

constexpr base::Millis kMostHeld = std::chrono::minutes(30);
constexpr int kMostBackups = 2;
constexpr unsigned kRetryBackupSeconds = 30;

// The store of one directory. Each member depends only on members before it.
class DiskStore final : public Store {
  public:
    DiskStore(const StoreOptions& options, DirectoryLock lock, std::shared_ptr<Damage> damage,
              std::unique_ptr<engine::Environment> environment, Identity identity)
        : lock_(std::move(lock)),
          history_(options.history),
          damage_(std::move(damage)),
          environment_(std::move(environment)),
          id_(std::move(identity.id)),
          clock_(*options.clock),
          history_clock_(clock_, identity.sequence.newest_ms),
          holds_(std::make_shared<Holds>(clock_)),
          writer_(*environment_, history_clock_, identity.sequence),
          compactor_(*environment_, writer_, *holds_, history_clock_, history_),
          scrubber_(*environment_, options.directory / "store" / "data.mdb", clock_,
                    options.scrub_interval),
          scrubs_(options.scrub_interval.count() > 0),
          facts_filler_(*environment_, writer_, options.derive_facts),
          fills_facts_(options.derive_facts != nullptr) {}

    ~DiskStore() override {
        facts_filler_.stop();
        scrubber_.stop();
        compactor_.stop();
        writer_.stop();
    }
    DiskStore(const DiskStore&) = delete;
    DiskStore& operator=(const DiskStore&) = delete;

    void start(const std::vector<ClusterNumber>& given_up_stages, bool background_compaction) {
        writer_.start(given_up_stages);
        if (background_compaction) compactor_.start();
        if (scrubs_) scrubber_.start();
        if (fills_facts_) facts_filler_.start();
    }

    ReadView read() const override { return make_view(*environment_); }

    void write(Priority priority, WriteFunction function, WriteDone done) override {
        writer_.write(priority, std::move(function), std::move(done));
    }

    uint64_t subscribe(std::function<void(const HeadsMoved&)> callback) override {
        return writer_.subscribe(std::move(callback));
    }
    void unsubscribe(uint64_t id) override { writer_.unsubscribe(id); }

    base::Result<std::unique_ptr<Backup>> back_up(
        const std::vector<BackupFile>& files) const override {
        std::shared_ptr<void> place;
        if (backups_.fetch_add(1) < kMostBackups) {
            place = {nullptr, [this](void*) { --backups_; }};
        } else {
            --backups_;
            base::Error busy(base::Code::kUnavailable,
                             fmt::format("{} backups are under way, and more would keep too many "
                                         "old pages: try again when one has ended",
                                         kMostBackups));
            busy.retry_after_seconds = kRetryBackupSeconds;
            return busy;
        }
        return DiskBackup::begin(*environment_, now_ms(), files, std::move(place));
    }

    void tell_of_damage(std::function<void(const DamagedRow&)> listener) override {
        damage_->tell(std::move(listener));
    }

    base::Result<void> compact() override {
        // An empty batch: it runs after the steps of removal that are queued, which are batches,
        // too.
        while (writer_.removing_stages()) {
            SNAPGATE_TRY(writer_.run_step([](Transaction&) { return false; }));
        }
        return compactor_.run();
    }

    std::shared_ptr<void> hold_history(std::vector<HeldState> states) override {
        return holds_->hold(std::move(states), kMostHeld);
    }

    base::Millis history() const override { return history_; }
    int64_t now_ms() const override { return clock_.now_ms(); }
    int64_t history_time_ms() const override { return history_clock_.now_ms(); }
    const std::string& id() const override { return id_; }

    StoreStatistics statistics() const override {
        const engine::Usage usage = environment_->usage();
        const Writer::Queue queue = writer_.queue();
        const Holds::Count held = holds_->count();
        return {.commits = writer_.commits(),
                .writes = writer_.writes(),
                .file_bytes = usage.file_bytes,
                .used_bytes = usage.used_bytes,
                .map_bytes = usage.map_bytes,
                .revision = writer_.newest_revision(),
                .damaged_reads = damage_->count(),
                .times_ahead = compactor_.times_ahead(),
                .scrub_passes = scrubber_.passes(),
                .damaged_pages = scrubber_.damaged_pages(),
                .scrubbed_objects = scrubber_.objects(),
                .scrub_completed_ms = scrubber_.completed_ms(),
                .scrub_damaged_rows = scrubber_.damaged_rows(),
                .facts_filled = facts_filler_.filled(),
                .facts_complete = facts_filler_.done(),
                .failed_commits = writer_.failed_commits(),
                .commit_times = writer_.commit_times(),
                .queued_requests = queue.requests,
                .queued_batches = queue.batches,
                .longest_queued = std::chrono::duration_cast<base::Millis>(queue.longest),
                .history_holds = held.holds,
                .longest_hold = held.longest,
                .readers = usage.readers,
                .most_readers = usage.most_readers,
                .held_commits = usage.held_commits,
                .room_bytes = environment_->room()};
    }

    base::Result<void> writable() const override {
        if (auto failure = writer_.failure()) return std::move(*failure);
        return environment_->writable();
    }

  private:
    DirectoryLock lock_;
    const base::Millis history_;
    std::shared_ptr<Damage> damage_;
    std::unique_ptr<engine::Environment> environment_;
    const std::string id_;
    const base::Clock& clock_;
    HistoryClock history_clock_;
    std::shared_ptr<Holds> holds_;
    Writer writer_;
    Compactor compactor_;
    Scrubber scrubber_;
    const bool scrubs_;
    FactsFiller facts_filler_;
    const bool fills_facts_;
    mutable std::atomic<int> backups_ = 0;  // that are under way
};

// Gives up the stages that were open when the process ended. Returns the clusters whose stage is
// still to be removed.
base::Result<std::vector<ClusterNumber>> give_up_open_stages(engine::Environment& environment) {
    std::vector<std::pair<ClusterNumber, ClusterRow>> open;
    std::vector<ClusterNumber> given_up;
    {
        SNAPGATE_ASSIGN(engine::ReadTransaction rows, environment.read());
        SNAPGATE_ASSIGN(engine::Cursor cursor, rows.plain_cursor());
        Key prefix(Table::kCluster);
        SNAPGATE_ASSIGN(bool found, cursor.seek(prefix.view()));
        while (found && cursor.key().starts_with(prefix.view())) {
            SNAPGATE_ASSIGN(const auto value, cursor.value());
            SNAPGATE_ASSIGN(ClusterRow row, decode_cluster(value));
            ClusterNumber cluster = load_u32(cursor.key(), prefix.size());
            if (row.stage != Stage::kNone) given_up.push_back(cluster);
            if (row.stage == Stage::kOpen) open.emplace_back(cluster, std::move(row));
            SNAPGATE_ASSIGN(found, cursor.next());
        }
    }
    if (open.empty()) return given_up;
    SNAPGATE_ASSIGN(engine::WriteTransaction rows, environment.write());
    for (auto& [cluster, row] : open) {
        row.stage = Stage::kGivenUp;
        SNAPGATE_TRY(rows.put(cluster_key(Table::kCluster, cluster).view(), encode(row)));
    }
    SNAPGATE_TRY(rows.commit());
    return given_up;
}

// The environment of a store of the present format, or of none yet: an older one is migrated.
base::Result<std::unique_ptr<engine::Environment>> open_environment(
    const StoreOptions& options, const std::shared_ptr<Damage>& damage) {
    const engine::Options engine_options = {
        .directory = options.directory / "store",
        .map_bytes = options.map_bytes,
        .max_readers = options.max_readers,
        .create = options.create,
        .damaged = [damage](std::string_view key, engine::Fault fault) {
            return damage->found(key, fault);
        }};
    engine::exit_on_map_faults();
    if (options.migrate) SNAPGATE_TRY(finish_migration(options.directory));
    SNAPGATE_ASSIGN(auto environment, engine::Environment::open(engine_options));
    SNAPGATE_ASSIGN(const std::optional<uint64_t> format, stored_format(*environment));
    if (!format || *format >= kFormat) return environment;
    if (!options.migrate) {
        return base::Error(base::Code::kUnavailable,
                           fmt::format("the store in {} is of an earlier version: the next start "
                                       "migrates it",
                                       options.directory.string()));
    }
    SNAPGATE_TRY(
        migrate_store(std::move(environment), *format, options.directory, options.map_bytes));
    return engine::Environment::open(engine_options);
}

}  // namespace

base::Result<std::unique_ptr<Store>> Store::open(const StoreOptions& options) {
    SNAPGATE_ASSIGN(DirectoryLock lock, DirectoryLock::take(options.directory));
    const auto damage = std::make_shared<Damage>();
    SNAPGATE_ASSIGN(auto environment, open_environment(options, damage));
    if (!options.create) SNAPGATE_TRY(check_not_empty(*environment, options.directory));
    SNAPGATE_ASSIGN(Identity identity, read_identity(*environment, options.directory));
    {
        SNAPGATE_ASSIGN(const engine::ReadTransaction rows, environment->read());
        SNAPGATE_ASSIGN(identity.sequence.next_audit,
                        next_audit_number(rows, options.clock->now_ms()));
    }
    SNAPGATE_ASSIGN(std::vector<ClusterNumber> given_up, give_up_open_stages(*environment));
    SNAPGATE_TRY(make_byte_sums(*environment));
    auto store = std::make_unique<DiskStore>(options, std::move(lock), damage,
                                             std::move(environment), std::move(identity));
    store->start(given_up, options.background_compaction);
    return std::unique_ptr<Store>(std::move(store));
}

base::Result<std::pair<uint64_t, uint64_t>> Store::shrink(const StoreOptions& options) {
    SNAPGATE_ASSIGN(DirectoryLock lock, DirectoryLock::take(options.directory));
    StoreOptions existing = options;
    existing.create = false;
    SNAPGATE_ASSIGN(auto environment, open_environment(existing, std::make_shared<Damage>()));
    SNAPGATE_TRY(check_not_empty(*environment, options.directory));
    const std::filesystem::path folder = options.directory / "store";
    const std::filesystem::path file = folder / "data.mdb";
    const std::filesystem::path smaller = folder / "data.mdb.smaller";
    std::error_code failed;
    const uint64_t before = std::filesystem::file_size(file, failed);
    // What an earlier attempt left behind.
    std::filesystem::remove(smaller, failed);
    auto copied = environment->copy_to(smaller);
    environment.reset();
    if (copied) {
        std::filesystem::rename(smaller, file, failed);
        if (failed) {
            copied = base::Error(base::Code::kUnavailable,
                                 "cannot replace the data file: " + failed.message());
        }
    }
    if (!copied) {
        std::filesystem::remove(smaller, failed);
        return std::move(copied).error();
    }
    SNAPGATE_TRY(base::sync_folder(folder));
    const uint64_t after = std::filesystem::file_size(file, failed);
    return std::pair(before, after);
}

base::Result<void> Store::write_and_wait(Priority priority, WriteFunction function) {
    Waiter waiter;
    write(priority, std::move(function),
          [&waiter](base::Result<void> result) { waiter.set(std::move(result)); });
    return waiter.wait();
}

}  // namespace snapgate::store
