#include "store/byte_sums.h"

#include <vector>

#include "store/rows.h"

namespace snapgate::store {
namespace {

using base::Code;
using base::Result;

bool is_noted(const engine::ReadTransaction& rows) {
    // A damaged note is written again.
    const auto note = rows.get(meta_key(kBytesName).view());
    return note && *note && decode_number(**note);
}

Result<ByteSums> add_up(const engine::ReadTransaction& rows) {
    ByteSums sums;
    SNAPGATE_ASSIGN(engine::Cursor cursor, rows.plain_cursor());
    for (const Table table : {Table::kCluster, Table::kObject}) {
        const Key prefix(table);
        SNAPGATE_ASSIGN(bool found, cursor.seek(prefix.view()));
        while (found && cursor.key().starts_with(prefix.view())) {
            const auto value = cursor.value();
            if (!value && value.error().code != Code::kCorrupt) return value.error();
            sums.take(cursor.key(), value ? *value : std::string_view());
            SNAPGATE_ASSIGN(found, cursor.next());
        }
    }
    return sums;
}

// What an earlier program, or a repair, may have left.
Result<std::vector<std::string>> keys_of_sums(const engine::ReadTransaction& rows) {
    std::vector<std::string> keys;
    SNAPGATE_ASSIGN(engine::Cursor cursor, rows.plain_cursor());
    SNAPGATE_ASSIGN(bool found, cursor.seek(Key(Table::kBytes).view()));
    while (found) {
        const auto table = static_cast<Table>(cursor.key()[0]);
        if (table != Table::kBytes && table != Table::kStagedBytes) break;
        keys.emplace_back(cursor.key());
        SNAPGATE_ASSIGN(found, cursor.next());
    }
    return keys;
}

}  // namespace

void ByteSums::take(std::string_view key, std::string_view value) {
    constexpr size_t kPrefix = 1 + sizeof(ClusterNumber);
    const auto table = static_cast<Table>(key.empty() ? 0 : key[0]);
    if (key.size() < kPrefix || (table != Table::kCluster && table != Table::kObject)) return;
    const ClusterNumber number = load_u32(key, 1);
    if (table == Table::kCluster) {
        if (const auto row = decode_cluster(value)) heads_[number] = row->head.revision;
        return;
    }
    const auto head = heads_.find(number);
    const auto address = parse_object_key(key);
    if (head == heads_.end() || !address || address->revision > head->second) return;
    const std::string_view object = key.substr(0, key.size() - sizeof(Revision));
    // Versions stand with the newest first.
    if (object == object_) return;
    object_ = object;
    const auto version = decode_version(value);
    if (!version || !*version) return;
    const Key sum = count_key(Table::kBytes, number, static_cast<Kind>(key[kPrefix]));
    auto known = sums_.find(sum.view());
    if (known == sums_.end()) known = sums_.emplace(sum.view(), 0).first;
    known->second += (*version)->text.size();
}

Result<void> make_byte_sums(engine::Environment& environment) {
    ByteSums sums;
    std::vector<std::string> old;
    {
        SNAPGATE_ASSIGN(const engine::ReadTransaction rows, environment.read());
        if (is_noted(rows)) return {};
        SNAPGATE_ASSIGN(sums, add_up(rows));
        SNAPGATE_ASSIGN(old, keys_of_sums(rows));
    }
    SNAPGATE_ASSIGN(engine::WriteTransaction rows, environment.write());
    for (const std::string& key : old) SNAPGATE_TRY(rows.erase(key));
    for (const auto& [key, sum] : sums.rows()) SNAPGATE_TRY(rows.put(key, encode_number(sum)));
    SNAPGATE_TRY(rows.put(meta_key(kBytesName).view(), encode_number(1)));
    return rows.commit();
}

}  // namespace snapgate::store
