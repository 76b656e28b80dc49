#include "replica/copy_store.h"

#include <fmt/format.h>
#include <unistd.h>

#include <string_view>
#include <utility>
#include <vector>

#include "base/annotations.h"
#include "base/log.h"
#include "base/log_end.h"
#include "replica/copy_state.h"
#include "store/file_note.h"

namespace snapgate::replica {
namespace {

using base::Code;
using base::Error;
using base::Result;
namespace fs = std::filesystem;

// Of lines of the audit trail that wait in a damaged copy.
constexpr size_t kMostLineBytes = 64 << 20;
// Lines of the note beside the data (store/file_note.h).
constexpr std::string_view kCopyNote = "a copy of what is in etcd";
constexpr std::string_view kLinesRead = "its lines of the audit trail were looked at";

fs::path data_of(const fs::path& directory) {
    return directory / "store";
}

Error no_copy(const std::filesystem::path& directory) {
    return {Code::kConflict,
            fmt::format("the data directory {} holds the store of a server without --etcd, which "
                        "is left as it is: give --etcd an empty data directory. To move what it "
                        "holds into etcd, stop its server and run `snapgate migrate --to etcd "
                        "--data-dir {} --etcd URL,...`",
                        directory.string(), directory.string())};
}

// Whether the store, which is no copy, was ever used.
Result<bool> is_used(const store::ReadView& view) {
    for (const auto type : {store::RecordType::kProject, store::RecordType::kKey}) {
        SNAPGATE_ASSIGN(const auto records, view.records(type));
        if (!records.empty()) return true;
    }
    return false;
}

Result<void> remove_copy(const fs::path& directory) {
    std::error_code failed;
    fs::remove_all(data_of(directory), failed);
    if (!failed) return {};
    return Error(Code::kUnavailable, fmt::format("cannot remove the copy of etcd from {}: {}",
                                                 directory.string(), failed.message()));
}

// The store, be it a copy of that truth, of another one, or new.
Result<std::unique_ptr<store::Store>> open_any(const store::StoreOptions& options,
                                               const std::string& truth) {
    SNAPGATE_ASSIGN(auto copy, store::Store::open(options));
    SNAPGATE_ASSIGN(const auto state, read_copy_state(copy->read()));
    if (!state) {
        SNAPGATE_ASSIGN(const bool used, is_used(copy->read()));
        if (used) return no_copy(options.directory);
    }
    if (state && state->truth == truth) return copy;
    if (state) {
        copy.reset();
        SNAPGATE_TRY(remove_copy(options.directory));
        SNAPGATE_ASSIGN(copy, store::Store::open(options));
    }
    SNAPGATE_TRY(copy->write_and_wait(store::Priority::kRequest, [&](store::WriteTxn& txn) {
        CopyState begun;
        begun.truth = truth;
        return write_copy_state(txn, begun);
    }));
    return copy;
}

// What can be read of them. Not a second time: the damage may end the process.
std::vector<store::AuditLine> waiting_lines(const store::StoreOptions& options) {
    if (store::note_has(options.directory, kLinesRead)) return {};
    store::add_to_note(options.directory, kLinesRead);
    const auto copy = store::Store::open(options);
    if (!copy) return {};
    const auto lines = (*copy)->read().audit_lines(0, kMostLineBytes);
    return lines ? *lines : std::vector<store::AuditLine>();
}

Result<std::unique_ptr<store::Store>> replace(const store::StoreOptions& options,
                                              const std::string& truth) {
    base::log::warning("the copy of etcd is damaged: it is built again",
                       {{"directory", options.directory.string()}});
    const auto lines = waiting_lines(options);
    SNAPGATE_TRY(remove_copy(options.directory));
    SNAPGATE_ASSIGN(auto copy, open_any(options, truth));
    SNAPGATE_TRY(copy->write_and_wait(store::Priority::kRequest,
                                      [&lines](store::WriteTxn& txn) -> Result<void> {
                                          for (const store::AuditLine& line : lines) {
                                              if (!line.text.empty())
                                                  SNAPGATE_TRY(txn.add_audit_line(line.text));
                                          }
                                          return {};
                                      }));
    store::add_to_note(options.directory, kCopyNote);
    return copy;
}

}  // namespace

Result<std::unique_ptr<store::Store>> open_copy(store::StoreOptions options,
                                                const std::string& truth) {
    // A store of an older format cannot be a copy that this version would use.
    options.migrate = false;
    options.create = true;
    const bool known = store::note_has(options.directory, kCopyNote);
    if (known && store::note_has(options.directory, store::kDamagedNote))
        return replace(options, truth);
    auto copy = open_any(options, truth);
    if (!copy && copy.error().code == Code::kCorrupt && known) return replace(options, truth);
    if (copy && !known) store::add_to_note(options.directory, kCopyNote);
    return copy;
}

void mark_damaged(const fs::path& directory) {
    store::add_to_note(directory, store::kDamagedNote);
}

void end_for_damage(const fs::path& directory) {
    // Others that meet damage wait for the end.
    static base::Mutex once;
    once.lock();
    mark_damaged(directory);
    base::log::error(
        "the copy of etcd is damaged: the server ends, and builds it again when it is started",
        {{"directory", directory.string()}});
    base::log::write_queued();
    ::_exit(1);
}

}  // namespace snapgate::replica
