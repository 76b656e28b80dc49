// The value or key of any row of a store, and the head of a backup: it is decoded, or refused as
// damage. What was decoded says the same when it is written and read again.

#include <cstdint>
#include <string>
#include <string_view>

#include "check.h"
#include "facts/facts.h"
#include "input.h"
#include "store/backup_head.h"
#include "store/damage.h"
#include "store/keys.h"
#include "store/log_row.h"
#include "store/rows.h"

namespace {

namespace store = snapgate::store;
using snapgate::fuzz::check;
using snapgate::fuzz::check_equal;
using snapgate::fuzz::check_round_trip;
using snapgate::fuzz::check_says_why;

void check_refused(const snapgate::base::Error& error) {
    check(error.code == snapgate::base::Code::kCorrupt, "damage is called so");
    check_says_why(error);
}

// Decodes a value that has one form only.
template <class Decode>
void check_row(std::string_view value, Decode decode) {
    check_round_trip(value, decode, [](const auto& row) { return encode(row); }, check_refused);
}

void check_log(std::string_view value) {
    store::LogRowReader reader(value);
    store::LogRowBuilder builder;
    store::Revision last = 0;
    std::string entries;
    while (true) {
        const auto more = reader.next();
        if (!more) return check_refused(more.error());
        if (!*more) break;
        const store::LogEntry& entry = reader.entry();
        check(entry.revision > last, "revisions grow");
        check(entry.previous < entry.revision, "what was before is earlier");
        check(store::fits_key(entry.key.ns, entry.key.name), "it has a key");
        last = entry.revision;
        builder.add(entry);
        entries += std::to_string(entry.revision) + entry.key.ns + "/" + entry.key.name + "\n";
    }
    std::string again;
    store::LogRowReader second(builder.value());
    for (auto more = second.next(); more && *more; more = second.next()) {
        const store::LogEntry& entry = second.entry();
        again += std::to_string(entry.revision) + entry.key.ns + "/" + entry.key.name + "\n";
    }
    if (!builder.empty()) check_equal(again, entries, "a row of the log says the same");
}

void check_key(std::string_view key) {
    const auto table = key.empty() ? store::Table() : static_cast<store::Table>(key[0]);
    if (const auto object = store::parse_object_key(key);
        object && table == store::Table::kObject) {
        const auto kind = static_cast<store::Kind>(key[5]);
        check_equal(store::object_key(store::load_u32(key, 1), kind, object->ns, object->name,
                                      object->revision)
                        .view(),
                    key, "an object's key");
    }
    if (const auto hint = store::parse_index_key(key); hint && table == store::Table::kIndex) {
        check_equal(
            store::index_key(store::load_u32(key, 1), store::load_u64(key, 5), hint->ns, hint->name)
                .view(),
            key, "a hint's key");
    }
    check(!store::describe_row(key).what.empty(), "a damaged row has a name");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
    if (size == 0) return 0;
    const std::string_view input = snapgate::fuzz::text_of(bytes, size);
    const std::string_view value = input.substr(1);
    // The first byte says what it is: a table's number, or a letter.
    switch (input[0]) {
        case static_cast<char>(store::Table::kMeta):
            check_row(value, store::decode_sequence);
            break;
        case static_cast<char>(store::Table::kCluster):
            check_row(value, store::decode_cluster);
            break;
        case static_cast<char>(store::Table::kHead):
            check_row(value, store::decode_head);
            break;
        case static_cast<char>(store::Table::kVersion):
            check_row(value, store::decode_version_row);
            break;
        case static_cast<char>(store::Table::kCount):
            if (const auto number = store::decode_number(value)) {
                check_equal(store::encode_number(*number), value, "a number");
            } else {
                check_refused(number.error());
            }
            break;
        case static_cast<char>(store::Table::kLog):
            check_log(value);
            break;
        case static_cast<char>(store::Table::kObject):
            if (const auto version = store::decode_version(value); !version)
                check_refused(version.error());
            break;
        case 'b':
            check_row(value, store::read_backup_head);
            break;
        case 'f':
            if (const auto facts = snapgate::facts::read(value); !facts) {
                check_refused(facts.error());
            } else {
                check(!snapgate::facts::name_of(facts->state).empty(), "a state has a name");
                check(!facts->duration() || facts->finished >= facts->created, "a time passes");
            }
            break;
        case 'k':
            if (value.size() <= 511) check_key(value);
            break;
        default:
            break;
    }
    return 0;
}
