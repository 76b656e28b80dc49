#include "mirror/mirror_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/count_text.h"
#include "base/encoding.h"
#include "mirror/comparison.h"
#include "mirror/metadata_page.h"
#include "mirror/pages.h"
#include "mirror/went_back.h"

namespace snapgate::mirror {

using base::Result;
using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

namespace {

// A comparison looks this often, in the time that it has, whether events explain a difference.
constexpr int kLooks = 600;
constexpr milliseconds kShortestLook{20};
// A check that takes longer is given up.
constexpr milliseconds kLongest{900'000};

// The difference in words, for people.
std::string difference(const Checksum& mine, const Checksum& theirs, std::string_view version) {
    if (mine.same_versions(theirs))
        return fmt::format("the same objects, but not the same content, at version {}", version);
    return fmt::format("{} here, {} in the cluster, at version {}",
                       base::counted(mine.objects, "object"), theirs.objects, version);
}

}  // namespace

Setback not_compared(std::string message) {
    Setback setback;
    setback.message = std::move(message);
    return setback;
}

MirrorCheck::MirrorCheck(Parts parts, std::string version)
    : parts_(std::move(parts)),
      upstream_(parts_.source, parts_.server, parts_.answer),
      seen_(std::move(version)),
      deadline_(SteadyClock::now() + kLongest) {}

net::Awaitable<Outcome<std::string>> MirrorCheck::compare(Patience patience) {
    const std::string version = seen_.first();
    auto mine = co_await parts_.sink.checksum(version);
    if (mine) {
        auto theirs =
            co_await sum_up(fmt::format("resourceVersion={}&resourceVersionMatch=Exact&limit={}",
                                        base::percent_encode(version), kPageObjects));
        if (theirs) {
            if (parts_.metadata.agree(*mine, theirs->checksum)) co_return std::string();
            co_return difference(*mine, theirs->checksum, version);
        }
        const bool was_refused =
            theirs.error().status / 100 == 4 || theirs.error().status / 100 == 5;
        if (!was_refused) co_return tl::unexpected(std::move(theirs).error());
    }
    co_return co_await compare_newest(std::move(patience));
}

net::Awaitable<Outcome<std::string>> MirrorCheck::compare_newest(Patience patience) {
    auto theirs = co_await sum_up(fmt::format("limit={}", kPageObjects), &seen_);
    if (!theirs) co_return tl::unexpected(std::move(theirs).error());
    const std::string& version = theirs->version;
    if (went_back(patience.held, version))
        co_return versions_went_back(patience.held, version).message;
    const auto deadline = SteadyClock::now() + patience.most;
    std::optional<std::string> compared;
    Comparison now;
    Result<Checksum> mine = Checksum();
    while (true) {
        if (!patience.goes_on()) co_return tl::unexpected(not_compared("interrupted"));
        // Asked before the mirror's state is read: what comes in between does not matter.
        now.reached = patience.reached(version);
        now.patience = SteadyClock::now() < deadline;
        std::optional<std::string> base = seen_.base();
        if (!base) co_return tl::unexpected(not_compared("too many changes came before its list"));
        if (base != compared) {
            mine = co_await parts_.sink.checksum(*base);
            now.equal = mine && parts_.metadata.agree(*mine, theirs->checksum);
            compared = std::move(base);
        }
        const Verdict verdict = judge(now);
        if (verdict == Verdict::kEqual) co_return std::string();
        if (verdict == Verdict::kUnexplained) {
            if (!mine) co_return mine.error().message;
            co_return difference(*mine, theirs->checksum, version);
        }
        co_await patience.alarm.wait(std::max(patience.most / kLooks, kShortestLook));
    }
}

// The checksum of the cluster's own list. The list is asked for with metadata alone.
net::Awaitable<Outcome<MirrorCheck::Sum>> MirrorCheck::sum_up(std::string query,
                                                              SeenVersions* seen) {
    if (!parts_.skipped.all_named())
        co_return tl::unexpected(not_compared("too many objects cannot be shown"));
    Checksum sum;
    Pages pages(parts_.path, std::move(query));
    bool more = true;
    while (more) {
        auto head = co_await sum_page(pages.target(), sum);
        if (!head) co_return tl::unexpected(std::move(head).error());
        auto turned = pages.turn(std::move(*head));
        if (!turned) co_return tl::unexpected(not_compared(turned.error().message));
        more = *turned;
        if (seen != nullptr) seen->settle(pages.version());
    }
    co_return Sum{sum, pages.version()};
}

net::Awaitable<Outcome<json::ListHead>> MirrorCheck::sum_page(std::string target, Checksum& sum) {
    auto answer = co_await upstream_.get_metadata(std::move(target));
    if (!answer) co_return tl::unexpected(std::move(answer).error());
    MetadataPage page(parts_.kind, parts_.skipped, sum);
    while (true) {
        auto piece = co_await upstream_.read(parts_.silence);
        if (!piece) co_return tl::unexpected(std::move(piece).error());
        if (piece->empty()) break;
        if (SteadyClock::now() > deadline_)
            co_return tl::unexpected(not_compared("the cluster's list took too long"));
        auto fed = page.feed(*piece);
        if (!fed) co_return tl::unexpected(not_compared(fed.error().message));
    }
    auto head = page.finish();
    if (!head) co_return tl::unexpected(not_compared(head.error().message));
    co_return std::move(*head);
}

}  // namespace snapgate::mirror
