#include "replica/replica_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "base/decimal.h"

namespace snapgate::replica {
namespace {

// The value: these parts with blanks between them. Newer versions may add parts.
constexpr size_t kRecordParts = 5;
constexpr std::string_view kRecordLayout = "1";
constexpr std::string_view kNoAddress = "-";
constexpr size_t kMostValue = 1024;

bool is_word(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

std::optional<int64_t> read_number(std::string_view text) {
    const auto number = base::read_decimal(text, std::numeric_limits<int64_t>::max());
    if (!number) return std::nullopt;
    return static_cast<int64_t>(*number);
}

}  // namespace

std::string encode_replica(const ReplicaRecord& record) {
    return fmt::format("{} {} {} {} {}", kRecordLayout,
                       is_word(record.address) ? std::string_view(record.address) : kNoAddress,
                       is_word(record.version) ? std::string_view(record.version) : kNoAddress,
                       record.since_ms, record.applied);
}

std::optional<ReplicaRecord> decode_replica(std::string_view value) {
    if (value.size() > kMostValue) return std::nullopt;
    std::vector<std::string_view> parts;
    for (std::string_view rest = value;;) {
        const size_t end = rest.find(' ');
        parts.push_back(rest.substr(0, end));
        if (end == std::string_view::npos) break;
        rest.remove_prefix(end + 1);
    }
    if (parts.size() < kRecordParts || parts[0] != kRecordLayout) return std::nullopt;
    if (!is_word(parts[1]) || !is_word(parts[2])) return std::nullopt;
    const auto since_ms = read_number(parts[3]);
    const auto applied = read_number(parts[4]);
    if (!since_ms || !applied) return std::nullopt;
    return ReplicaRecord{.address = std::string(parts[1] == kNoAddress ? "" : parts[1]),
                         .version = std::string(parts[2]),
                         .since_ms = *since_ms,
                         .applied = *applied};
}

}  // namespace snapgate::replica
