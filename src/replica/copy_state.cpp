#include "replica/copy_state.h"

#include <fmt/format.h>

#include <limits>
#include <vector>

#include "base/decimal.h"

namespace snapgate::replica {
namespace {

using base::Code;
using base::Error;
using base::Result;

// The record: these parts with blanks between them.
constexpr size_t kParts = 5;
constexpr std::string_view kStateLayout = "1";

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
    if (!applied || !next) return unreadable_state();
    CopyState state;
    state.truth = parts[1];
    state.applied = static_cast<int64_t>(*applied);
    state.next_cluster = static_cast<model::ClusterNumber>(*next);
    state.complete = parts[4] == "complete";
    return std::optional(std::move(state));
}

Result<void> write_copy_state(store::WriteTxn& txn, const CopyState& state) {
    return txn.put_record(
        store::RecordType::kCopy, kCopyRecord,
        fmt::format("{} {} {} {} {}", kStateLayout, state.truth, state.applied, state.next_cluster,
                    state.complete ? "complete" : "building"));
}

}  // namespace snapgate::replica
