#include "store/check.h"

#include <fmt/format.h>

#include <memory>

#include "base/clock.h"
#include "base/count_text.h"
#include "engine/data_file.h"
#include "engine/environment.h"
#include "engine/map_fault.h"
#include "engine/page_check.h"
#include "store/damage.h"
#include "store/directory_lock.h"
#include "store/format.h"
#include "store/repair.h"
#include "store/row_check.h"

namespace snapgate::store {
namespace {

using base::Code;
using base::Result;
namespace fs = std::filesystem;

constexpr uint64_t kMostRowFaults = 1000;

// One check; its steps share the summary.
class Check {
  public:
    Check(const fs::path& directory, const FaultSink& tell)
        : directory_(directory), data_file_(directory / "store" / "data.mdb"), tell_(tell) {}

    Result<CheckSummary> run() {
        SNAPGATE_ASSIGN(const bool there, check_start());
        if (there) SNAPGATE_TRY(check_pages());
        // Rows are read by LMDB, which trusts the pages.
        if (there && summary_.faults == 0) SNAPGATE_TRY(check_all_rows());
        return summary_;
    }

    // After run() has checked the rows: mends what it found.
    Result<RepairSummary> repair() const {
        SNAPGATE_ASSIGN(const auto environment, open());
        return repair_rows(*environment, plan_, directory_, base::system_clock().now_ms());
    }

  private:
    // What a start of the server would refuse. False if there is no file whose pages could be read.
    Result<bool> check_start() {
        const auto found = engine::look_at_data_file(data_file_);
        if (!found && found.error().code != Code::kCorrupt) return found.error();
        if (!found) {
            fault(found.error().message);
            std::error_code failed;
            return fs::is_regular_file(data_file_, failed);
        }
        if (*found == engine::DataFile::kStore) return true;
        fault(fmt::format("{} {}", data_file_.string(),
                          *found == engine::DataFile::kEmpty ? "is empty" : "is not there"));
        return false;
    }

    Result<void> check_pages() {
        SNAPGATE_ASSIGN(const engine::PageReport report, engine::check_pages(data_file_));
        for (const engine::PageFault& one : report.faults) {
            tell_(fmt::format("{} at byte {}: page {} {}", data_file_.string(), one.offset,
                              one.page, one.what));
        }
        if (report.fault_count > report.faults.size())
            tell_(fmt::format("{} has {} more", data_file_.string(),
                              base::counted(report.fault_count - report.faults.size(), "fault")));
        summary_.faults += report.fault_count;
        summary_.pages = report.pages;
        summary_.free_pages = report.free_pages;
        summary_.stray_pages = report.stray_pages;
        summary_.rows = report.rows;
        return {};
    }

    Result<void> check_all_rows() {
        SNAPGATE_ASSIGN(const auto environment, open());
        SNAPGATE_ASSIGN(const auto format, stored_format(*environment));
        // A start makes the rows of a store that has none, and migrates older ones.
        summary_.format = format.value_or(0);
        if (!format || *format < kFormat) return {};
        SNAPGATE_TRY(read_identity(*environment, directory_));
        uint64_t told = 0;
        SNAPGATE_ASSIGN(const uint64_t faults,
                        check_rows(*environment, [&](std::string_view key, std::string_view what) {
                            plan_.note(key);
                            if (told++ < kMostRowFaults) tell_(what);
                        }));
        if (faults > kMostRowFaults)
            tell_(fmt::format("the rows have {} more",
                              base::counted(faults - kMostRowFaults, "fault")));
        summary_.faults += faults;
        summary_.rows_checked = true;
        return {};
    }

    void fault(std::string_view what) {
        ++summary_.faults;
        tell_(what);
    }

    // The environment must not outlive the check.
    Result<std::unique_ptr<engine::Environment>> open() const {
        engine::exit_on_map_faults();
        return engine::Environment::open(
            {.directory = data_file_.parent_path(),
             .create = false,
             .damaged = [this](std::string_view key, engine::Fault fault) {
                 return damage_.found(key, fault);
             }});
    }

    const fs::path directory_;
    const fs::path data_file_;
    const FaultSink& tell_;
    mutable Damage damage_;
    RepairPlan plan_;
    CheckSummary summary_;
};

}  // namespace

Result<CheckSummary> check_store(const fs::path& directory, const FaultSink& tell) {
    SNAPGATE_ASSIGN(const DirectoryLock lock, DirectoryLock::take(directory));
    return Check(directory, tell).run();
}

Result<RepairSummary> repair_store(const fs::path& directory, const FaultSink& tell) {
    SNAPGATE_ASSIGN(const DirectoryLock lock, DirectoryLock::take(directory));
    Check check(directory, tell);
    SNAPGATE_ASSIGN(const CheckSummary found, check.run());
    RepairSummary summary;
    summary.found = summary.left = found;
    if (found.faults == 0) return summary;
    if (!found.rows_checked)
        return base::Error(Code::kCorrupt, "the data file itself is damaged, not only its rows");
    SNAPGATE_ASSIGN(summary, check.repair());
    summary.found = found;
    SNAPGATE_ASSIGN(summary.left, Check(directory, tell).run());
    return summary;
}

}  // namespace snapgate::store
