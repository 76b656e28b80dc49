// How a reflector finds out whether its mirror is still what the cluster has: changes that never
// came leave no other trace.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/count_text.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "base/fault_switch.h"
#include "base/log.h"
#include "cluster/reflector.h"
#include "cluster/versions.h"

namespace snapgate::cluster {

using base::Result;
using std::chrono::milliseconds;

namespace {

constexpr std::string_view kMetadataOnly =
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";
constexpr size_t kPageObjects = 500;
constexpr size_t kMaxObjectBytes = 2 << 20;
// How long a version is waited for that the watch has not reached yet: longer than from one
// bookmark to the next.
constexpr milliseconds kPatience{120'000};
constexpr milliseconds kLook{200};
// No check goes on for longer.
constexpr milliseconds kLongest{900'000};

// Anything from nothing to `most`.
milliseconds up_to(milliseconds most) {
    uint32_t random = 0;
    std::memcpy(&random, base::random_bytes(sizeof(random)).data(), sizeof(random));
    return milliseconds(random % (static_cast<uint64_t>(most.count()) + 1));
}

Setback not_compared(std::string message) {
    Setback setback;
    setback.message = std::move(message);
    return setback;
}

}  // namespace

net::Awaitable<void> Reflector::check_from_time_to_time() {
    // Spread out: clusters that were connected together are not compared together.
    milliseconds delay = up_to(times_.check);
    while (!stopping_ && !gone_) {
        co_await check_alarm_.wait(delay);
        if (stopping_ || gone_) break;
        delay = times_.check - times_.check / 8 + up_to(times_.check / 4);
        if (!status().ready()) continue;
        auto version = sink_.version();
        if (!version || version->empty()) continue;
        checking_ = std::make_unique<Upstream>(source_, server_, times_.answer);
        // What is compared is the mirror's own version: bookmarks are beyond it.
        seen_versions_ = {*version};
        check_deadline_ = SteadyClock::now() + kLongest;
        const uint64_t skipped_before = skipped_.changes();
        auto outcome = co_await compare(std::move(*version));
        // One that can be shown no more, or again, is left out of one side alone.
        if (outcome && !outcome->empty() && skipped_.changes() != skipped_before)
            outcome = tl::unexpected(not_compared("what cannot be shown has changed meanwhile"));
        checking_.reset();
        seen_versions_ = {};
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
    next_ = Next::kRelistNewest;
    // Ends the watch; run() goes on with a list.
    upstream_.interrupt();
}

// What differs; "" if nothing does.
net::Awaitable<Outcome<std::string>> Reflector::compare(std::string version) {
    if (!skipped_.all_named())
        co_return tl::unexpected(not_compared("too many objects cannot be shown"));
    auto mine = co_await sink_.checksum(version);
    if (mine) {
        std::string shown;
        auto theirs =
            co_await sum_up(fmt::format("resourceVersion={}&resourceVersionMatch=Exact&limit={}",
                                        base::percent_encode(version), kPageObjects),
                            shown);
        if (theirs) {
            if (*theirs == *mine) co_return std::string();
            co_return fmt::format("{} here, {} in the cluster, at version {}",
                                  base::counted(mine->objects, "object"), theirs->objects, version);
        }
        const bool was_refused =
            theirs.error().status / 100 == 4 || theirs.error().status / 100 == 5;
        if (!was_refused || base::fault_disabled("check-newest"))
            co_return tl::unexpected(std::move(theirs).error());
    }
    // The cluster does not keep that version any more, as nothing has changed here for a while.
    co_return co_await compare_newest();
}

// Compares what the cluster has now with what the mirror shows for it, once it has come so far.
net::Awaitable<Outcome<std::string>> Reflector::compare_newest() {
    std::string version;
    auto theirs = co_await sum_up(fmt::format("limit={}", kPageObjects), version);
    if (!theirs) co_return tl::unexpected(std::move(theirs).error());
    if (!version_number(version))
        co_return tl::unexpected(not_compared("the cluster's versions are no numbers"));
    const auto deadline = SteadyClock::now() + kPatience;
    while (true) {
        if (stopping_ || !status().ready()) co_return tl::unexpected(not_compared("interrupted"));
        // Before the state is looked at: what comes meanwhile makes no difference to it.
        const bool passed = reached(version);
        // The newest of the versions seen that is not after the list's.
        std::string base = seen_versions_.front();
        for (const std::string& seen : seen_versions_) {
            if (!is_newer(seen, version)) base = seen;
        }
        auto mine = co_await sink_.checksum(base);
        if (mine && *mine == *theirs) co_return std::string();
        if (passed) {
            if (!mine) co_return tl::unexpected(not_compared(mine.error().message));
            co_return fmt::format("{} here, {} in the cluster, at version {}",
                                  base::counted(mine->objects, "object"), theirs->objects, version);
        }
        if (SteadyClock::now() >= deadline)
            co_return tl::unexpected(not_compared("the watch did not reach the list's version"));
        co_await check_alarm_.wait(kLook);
    }
}

// The checksum of the cluster's own list, of whose objects nothing but the metadata is asked for.
net::Awaitable<Outcome<Checksum>> Reflector::sum_up(std::string query, std::string& version) {
    Checksum sum;
    std::string token;
    for (size_t page = 1; page == 1 || !token.empty(); ++page) {
        std::string target = path() + "?" + query;
        if (page > 1) {
            target = fmt::format("{}?limit={}&continue={}", path(), kPageObjects,
                                 base::percent_encode(token));
        }
        auto answer = co_await checking_->get(std::move(target), std::string(kMetadataOnly));
        if (!answer) co_return tl::unexpected(std::move(answer).error());
        json::ItemSplitter splitter(
            [this, &sum](std::string_view item) -> Result<void> {
                SNAPGATE_ASSIGN(const json::ObjectHead head, json::read_object_head(item));
                if (skipped_.contains({head.ns, head.name}) &&
                    !base::fault_disabled("check-skipped"))
                    return {};
                sum.add(head.ns, head.name, head.uid, head.version);
                return {};
            },
            kMaxObjectBytes);
        splitter.pass_over_too_large([](std::string_view) -> Result<void> { return {}; });
        while (true) {
            auto piece = co_await checking_->read(times_.list_silence);
            if (!piece) co_return tl::unexpected(std::move(piece).error());
            if (piece->empty()) break;
            if (SteadyClock::now() > check_deadline_)
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

}  // namespace snapgate::cluster
