#include "replica/truth_keys.h"

#include <fmt/format.h>

#include <limits>

#include "base/decimal.h"

namespace snapgate::replica {
namespace {

using model::ClusterNumber;
using What = TruthKeys::Address::What;

// Ten digits, so that the order of keys is that of numbers.
constexpr size_t kNumberDigits = 10;

std::string digits(ClusterNumber cluster) {
    return fmt::format("{:010}", cluster);
}

// Takes "<word>/" off the front.
bool take(std::string_view& rest, std::string_view word) {
    if (!rest.starts_with(word) || rest.size() <= word.size() || rest[word.size()] != '/')
        return false;
    rest.remove_prefix(word.size() + 1);
    return true;
}

// Takes the part up to the next slash off the front; nullopt if there is none.
std::optional<std::string_view> take_part(std::string_view& rest) {
    const size_t end = rest.find('/');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view part = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    return part;
}

std::optional<ClusterNumber> read_cluster(std::string_view part) {
    if (part.size() != kNumberDigits) return std::nullopt;
    const auto number = base::read_decimal(part, std::numeric_limits<ClusterNumber>::max());
    if (!number || *number == 0) return std::nullopt;
    return static_cast<ClusterNumber>(*number);
}

std::optional<ClusterNumber> take_cluster(std::string_view& rest) {
    const auto part = take_part(rest);
    return part ? read_cluster(*part) : std::nullopt;
}

// One digit from 1 to `most`.
std::optional<uint8_t> take_digit(std::string_view& rest, uint8_t most) {
    const auto part = take_part(rest);
    if (!part || part->size() != 1) return std::nullopt;
    const auto number = base::read_decimal(*part, most);
    if (!number || *number == 0) return std::nullopt;
    return static_cast<uint8_t>(*number);
}

std::optional<TruthKeys::Address> parse_record(std::string_view rest) {
    TruthKeys::Address address{.what = What::kRecord};
    const auto type = take_digit(rest, static_cast<uint8_t>(store::RecordType::kSession));
    if (!type || rest.empty()) return std::nullopt;
    address.record = static_cast<store::RecordType>(*type);
    if (!TruthKeys::has(address.record)) return std::nullopt;
    address.name = rest;
    return address;
}

std::optional<TruthKeys::Address> parse_object(std::string_view rest) {
    TruthKeys::Address address{.what = What::kObject};
    const auto cluster = take_cluster(rest);
    const auto kind = take_digit(rest, static_cast<uint8_t>(model::Kind::kContent));
    const auto ns = take_part(rest);
    if (!cluster || !kind || !ns || rest.empty()) return std::nullopt;
    address.cluster = *cluster;
    address.kind = static_cast<model::Kind>(*kind);
    address.ns = *ns;
    address.name = rest;
    return address;
}

std::optional<TruthKeys::Address> parse_note(std::string_view rest) {
    TruthKeys::Address address{.what = What::kNote};
    const auto cluster = take_cluster(rest);
    const auto type = take_digit(rest, static_cast<uint8_t>(store::NoteType::kListed));
    if (!cluster || !type) return std::nullopt;
    address.cluster = *cluster;
    address.note = static_cast<store::NoteType>(*type);
    address.name = rest;
    return address;
}

}  // namespace

std::string TruthKeys::record(store::RecordType type, std::string_view id) const {
    return fmt::format("{}{}/{}", records(), static_cast<unsigned>(type), id);
}

bool TruthKeys::has(store::RecordType type) {
    return type != store::RecordType::kMirror && type != store::RecordType::kCopy;
}

std::string TruthKeys::cluster(ClusterNumber cluster) const {
    return clusters() + digits(cluster);
}

std::string TruthKeys::objects_of(ClusterNumber cluster) const {
    return fmt::format("{}{}/", objects(), digits(cluster));
}

std::string TruthKeys::object(ClusterNumber cluster, model::Kind kind, std::string_view ns,
                              std::string_view name) const {
    return fmt::format("{}{}/{}/{}", objects_of(cluster), static_cast<unsigned>(kind), ns, name);
}

std::string TruthKeys::notes_of(ClusterNumber cluster) const {
    return fmt::format("{}{}/", notes(), digits(cluster));
}

std::string TruthKeys::note(ClusterNumber cluster, store::NoteType type,
                            std::string_view key) const {
    return fmt::format("{}{}/{}", notes_of(cluster), static_cast<unsigned>(type), key);
}

std::string TruthKeys::sweep(ClusterNumber cluster) const {
    return sweeps() + digits(cluster);
}

std::optional<TruthKeys::Address> TruthKeys::parse(std::string_view key) const {
    if (!key.starts_with(base_)) return std::nullopt;
    std::string_view rest = key.substr(base_.size());
    if (rest == "numbers") return Address{.what = What::kNumbers};
    if (rest == "head") return Address{.what = What::kHead};
    if (rest == "offset") return Address{.what = What::kOffset};
    if (take(rest, "records")) return parse_record(rest);
    if (take(rest, "objects")) return parse_object(rest);
    if (take(rest, "notes")) return parse_note(rest);
    if (take(rest, "clusters")) {
        const auto cluster = read_cluster(rest);
        if (!cluster) return std::nullopt;
        return Address{.what = What::kCluster, .cluster = *cluster};
    }
    return Address{};
}

}  // namespace snapgate::replica
