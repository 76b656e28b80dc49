// Notes of clusters, as they are read and written.
#include "store/read_state.h"
#include "store/write_txn.h"

namespace snapgate::store {
namespace {

base::Result<void> check_key(std::string_view key) {
    if (key.size() <= kMaxNoteKey) return {};
    return base::Error(base::Code::kInvalid, "the key of a note is at most 500 bytes");
}

Key key_of(ClusterNumber cluster, NoteType type, std::string_view key) {
    return note_key(cluster, static_cast<uint8_t>(type), key);
}

}  // namespace

base::Result<std::optional<std::string>> Transaction::note(ClusterNumber cluster, NoteType type,
                                                           std::string_view key) {
    SNAPGATE_TRY(check_key(key));
    SNAPGATE_TRY(find(cluster));
    SNAPGATE_ASSIGN(const auto value, rows_.get(key_of(cluster, type, key).view()));
    if (!value) return std::optional<std::string>();
    return std::optional<std::string>(*value);
}

base::Result<bool> Transaction::has_notes(ClusterNumber cluster, NoteType type,
                                          std::string_view prefix) {
    SNAPGATE_TRY(check_key(prefix));
    SNAPGATE_TRY(find(cluster));
    SNAPGATE_ASSIGN(const auto key, first_key(key_of(cluster, type, prefix).view()));
    return key.has_value();
}

base::Result<void> Transaction::put_note(ClusterNumber cluster, NoteType type, std::string_view key,
                                         std::string_view value) {
    SNAPGATE_TRY(check_key(key));
    SNAPGATE_TRY(find(cluster));
    return put_row(key_of(cluster, type, key).view(), value);
}

base::Result<void> Transaction::erase_note(ClusterNumber cluster, NoteType type,
                                           std::string_view key) {
    SNAPGATE_TRY(check_key(key));
    SNAPGATE_TRY(find(cluster));
    return erase_row(key_of(cluster, type, key).view());
}

base::Result<std::vector<std::pair<std::string, std::string>>> ReadView::notes(
    ClusterNumber cluster, NoteType type, std::string_view prefix, std::string_view after,
    size_t max) const {
    if (!state_->rows) return state_->rows.error();
    SNAPGATE_TRY(check_key(prefix));
    SNAPGATE_TRY(check_key(after));
    std::vector<std::pair<std::string, std::string>> notes;
    const Key begin = key_of(cluster, type, prefix);
    const Key from = key_of(cluster, type, after.empty() ? prefix : after);
    const size_t at = key_of(cluster, type, {}).size();
    SNAPGATE_ASSIGN(engine::Cursor cursor, state_->rows->cursor());
    SNAPGATE_ASSIGN(bool found, cursor.seek(from.view(), begin.view()));
    while (found && notes.size() < max) {
        const std::string_view key = cursor.key().substr(at);
        if (after.empty() || key != after) {
            SNAPGATE_ASSIGN(const auto value, cursor.value());
            notes.emplace_back(key, value);
        }
        SNAPGATE_ASSIGN(found, cursor.next(begin.view()));
    }
    return notes;
}

}  // namespace snapgate::store
