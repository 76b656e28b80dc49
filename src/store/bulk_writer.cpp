#include "store/bulk_writer.h"

#include <utility>

#include "store/format.h"

namespace snapgate::store {
namespace {

using base::Result;

constexpr size_t kCommitBytes = 16 << 20;

}  // namespace

Result<void> BulkWriter::append(std::string_view key, std::string_view value) {
    SNAPGATE_TRY(begin());
    SNAPGATE_TRY(rows_->append(key, value));
    return note(key.size() + value.size());
}

Result<void> BulkWriter::put(std::string_view key, std::string_view value) {
    SNAPGATE_TRY(begin());
    SNAPGATE_TRY(rows_->put(key, value));
    return note(key.size() + value.size());
}

Result<void> BulkWriter::put_damaged(std::string_view key, std::string_view value) {
    SNAPGATE_TRY(begin());
    SNAPGATE_TRY(rows_->put_plain(key, value));
    return note(key.size() + value.size());
}

Result<void> BulkWriter::finish() {
    SNAPGATE_TRY(begin());
    SNAPGATE_TRY(put_format(*rows_, kFormat));
    return commit();
}

Result<void> BulkWriter::begin() {
    if (rows_) return {};
    SNAPGATE_ASSIGN(engine::WriteTransaction begun, environment_.write());
    rows_.emplace(std::move(begun));
    bytes_ = 0;
    return {};
}

Result<void> BulkWriter::note(size_t bytes) {
    bytes_ += bytes;
    return bytes_ < kCommitBytes ? Result<void>() : commit();
}

Result<void> BulkWriter::commit() {
    auto done = rows_->commit();
    rows_.reset();
    return done;
}

}  // namespace snapgate::store
