#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "engine/environment.h"

namespace snapgate::store {

// Fills a new data file with rows in the order of their keys, in commits of about 16 MiB. The file
// is a store only after finish(): without the number of its format it is refused. Belongs to one
// thread; the environment outlives it.
class BulkWriter {
  public:
    explicit BulkWriter(engine::Environment& environment) : environment_(environment) {}

    // Adds a row behind all others.
    base::Result<void> append(std::string_view key, std::string_view value);
    // Writes a row at its place among the others.
    base::Result<void> put(std::string_view key, std::string_view value);
    // Writes a row without a checksum, so that whoever reads it is told that it is damaged.
    base::Result<void> put_damaged(std::string_view key, std::string_view value);
    // Writes the number of the format with the last commit.
    base::Result<void> finish();

  private:
    base::Result<void> begin();
    // Commits, once enough was written.
    base::Result<void> note(size_t bytes);
    base::Result<void> commit();

    engine::Environment& environment_;
    std::optional<engine::WriteTransaction> rows_;
    size_t bytes_ = 0;  // since the last commit
};

}  // namespace snapgate::store
