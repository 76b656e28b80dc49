#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/environment.h"
#include "store/rows.h"

namespace snapgate::store {

// The format of the rows that this program reads and writes.
inline constexpr uint64_t kFormat = 1;

// Brings a store from format `from` to the next one, within one write transaction.
struct Migration {
    uint64_t from = 0;
    std::function<base::Result<void>(engine::WriteTransaction&)> step;
};

// The migrations that this program can do: none yet, as format 1 is the first.
std::vector<Migration> migrations();

// What a store records of itself.
struct Identity {
    std::string id;  // 16 random bytes
    Sequence sequence;
};

// kNotFound for a store without a single row, as LMDB makes it.
base::Result<void> check_not_empty(engine::Environment& environment,
                                   const std::filesystem::path& directory);

// Makes a new store of `format`, or checks the existing one. A store of a newer format is refused;
// one of an older format is copied to `<directory>/backup-format-N` and then migrated.
// `environment` is that of `<directory>/store`, and nothing else may use it yet.
base::Result<Identity> prepare_format(engine::Environment& environment,
                                      const std::filesystem::path& directory, uint64_t format,
                                      const std::vector<Migration>& steps);

}  // namespace snapgate::store
