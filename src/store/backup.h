#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/environment.h"
#include "store/backup_stream.h"
#include "store/format.h"
#include "store/keys.h"
#include "store/store.h"

namespace snapgate::store {

// Makes a backup of one consistent state of a store, in constant memory: the registry, and the
// objects of every cluster as they are at its head, without their history. The state is that at
// begin(). Until the backup ends, the pages of that state are not used again, so the data file may
// grow. Belongs to one thread at a time, and ends before the environment. Keeps `place` until its
// end.
class DiskBackup final : public Backup {
  public:
    static base::Result<std::unique_ptr<Backup>> begin(engine::Environment& environment,
                                                       int64_t now_ms,
                                                       const std::vector<BackupFile>& files,
                                                       std::shared_ptr<void> place);

    base::Result<bool> next(std::string& out) override;

  private:
    DiskBackup(engine::ReadTransaction rows, std::shared_ptr<void> place)
        : place_(std::move(place)), rows_(std::move(rows)) {}
    base::Result<void> read_clusters();
    // Moves to the first row of the table, or of a later one. False if there is none.
    base::Result<bool> seek_table();
    // Puts the row under the cursor into the block, if it belongs there, and moves on.
    base::Result<void> take_row(std::string& block);
    base::Result<bool> wanted();
    base::Result<bool> wanted_version(Revision head);

    std::shared_ptr<void> place_;
    engine::ReadTransaction rows_;
    std::optional<engine::Cursor> cursor_;
    BlockWriter writer_;
    std::string pending_;  // blocks that are made, and not handed out yet
    std::map<ClusterNumber, Revision> heads_;
    std::string object_;  // the key, without revision, of the object whose version was found
    size_t table_ = 0;    // which of the tables the cursor is in
    bool standing_ = false;
    bool ended_ = false;
    uint64_t row_count_ = 0;
};

}  // namespace snapgate::store
