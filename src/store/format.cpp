#include "store/format.h"

#include <fmt/format.h>

#include "base/crypto.h"
#include "store/keys.h"

namespace snapgate::store {
namespace {

using base::Code;
using base::Error;

constexpr std::string_view kFormatName = "format";

base::Result<void> make_store(engine::Environment& environment) {
    SNAPGATE_ASSIGN(engine::WriteTransaction rows, environment.write());
    SNAPGATE_TRY(put_format(rows, kFormat));
    SNAPGATE_TRY(rows.put(meta_key(kIdName).view(), base::random_bytes(kStoreIdBytes)));
    SNAPGATE_TRY(rows.put(meta_key(kSequenceName).view(), encode(Sequence{})));
    SNAPGATE_TRY(rows.put(meta_key(kBytesName).view(), encode_number(1)));
    return rows.commit();
}

}  // namespace

bool is_format_row(std::string_view key) {
    return key == meta_key(kFormatName).view();
}

base::Result<void> put_format(engine::WriteTransaction& rows, uint64_t format) {
    return rows.put_plain(meta_key(kFormatName).view(), encode_number(format));
}

base::Result<std::optional<uint64_t>> stored_format(engine::Environment& environment) {
    SNAPGATE_ASSIGN(engine::ReadTransaction rows, environment.read());
    SNAPGATE_ASSIGN(engine::Cursor cursor, rows.cursor());
    SNAPGATE_ASSIGN(bool found, cursor.seek(meta_key(kFormatName).view()));
    if (found && is_format_row(cursor.key())) {
        SNAPGATE_ASSIGN(const uint64_t format, decode_number(cursor.stored()));
        // No program ever wrote format 0, and yet the store has rows.
        if (format == 0) return corrupt_row("its format");
        return format;
    }
    SNAPGATE_ASSIGN(found, cursor.seek(std::string_view("\0", 1)));
    if (found) return corrupt_row("its format");
    return std::nullopt;
}

base::Result<void> check_not_empty(engine::Environment& environment,
                                   const std::filesystem::path& directory) {
    SNAPGATE_ASSIGN(const std::optional<uint64_t> found, stored_format(environment));
    if (found) return {};
    return Error(Code::kNotFound,
                 fmt::format("{} holds nothing", (directory / "store" / "data.mdb").string()));
}

base::Result<Identity> read_identity(engine::Environment& environment,
                                     const std::filesystem::path& directory) {
    SNAPGATE_ASSIGN(const std::optional<uint64_t> found, stored_format(environment));
    if (!found) {
        SNAPGATE_TRY(make_store(environment));
    } else if (*found != kFormat) {
        return Error(Code::kUnavailable,
                     fmt::format("the store in {} has format {}, this snapgate knows formats up to "
                                 "{}: use a newer snapgate",
                                 directory.string(), *found, kFormat));
    }
    SNAPGATE_ASSIGN(engine::ReadTransaction rows, environment.read());
    Identity identity;
    SNAPGATE_ASSIGN(auto id, rows.get(meta_key(kIdName).view()));
    if (!id || id->size() != kStoreIdBytes) return corrupt_row("its id");
    identity.id = *id;
    SNAPGATE_ASSIGN(auto sequence, rows.get(meta_key(kSequenceName).view()));
    if (!sequence) return corrupt_row("the row of its counters");
    SNAPGATE_ASSIGN(identity.sequence, decode_sequence(*sequence));
    return identity;
}

}  // namespace snapgate::store
