#include "mirror/state_names.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "base/checksum.h"
#include "base/log.h"
#include "commit/commit.h"
#include "model/version_order.h"

namespace snapgate::mirror {

using base::Result;
using model::ClusterNumber;

namespace {

// The note is the digest, a blank, and the version, in which any byte may be.
std::string to_note(const NamedState& state) {
    return fmt::format("{} {}", state.digest, state.version);
}

std::optional<NamedState> parse_note(std::string_view text) {
    const size_t end = text.find(' ');
    if (end == std::string_view::npos || end + 1 == text.size()) return std::nullopt;
    return NamedState{.version = std::string(text.substr(end + 1)),
                      .digest = std::string(text.substr(0, end))};
}

// The name that a list takes over; nullopt: it has another.
std::optional<std::string> taken_over(const StateNames::Listed& listed,
                                      const std::optional<NamedState>& told) {
    const bool named = told && told->digest == listed.state.digest;
    // Its clients have seen the mirror's own version: it does not go back.
    if (named && !model::is_newer(listed.known, told->version)) return told->version;
    if (listed.same && !listed.known.empty()) return listed.known;
    return std::nullopt;
}

}  // namespace

void ContentDigest::add(std::string_view value) {
    sum_ += base::checksum_64({}, value);
    ++objects_;
}

std::string ContentDigest::text() const {
    return fmt::format("{:x}-{:016x}", objects_, sum_);
}

Result<std::optional<NamedState>> StateNames::told(ClusterNumber mirror) const {
    SNAPGATE_ASSIGN(const auto notes,
                    truth_.read().notes(mirror, store::NoteType::kListed, {}, {}, 1));
    return notes.empty() ? std::nullopt : parse_note(notes.front().second);
}

net::Awaitable<std::string> StateNames::name(ClusterNumber mirror, Listed listed) {
    if (const auto known = told(mirror)) {
        if (auto name = taken_over(listed, *known)) co_return std::move(*name);
    }
    // Nobody can be asked or told, and nobody waits for that.
    if (!truth_.writable()) co_return std::move(listed.state.version);
    auto agreed = std::make_shared<std::string>();
    store::WriteFunction write = [mirror, listed, agreed](store::WriteTxn& txn) -> Result<void> {
        SNAPGATE_ASSIGN(const auto note, txn.note(mirror, store::NoteType::kListed, {}));
        const auto told = note ? parse_note(*note) : std::nullopt;
        if (auto name = taken_over(listed, told)) {
            *agreed = std::move(*name);
            return {};
        }
        *agreed = listed.state.version;
        // An older list has nothing to say to who is further.
        if (told && !listed.went_back && model::is_newer(told->version, listed.state.version))
            return {};
        return txn.put_note(mirror, store::NoteType::kListed, {}, to_note(listed.state));
    };
    const auto written = co_await commit::one(truth_, store::Priority::kRequest, std::move(write));
    if (written) co_return std::move(*agreed);
    base::log::warning("other replicas are not told of a list of a cluster",
                       {{"mirror", mirror}, {"error", written.error().message}});
    co_return std::move(listed.state.version);
}

}  // namespace snapgate::mirror
