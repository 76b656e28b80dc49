#include "replica/move_mark.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>

#include "base/decimal.h"

namespace snapgate::replica {
namespace {

// The value: these parts with blanks between them. No name has a blank or a slash in it.
constexpr size_t kMarkParts = 7;

}  // namespace

std::string encode_mark(const MoveMark& mark) {
    return fmt::format("{} {} {} {} {} {} {}/{}", mark.store, mark.revision, mark.step,
                       mark.objects, mark.cluster, static_cast<unsigned>(mark.kind), mark.from.ns,
                       mark.from.name);
}

std::optional<MoveMark> decode_mark(std::string_view value) {
    std::array<std::string_view, kMarkParts> parts;
    for (size_t i = 0; i + 1 < kMarkParts; ++i) {
        const size_t end = value.find(' ');
        if (end == std::string_view::npos) return std::nullopt;
        parts.at(i) = value.substr(0, end);
        value.remove_prefix(end + 1);
    }
    parts.back() = value;
    const size_t slash = value.find('/');
    const auto revision = base::read_decimal(parts[1], std::numeric_limits<uint64_t>::max());
    const auto step = base::read_decimal(parts[2], std::numeric_limits<uint64_t>::max());
    const auto objects = base::read_decimal(parts[3], std::numeric_limits<uint64_t>::max());
    const auto cluster = base::read_decimal(parts[4], std::numeric_limits<uint32_t>::max());
    const auto kind = base::read_decimal(parts[5], std::numeric_limits<uint8_t>::max());
    if (parts[0].empty() || !revision || !step || !objects || !cluster || !kind ||
        slash == std::string_view::npos)
        return std::nullopt;
    const auto known = std::ranges::find(model::kKinds, static_cast<model::Kind>(*kind));
    if (known == std::end(model::kKinds)) return std::nullopt;
    return MoveMark{
        .store = std::string(parts[0]),
        .revision = *revision,
        .step = *step,
        .objects = *objects,
        .cluster = static_cast<model::ClusterNumber>(*cluster),
        .kind = *known,
        .from = {std::string(value.substr(0, slash)), std::string(value.substr(slash + 1))}};
}

}  // namespace snapgate::replica
