#include "store/facts_filler.h"

#include <chrono>
#include <optional>

#include "base/log.h"
#include "facts/facts.h"
#include "store/keys.h"
#include "store/rows.h"

namespace snapgate::store {
namespace {

using base::Code;
using base::Result;

// Between two steps: at most 20 commits a second, each of them small.
constexpr base::Millis kPause{50};
// After a failure: the disk may be full.
constexpr base::Millis kRetry{10'000};
// That one step reads.
constexpr size_t kMostRows = 4096;
constexpr size_t kMostBytes = 1 << 20;

}  // namespace

FactsFiller::FactsFiller(engine::Environment& environment, Writer& writer, DeriveFacts derive)
    : environment_(environment),
      writer_(writer),
      derive_(std::move(derive)),
      from_(Key(Table::kObject).view()) {}

FactsFiller::~FactsFiller() {
    stop();
}

void FactsFiller::start() {
    thread_.start([this] { loop(); });
}

void FactsFiller::stop() {
    thread_.stop();
}

void FactsFiller::loop() {
    Result<bool> more = true;
    bool complained = false;
    while (thread_.pause(more ? kPause : kRetry)) {
        more = step();
        if (more && !*more) break;
        // A full disk passes; a damaged page does not, and the rest waits for a repair.
        if (!more && more.error().code == Code::kCorrupt) break;
        if (!more && !complained)
            base::log::warning("filling in facts waits", {{"reason", more.error().message}});
        complained = !more;
    }
    if (!more && more.error().code == Code::kCorrupt) {
        base::log::error("filling in facts ends early: see snapgate fsck",
                         {{"reason", more.error().message}, {"filled", filled()}});
    } else if (done() && filled() + left() > 0) {
        base::log::info("filled in the facts of stored snapshots",
                        {{"filled", filled()}, {"left", left()}});
    }
}

bool FactsFiller::is_noted() const {
    const auto rows = environment_.read();
    if (!rows) return false;
    // A damaged note is written again.
    const auto note = rows->get(meta_key(kFactsName).view());
    if (!note || !*note) return false;
    const auto layout = decode_number(**note);
    return layout && *layout == facts::kLayout;
}

Result<bool> FactsFiller::step() {
    if (done() || is_noted()) {
        done_.store(true, std::memory_order_relaxed);
        return false;
    }
    const std::string began = from_;
    SNAPGATE_ASSIGN(const Batch batch, collect());
    const bool last = from_.empty();
    auto written = writer_.run_step([&batch, last](Transaction& txn) -> Result<bool> {
        for (const auto& [key, facts] : batch.facts) SNAPGATE_TRY(txn.fill_facts(key, facts));
        if (last) SNAPGATE_TRY(txn.note_facts());
        return true;
    });
    if (!written) {
        from_ = began;
        return std::move(written).error();
    }
    filled_.fetch_add(batch.facts.size(), std::memory_order_relaxed);
    left_.fetch_add(batch.left, std::memory_order_relaxed);
    if (last) done_.store(true, std::memory_order_relaxed);
    return !last;
}

Result<FactsFiller::Batch> FactsFiller::collect() {
    Batch batch;
    const Key table(Table::kObject);
    SNAPGATE_ASSIGN(const engine::ReadTransaction rows, environment_.read());
    SNAPGATE_ASSIGN(engine::Cursor cursor, rows.cursor());
    SNAPGATE_ASSIGN(bool found, cursor.seek(from_, table.view()));
    size_t bytes = 0;
    for (size_t read = 0; found; ++read) {
        if (read == kMostRows || bytes >= kMostBytes ||
            batch.facts.size() == Transaction::kStepRows) {
            from_ = cursor.key();
            return batch;
        }
        if (is_snapshot_key(cursor.key())) {
            bytes += cursor.stored().size();
            look_at(cursor.key(), cursor.value(), batch);
        }
        SNAPGATE_ASSIGN(found, cursor.next(table.view()));
    }
    from_.clear();
    return batch;
}

void FactsFiller::look_at(std::string_view key, const Result<std::string_view>& value,
                          Batch& batch) const {
    // A damaged row was noted by the environment, as if a request had read it.
    const auto version = value ? decode_version(*value) : value.error();
    if (version && (!*version || !(*version)->facts.empty())) return;
    auto facts = version ? derive_(**version) : version.error();
    if (facts) {
        batch.facts.emplace_back(key, std::move(*facts));
    } else {
        ++batch.left;
    }
}

}  // namespace snapgate::store
