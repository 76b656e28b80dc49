// How a reflector finds out whether its mirror is still what the cluster has: changes that never
// came leave no other trace.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/count_text.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "base/fault_switch.h"
#include "base/log.h"
#include "json/metadata_text.h"
#include "mirror/comparison.h"
#include "mirror/odd_objects.h"
#include "mirror/reflector.h"
#include "mirror/versions.h"

namespace snapgate::mirror {

using base::Code;
using base::Error;
using base::Result;
using std::chrono::milliseconds;

namespace {

constexpr size_t kPageObjects = 500;
constexpr size_t kMaxObjectBytes = 2 << 20;
// Looks at what came meanwhile, in the time that there is.
constexpr int kLooks = 600;
constexpr milliseconds kShortestLook{20};
// No check goes on for longer.
constexpr milliseconds kLongest{900'000};

// Anything from nothing to `most`.
milliseconds up_to(milliseconds most) {
    return milliseconds(base::random_below(static_cast<uint64_t>(most.count()) + 1));
}

Setback not_compared(std::string message) {
    Setback setback;
    setback.message = std::move(message);
    return setback;
}

// In words, for people.
std::string difference(const Checksum& mine, const Checksum& theirs, std::string_view version) {
    if (mine.same_versions(theirs))
        return fmt::format("the same objects, but not the same content, at version {}", version);
    return fmt::format("{} here, {} in the cluster, at version {}",
                       base::counted(mine.objects, "object"), theirs.objects, version);
}

}  // namespace

net::Awaitable<void> Reflector::check_from_time_to_time() {
    checking_.reset();
    // Spread out: clusters that were connected together are not compared together.
    milliseconds delay = up_to(times_.check);
    while (!stopping_ && !gone_) {
        co_await check_alarm_.wait(delay);
        if (stopping_ || gone_) break;
        delay = times_.check - times_.check / 8 + up_to(times_.check / 4);
        if (!status().ready()) continue;
        auto version = sink_.version();
        if (!version || version->empty()) continue;
        // What is compared is the mirror's own version: bookmarks are beyond it.
        checking_ = begin_comparing(*version);
        const uint64_t skipped_before = skipped_settled_;
        auto outcome = co_await compare(std::move(*version));
        // One that can be shown no more, or again, is left out of one side alone.
        if (outcome && !outcome->empty() && skipped_.changes() != skipped_before)
            outcome = tl::unexpected(not_compared("what cannot be shown has changed meanwhile"));
        checking_.reset();
        if (!stopping_ && !gone_) note_check(std::move(outcome));
    }
}

void Reflector::note_check(Outcome<std::string> outcome) {
    const bool compared = outcome.has_value();
    const bool same = compared && outcome->empty();
    std::string text = !compared ? "not compared: " + outcome.error().message
                       : same    ? "equal"
                                 : *outcome;
    {
        const base::MutexLock lock(mutex_);
        status_.check_outcome = text;
        if (compared) ++status_.checks;
        if (same) status_.synced_ms = clock_.now_ms();
        if (compared && !same) ++status_.differences;
    }
    if (!compared || same) return;
    base::log::error("a mirror was not what its cluster has: it is listed again",
                     {{"cluster", cluster_}, {"difference", text}});
    if (base::fault_disabled("self-check")) return;
    doubt_versions("DifferenceFound", std::move(text));
}

std::unique_ptr<Reflector::Comparing> Reflector::begin_comparing(std::string version) const {
    return std::make_unique<Comparing>(source_, server_, times_.answer, std::move(version),
                                       SteadyClock::now() + kLongest);
}

// What differs; "" if nothing does.
net::Awaitable<Outcome<std::string>> Reflector::compare(std::string version) {
    auto mine = co_await sink_.checksum(version);
    if (mine) {
        std::string shown;
        auto theirs =
            co_await sum_up(*checking_,
                            fmt::format("resourceVersion={}&resourceVersionMatch=Exact&limit={}",
                                        base::percent_encode(version), kPageObjects),
                            shown);
        if (theirs) {
            if (agree(*mine, *theirs)) co_return std::string();
            co_return difference(*mine, *theirs, version);
        }
        const bool was_refused =
            theirs.error().status / 100 == 4 || theirs.error().status / 100 == 5;
        if (!was_refused || base::fault_disabled("check-newest"))
            co_return tl::unexpected(std::move(theirs).error());
    }
    // The cluster does not keep that version any more, as nothing has changed here for a while.
    Patience patience{times_.check_patience, check_alarm_, [this] { return status().ready(); }};
    co_return co_await compare_newest(*checking_, std::move(patience));
}

// Whether they say the same, as far as this cluster's can be compared.
bool Reflector::agree(const Checksum& mine, const Checksum& theirs) {
    metadata_differs_ = mine.same_versions(theirs) && mine != theirs;
    if (!metadata_differs_) return mine == theirs;
    return !metadata_counts_ || base::fault_disabled("compare-metadata");
}

// Compares what the cluster has now with what the mirror shows for it, once it has come so far.
net::Awaitable<Outcome<std::string>> Reflector::compare_newest(Comparing& comparing,
                                                               Patience patience) {
    const std::string held = version_;
    std::string version;
    auto theirs = co_await sum_up(comparing, fmt::format("limit={}", kPageObjects), version);
    if (!theirs) co_return tl::unexpected(std::move(theirs).error());
    if (went_back(held, version))
        co_return fmt::format("the cluster's versions went back, from {} to {}", held, version);
    const auto deadline = SteadyClock::now() + patience.most;
    std::string compared;
    Comparison now;
    Result<Checksum> mine = Checksum();
    while (true) {
        if (stopping_ || !patience.goes_on()) co_return tl::unexpected(not_compared("interrupted"));
        // Before the state is looked at: what comes meanwhile makes no difference to it.
        now.reached = reached(version);
        now.patience = SteadyClock::now() < deadline;
        // The newest of the versions seen that is not after the list's.
        std::string base = comparing.seen.front();
        for (const std::string& seen : comparing.seen) {
            if (!is_newer(seen, version)) base = seen;
        }
        if (base != compared) {
            mine = co_await sink_.checksum(base);
            now.equal = mine && agree(*mine, *theirs);
            compared = std::move(base);
        }
        const Verdict verdict = judge(now);
        if (verdict == Verdict::kEqual) co_return std::string();
        if (verdict == Verdict::kUnexplained) {
            if (!mine) co_return mine.error().message;
            co_return difference(*mine, *theirs, version);
        }
        co_await patience.alarm.wait(std::max(patience.most / kLooks, kShortestLook));
    }
}

// The checksum of the cluster's own list, of whose objects nothing but the metadata is asked for.
net::Awaitable<Outcome<Checksum>> Reflector::sum_up(Comparing& comparing, std::string query,
                                                    std::string& version) {
    if (!skipped_.all_named())
        co_return tl::unexpected(not_compared("too many objects cannot be shown"));
    Checksum sum;
    std::string token;
    for (size_t page = 1; page == 1 || !token.empty(); ++page) {
        std::string target = path() + "?" + query;
        if (page > 1) {
            target = fmt::format("{}?limit={}&continue={}", path(), kPageObjects,
                                 base::percent_encode(token));
        }
        auto answer =
            co_await comparing.upstream.get(std::move(target), std::string(kMetadataOnly));
        if (!answer) co_return tl::unexpected(std::move(answer).error());
        json::ItemSplitter splitter(
            [this, &sum](std::string_view item) { return sum_item(sum, item); }, kMaxObjectBytes);
        splitter.pass_over_too_large([](std::string_view) -> Result<void> { return {}; });
        while (true) {
            auto piece = co_await comparing.upstream.read(times_.list_silence);
            if (!piece) co_return tl::unexpected(std::move(piece).error());
            if (piece->empty()) break;
            if (SteadyClock::now() > comparing.deadline)
                co_return tl::unexpected(not_compared("the cluster's list took too long"));
            auto fed = splitter.feed(*piece);
            if (!fed) co_return tl::unexpected(not_compared(fed.error().message));
        }
        auto finished = splitter.finish();
        const auto head = json::read_list_head(splitter.envelope());
        if (!finished || !head || head->version.empty())
            co_return tl::unexpected(not_compared("the cluster's list is not valid"));
        if (page == 1) version = head->version;
        token = head->continue_token;
    }
    co_return sum;
}

Result<void> Reflector::sum_item(Checksum& sum, std::string_view item) const {
    const auto head = json::read_object_head(item);
    const auto metadata = json::metadata_text(item);
    if (!head || !metadata || !can_be_kept(*head)) {
        // Whatever it is, no mirror has it.
        if (json::is_json_of_any_depth(item)) return {};
        return Error(Code::kBadPeer, "the cluster's list is not valid");
    }
    if (skipped_.contains({head->ns, head->name}) && !base::fault_disabled("check-skipped"))
        return {};
    sum.add(head->ns, head->name, head->uid, head->version, *metadata);
    return {};
}

}  // namespace snapgate::mirror
