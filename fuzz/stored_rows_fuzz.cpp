// A store of any rows, each with a good checksum: the check of rows ends, and so does whatever
// readers ask. A store that the check calls clean is read without an error. A store with faults is
// repaired, and is clean then, or the repair is refused.

#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/encoding.h"
#include "check.h"
#include "engine/environment.h"
#include "input.h"
#include "store/keys.h"
#include "store/repair.h"
#include "store/row_check.h"
#include "store/store.h"

namespace {

namespace engine = snapgate::engine;
namespace store = snapgate::store;
using snapgate::fuzz::check;
using snapgate::fuzz::check_says_why;

constexpr size_t kMostKeyBytes = 511;

class Views : public store::Store {
  public:
    using Store::make_view;
};

// In memory where the system has a place for that: each input is a commit.
std::filesystem::path memory_folder() {
    return std::filesystem::is_directory("/dev/shm") ? std::filesystem::path("/dev/shm")
                                                     : std::filesystem::temp_directory_path();
}

engine::Environment& environment() {
    static const auto opened = [] {
        const std::filesystem::path directory =
            memory_folder() / ("snapgate-rows-fuzz-" + std::to_string(::getpid()));
        auto made = engine::Environment::open({.directory = directory, .map_bytes = 256 << 20});
        check(made.has_value(), "an empty store is opened");
        // The open file is all that is needed.
        std::filesystem::remove_all(directory);
        return std::move(*made);
    }();
    return *opened;
}

// Rows: for each, two bytes for the key's length and two for the value's, the key, the value.
void write(engine::Environment& to, std::string_view input) {
    auto rows = to.write();
    check(rows.has_value(), "a write begins");
    {
        std::string key;
        auto cursor = rows->cursor();
        for (auto found = cursor->seek(std::string_view("\0", 1)); found && *found;
             found = cursor->seek(key)) {
            key = cursor->key();
            check(rows->erase(key).has_value(), "a row is erased");
        }
    }
    while (input.size() >= 4) {
        const size_t key_bytes = snapgate::base::read_u16(input, 0);
        const size_t value_bytes = snapgate::base::read_u16(input, 2);
        input.remove_prefix(4);
        const std::string_view key = input.substr(0, key_bytes);
        input.remove_prefix(key.size());
        const std::string_view value = input.substr(0, value_bytes);
        input.remove_prefix(value.size());
        // LMDB has no longer keys, and none without bytes.
        if (key.empty() || key.size() > kMostKeyBytes) continue;
        check(rows->put(key, value).has_value(), "a row is put");
    }
    check(rows->commit().has_value(), "a commit");
}

// Asks all that readers ask of a cluster; false if any answer is an error.
bool read(const store::ReadView& view, store::ClusterNumber cluster) {
    const auto head = view.head(cluster);
    if (!head) return false;
    if (!*head) return true;
    const store::Revision at = (*head)->revision;
    bool good = view.replaced_ms(cluster, at).has_value() && view.version_at(cluster, at) &&
                view.revision_of(cluster, (*head)->version) &&
                view.goes_on_from(cluster, (*head)->version);
    for (const store::Kind kind : {store::Kind::kSnapshot, store::Kind::kNamespace}) {
        good &= view.count(cluster, kind).has_value() && view.bytes(cluster, kind).has_value();
        store::ReadView::Scan scan = view.scan(cluster, kind, at, 10'000);
        auto more = scan.seek("", "");
        for (; more && *more; more = scan.next()) {
            const std::string vm(scan.found().object.vm);
            good &= view.newest(cluster, kind, scan.found().ns, scan.found().name).has_value();
            auto of_vm = view.scan_vm(cluster, vm, at, 100);
            good &= of_vm.seek("", "").has_value();
        }
        good &= more.has_value();
    }
    // The log may be compacted up to the head.
    const auto entries = view.log(cluster, at, at, 100);
    return good && entries.has_value();
}

// Whether readers get an answer to all that they ask.
bool read_all(engine::Environment& rows) {
    const store::ReadView view = Views::make_view(rows);
    bool good = true;
    for (store::ClusterNumber cluster = 1; cluster <= 3; ++cluster) good &= read(view, cluster);
    for (const auto type : {store::RecordType::kProject, store::RecordType::kCluster,
                            store::RecordType::kKey, store::RecordType::kMirror})
        good &= view.records(type).has_value();
    return good;
}

uint64_t count_faults(engine::Environment& rows, store::RepairPlan& plan) {
    const auto faults =
        store::check_rows(rows, [&plan](std::string_view key, std::string_view fault) {
            check(!fault.empty(), "a fault is told in words");
            plan.note(key);
        });
    check(faults.has_value(), "the check of rows ends");
    return *faults;
}

void repair(engine::Environment& rows, const store::RepairPlan& plan) {
    static const std::filesystem::path folder =
        memory_folder() / ("snapgate-repair-fuzz-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder);
    const auto repaired = store::repair_rows(rows, plan, folder, 1'700'000'000'000);
    std::filesystem::remove_all(folder);
    if (!repaired) return check_says_why(repaired.error());
    store::RepairPlan rest;
    check(count_faults(rows, rest) == 0, "what was repaired has no faults");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
    engine::Environment& rows = environment();
    write(rows, snapgate::fuzz::text_of(bytes, size));
    store::RepairPlan plan;
    const uint64_t faults = count_faults(rows, plan);
    check(read_all(rows) || faults > 0, "a store without faults is read");
    if (faults > 0) repair(rows, plan);
    return 0;
}
