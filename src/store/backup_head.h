#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "store/rows.h"

namespace snapgate::store {

// What a backup says of itself: the content of its first block. Numbers, big-endian: format u32,
// time u64 (milliseconds), next revision u64, next cluster u32.
struct BackupHead {
    uint32_t format = 0;
    int64_t made_ms = 0;
    Sequence sequence;
};

std::string encode(const BackupHead& head);
// kCorrupt.
base::Result<BackupHead> read_backup_head(std::string_view content);

}  // namespace snapgate::store
