#include "replica/replica_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "base/crypto.h"
#include "base/decimal.h"
#include "base/encoding.h"
#include "replica/this_network.h"

namespace snapgate::replica {
namespace {

// The value: these parts with blanks between them. Newer versions may add parts.
constexpr size_t kRecordParts = 5;
constexpr size_t kCertificatePart = 5;
constexpr size_t kProofPart = 6;
constexpr std::string_view kRecordLayout = "1";
constexpr std::string_view kNothing = "-";
constexpr size_t kMostValue = 1024;

bool is_word(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

std::string_view word(std::string_view text) {
    return is_word(text) ? text : kNothing;
}

std::string text_of(std::string_view word) {
    return std::string(word == kNothing ? std::string_view() : word);
}

std::optional<int64_t> read_number(std::string_view text) {
    const auto number = base::read_decimal(text, std::numeric_limits<int64_t>::max());
    if (!number) return std::nullopt;
    return static_cast<int64_t>(*number);
}

}  // namespace

std::string prove_address(std::string_view key, std::string_view id, const ReplicaRecord& record,
                          std::string_view network) {
    // None of the first three holds a blank.
    std::string said = fmt::format("{} {} {}", id, word(record.address), word(record.certificate));
    if (!network.empty()) said += fmt::format(" {}", network);
    return base::hex(base::hmac_sha256(key, said));
}

bool is_proven(std::string_view key, std::string_view id, const ReplicaRecord& record) {
    const auto is_for = [&](std::string_view network) {
        return base::equal_constant_time(record.proof, prove_address(key, id, record, network));
    };
    return is_for("") || is_for(this_network());
}

std::string encode_replica(const ReplicaRecord& record) {
    return fmt::format("{} {} {} {} {} {} {}", kRecordLayout, word(record.address),
                       word(record.version), record.since_ms, record.applied,
                       word(record.certificate), word(record.proof));
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
    ReplicaRecord record{.address = text_of(parts[1]),
                         .version = std::string(parts[2]),
                         .since_ms = *since_ms,
                         .applied = *applied};
    if (parts.size() > kProofPart && is_word(parts[kCertificatePart]) &&
        is_word(parts[kProofPart])) {
        record.certificate = text_of(parts[kCertificatePart]);
        record.proof = text_of(parts[kProofPart]);
    }
    return record;
}

}  // namespace snapgate::replica
