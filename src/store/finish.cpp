// The part of a write transaction that writes rows: single rows, and at the end the rows that were
// collected for the group.
#include "store/read_state.h"
#include "store/write_txn.h"

namespace snapgate::store {

base::Result<void> Transaction::put_row(std::string_view key, std::string_view value) {
    mark_changed();
    bytes_ += key.size() + value.size();
    auto done = rows_.put(key, value);
    if (!done) broken_ = done.error();
    return done;
}

base::Result<void> Transaction::add_row(std::string_view key, std::string_view value) {
    mark_changed();
    bytes_ += key.size() + value.size();
    auto done = rows_.add(key, value);
    if (done) return {};
    broken_ = done.error();
    return std::move(done).error();
}

base::Result<void> Transaction::erase_row(std::string_view key) {
    mark_changed();
    bytes_ += key.size();
    auto done = rows_.erase(key);
    if (done) return {};
    broken_ = done.error();
    return std::move(done).error();
}

base::Result<std::optional<std::string>> Transaction::first_key(std::string_view prefix) {
    SNAPGATE_ASSIGN(engine::Cursor cursor, rows_.cursor());
    SNAPGATE_ASSIGN(bool found, cursor.seek(prefix));
    if (!found || !cursor.key().starts_with(prefix)) return std::optional<std::string>();
    return std::optional<std::string>(cursor.key());
}

base::Result<size_t> Transaction::erase_rows(std::string_view prefix, size_t most) {
    size_t erased = 0;
    for (; erased < most; ++erased) {
        SNAPGATE_ASSIGN(auto key, first_key(prefix));
        if (!key) break;
        SNAPGATE_TRY(erase_row(*key));
    }
    return erased;
}

base::Result<void> Transaction::write_log(ClusterNumber cluster, ClusterState& state) {
    if (state.log.empty()) return {};
    SNAPGATE_TRY(put_row(log_key(cluster, state.log.last()).view(), state.log.value()));
    state.log.clear();
    return {};
}

base::Result<void> Transaction::write_counts(
    const std::map<std::string, int64_t, std::less<>>& changes) {
    for (const auto& [key, change] : changes) {
        if (change == 0) continue;
        int64_t count = change;
        SNAPGATE_ASSIGN(auto stored, rows_.get(key));
        if (stored) {
            SNAPGATE_ASSIGN(uint64_t before, decode_number(*stored));
            count += static_cast<int64_t>(before);
        }
        if (count == 0) {
            SNAPGATE_TRY(erase_row(key));
        } else {
            SNAPGATE_TRY(put_row(key, encode_number(static_cast<uint64_t>(count))));
        }
    }
    return {};
}

base::Result<void> Transaction::write_head(ClusterNumber cluster, ClusterState& state) {
    const Head& head = state.row.head;
    HeadRow row{now_ms_, {}};
    if (!state.row.head.decimal) {
        row.version = head.version;
        const Key named = version_key(cluster, head.version);
        VersionRow version{head.revision, head.revision};
        SNAPGATE_ASSIGN(auto known, rows_.get(named.view()));
        if (known) {
            // A version stays with the first head that has it.
            SNAPGATE_ASSIGN(version, decode_version_row(*known));
            version.last = head.revision;
        }
        SNAPGATE_TRY(put_row(named.view(), encode(version)));
    }
    SNAPGATE_TRY(put_row(head_key(cluster, head.revision).view(), encode(row)));
    state.written = head.revision;
    return {};
}

base::Result<void> Transaction::finish() {
    for (auto& [cluster, state] : clusters_) {
        if (state.deleted) {
            moved_.push_back(cluster);
            continue;
        }
        SNAPGATE_TRY(write_log(cluster, state));
        SNAPGATE_TRY(write_counts(state.counts));
        SNAPGATE_TRY(write_counts(state.staged));
        if (state.head_moves) {
            moved_.push_back(cluster);
            state.row.head.since_ms = now_ms_;
            if (state.written != state.row.head.revision) SNAPGATE_TRY(write_head(cluster, state));
        }
        if (state.given_up) given_up_.push_back(cluster);
        if (state.row_changed)
            SNAPGATE_TRY(put_row(cluster_key(Table::kCluster, cluster).view(), encode(state.row)));
    }
    sequence_.newest_ms = now_ms_;
    return put_row(meta_key(kSequenceName).view(), encode(sequence_));
}

}  // namespace snapgate::store
