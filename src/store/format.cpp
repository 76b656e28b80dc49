#include "store/format.h"

#include <fmt/format.h>

#include <optional>

#include "base/crypto.h"
#include "base/log.h"
#include "store/keys.h"

namespace snapgate::store {
namespace {

using base::Code;
using base::Error;

constexpr std::string_view kFormatName = "format";
constexpr std::string_view kIdName = "id";
constexpr size_t kIdBytes = 16;

base::Result<void> make_store(engine::Environment& environment, uint64_t format) {
    SNAPGATE_ASSIGN(engine::WriteTransaction rows, environment.write());
    SNAPGATE_TRY(rows.put(meta_key(kFormatName).view(), encode_number(format)));
    SNAPGATE_TRY(rows.put(meta_key(kIdName).view(), base::random_bytes(kIdBytes)));
    SNAPGATE_TRY(rows.put(meta_key(kSequenceName).view(), encode(Sequence{})));
    return rows.commit();
}

// The format of the store; nullopt for one with no rows at all.
base::Result<std::optional<uint64_t>> stored_format(engine::Environment& environment) {
    SNAPGATE_ASSIGN(engine::ReadTransaction rows, environment.read());
    SNAPGATE_ASSIGN(auto value, rows.get(meta_key(kFormatName).view()));
    if (value) {
        SNAPGATE_ASSIGN(const uint64_t format, decode_number(*value));
        // No program ever wrote format 0, and yet the store has rows.
        if (format == 0) return corrupt_row("its format");
        return format;
    }
    SNAPGATE_ASSIGN(engine::Cursor cursor, rows.cursor());
    SNAPGATE_ASSIGN(bool any, cursor.seek(std::string_view("\0", 1)));
    if (any) return corrupt_row("its format");
    return std::nullopt;
}

base::Result<void> back_up(engine::Environment& environment, const std::filesystem::path& directory,
                           uint64_t format) {
    auto backup = directory / fmt::format("backup-format-{}", format);
    auto unfinished = directory / fmt::format("backup-format-{}.unfinished", format);
    std::error_code failed;
    // An existing backup is from a migration that did not end; nothing was written since, so it is
    // still right.
    if (std::filesystem::exists(backup, failed)) return {};
    std::filesystem::remove_all(unfinished, failed);
    if (!failed) std::filesystem::create_directory(unfinished, failed);
    if (!failed)
        std::filesystem::permissions(unfinished, std::filesystem::perms::owner_all, failed);
    if (!failed) SNAPGATE_TRY(environment.copy_to(unfinished / "data.mdb"));
    if (!failed) std::filesystem::rename(unfinished, backup, failed);
    if (!failed) return {};
    return Error(Code::kUnavailable, fmt::format("cannot make the backup {} before migrating: {}",
                                                 backup.string(), failed.message()));
}

base::Result<void> migrate(engine::Environment& environment, uint64_t found, uint64_t format,
                           const std::vector<Migration>& steps) {
    for (uint64_t from = found; from < format; ++from) {
        const Migration* migration = nullptr;
        for (const Migration& step : steps)
            if (step.from == from) migration = &step;
        if (migration == nullptr) {
            return Error(Code::kUnavailable,
                         fmt::format("this snapgate cannot migrate a store of format {} to {}; use "
                                     "one that can first",
                                     from, format));
        }
        SNAPGATE_ASSIGN(engine::WriteTransaction rows, environment.write());
        SNAPGATE_TRY(migration->step(rows));
        SNAPGATE_TRY(rows.put(meta_key(kFormatName).view(), encode_number(from + 1)));
        SNAPGATE_TRY(rows.commit());
        base::log::info("migrated the store", {{"from", from}, {"to", from + 1}});
    }
    return {};
}

}  // namespace

std::vector<Migration> migrations() {
    return {};
}

base::Result<void> check_not_empty(engine::Environment& environment,
                                   const std::filesystem::path& directory) {
    SNAPGATE_ASSIGN(const std::optional<uint64_t> found, stored_format(environment));
    if (found) return {};
    return Error(Code::kNotFound,
                 fmt::format("{} holds nothing", (directory / "store" / "data.mdb").string()));
}

base::Result<Identity> prepare_format(engine::Environment& environment,
                                      const std::filesystem::path& directory, uint64_t format,
                                      const std::vector<Migration>& steps) {
    SNAPGATE_ASSIGN(const std::optional<uint64_t> found, stored_format(environment));
    if (!found) {
        SNAPGATE_TRY(make_store(environment, format));
    } else if (*found > format) {
        return Error(Code::kUnavailable,
                     fmt::format("the store in {} has format {}, this snapgate knows formats up to "
                                 "{}: use a newer snapgate",
                                 directory.string(), *found, format));
    } else if (*found < format) {
        SNAPGATE_TRY(back_up(environment, directory, *found));
        SNAPGATE_TRY(migrate(environment, *found, format, steps));
    }
    SNAPGATE_ASSIGN(engine::ReadTransaction rows, environment.read());
    Identity identity;
    SNAPGATE_ASSIGN(auto id, rows.get(meta_key(kIdName).view()));
    if (!id || id->size() != kIdBytes) return corrupt_row("its id");
    identity.id = *id;
    SNAPGATE_ASSIGN(auto sequence, rows.get(meta_key(kSequenceName).view()));
    if (!sequence) return corrupt_row("the row of its counters");
    SNAPGATE_ASSIGN(identity.sequence, decode_sequence(*sequence));
    return identity;
}

}  // namespace snapgate::store
