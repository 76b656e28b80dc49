#include "replica/copy_state.h"

#include <fmt/format.h>

#include <limits>
#include <vector>

#include "base/decimal.h"
#include "replica/truth_values.h"

namespace snapgate::replica {
namespace {

using base::Code;
using base::Error;
using base::Result;

// The record: these parts with blanks between them.
constexpr size_t kParts = 9;
constexpr std::string_view kStateLayout = "2";

Error unreadable_state() {
    return {Code::kCorrupt,
            "the store does not say what it is a copy of: remove the folder `store` "
            "of the data directory, and it is built again from etcd"};
}

std::vector<std::string_view> split(std::string_view text) {
    std::vector<std::string_view> parts;
    while (true) {
        const size_t end = text.find(' ');
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

}  // namespace

Result<std::optional<CopyState>> parse_copy_state(const std::optional<std::string>& record) {
    if (!record) return std::optional<CopyState>();
    const auto parts = split(*record);
    if (parts.size() != kParts || parts[0] != kStateLayout) return unreadable_state();
    const auto applied = base::read_decimal(parts[2], std::numeric_limits<int64_t>::max());
    const auto next = base::read_decimal(parts[3], std::numeric_limits<uint32_t>::max());
    const auto offset = base::read_decimal(parts[4], kMostOffset);
    const auto offset_revision = base::read_decimal(parts[5], std::numeric_limits<int64_t>::max());
    const auto head_revision = base::read_decimal(parts[6], std::numeric_limits<int64_t>::max());
    if (!applied || !next || !offset || !offset_revision || !head_revision)
        return unreadable_state();
    CopyState state;
    state.truth = parts[1];
    state.applied = static_cast<int64_t>(*applied);
    state.next_cluster = static_cast<model::ClusterNumber>(*next);
    state.offset = static_cast<int64_t>(*offset);
    state.offset_revision = static_cast<int64_t>(*offset_revision);
    state.head_revision = static_cast<int64_t>(*head_revision);
    state.head = parts[7];
    state.complete = parts[8] == "complete";
    return std::optional(std::move(state));
}

Result<void> write_copy_state(store::WriteTxn& txn, const CopyState& state) {
    return txn.put_record(
        store::RecordType::kCopy, kCopyRecord,
        fmt::format("{} {} {} {} {} {} {} {} {}", kStateLayout, state.truth, state.applied,
                    state.next_cluster, state.offset, state.offset_revision, state.head_revision,
                    state.head, state.complete ? "complete" : "building"));
}

}  // namespace snapgate::replica
