#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/environment.h"
#include "store/rows.h"

namespace snapgate::store {

// The format of the rows that this program reads and writes. Format 1 (snapgate 0.1 and 0.2) had no
// checksums, and no room for facts; migration.h brings it to this one.
inline constexpr uint64_t kFormat = 2;

// What a store records of itself.
struct Identity {
    std::string id;  // kStoreIdBytes random bytes
    Sequence sequence;
};

// The row with the number of the format. Programs of every format read it, so it never changes its
// form, and has no checksum: if one bit flips, the result is not a valid format number.
bool is_format_row(std::string_view key);
base::Result<void> put_format(engine::WriteTransaction& rows, uint64_t format);
// nullopt for a store without a single row, as LMDB makes it.
base::Result<std::optional<uint64_t>> stored_format(engine::Environment& environment);

// kNotFound for a store without a single row.
base::Result<void> check_not_empty(engine::Environment& environment,
                                   const std::filesystem::path& directory);

// Makes a new store, or reads what an existing one of this format records of itself. kUnavailable
// for a store of another format. `environment` is that of `<directory>/store`.
base::Result<Identity> read_identity(engine::Environment& environment,
                                     const std::filesystem::path& directory);

}  // namespace snapgate::store
