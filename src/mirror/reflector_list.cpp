// How a reflector takes in a list of everything.
#include <fmt/format.h>

#include <utility>

#include "base/encoding.h"
#include "base/fault_switch.h"
#include "base/log.h"
#include "mirror/comparison.h"
#include "mirror/reflector.h"
#include "mirror/versions.h"

namespace snapgate::mirror {

using base::Result;

namespace {

constexpr size_t kPageObjects = 500;
constexpr size_t kMostPages = 1'000'000;
// Of what is handed on in one step of a replacement, on average.
constexpr size_t kStepObjectBytes = 4 << 10;
constexpr size_t kMaxObjectBytes = 2 << 20;

}  // namespace

net::Awaitable<Outcome<void>> Reflector::relist() {
    listing_.emplace(lists_);
    if (watch_list_) co_return co_await watch(Begin::kWithState);
    if (next_ == Next::kRelistNewest) {
        co_return co_await list(fmt::format("limit={}", kPageObjects));
    }
    // A server's cache answers a first list, which may be behind; later ones must not be older than
    // what is known, and with a limit the version would mean just that one.
    std::string query = version_.empty()
                            ? fmt::format("resourceVersion=0&limit={}", kPageObjects)
                            : fmt::format("resourceVersion={}", base::percent_encode(version_));
    co_return co_await list(std::move(query));
}

net::Awaitable<Outcome<void>> Reflector::list(std::string query) {
    objects_.clear();
    object_bytes_ = 0;
    begin_counting();
    auto begun = co_await sink_.begin_replacement();
    if (!begun) co_return tl::unexpected(sink_failed(begun.error()));
    std::string version;
    std::string token;
    for (size_t page = 1; page == 1 || !token.empty(); ++page) {
        std::string target = path() + "?" + query;
        if (page > 1) {
            target = fmt::format("{}?limit={}&continue={}", path(), kPageObjects,
                                 base::percent_encode(token));
        }
        auto head = co_await list_page(std::move(target));
        if (!head && head.error().status == 410 && page > 1 && !query.empty() &&
            !base::fault_disabled("page-410")) {
            // What the pages show is gone: all at once then.
            co_return co_await list("");
        }
        if (!head && base::fault_disabled("partial-list"))
            co_return co_await publish(version_.empty() ? "1" : version_);
        if (!head) {
            Setback setback = std::move(head).error();
            const bool too_old = setback.status == 410 && !base::fault_disabled("list-410");
            if (too_old) setback.next = Next::kRelistNewest;
            co_return tl::unexpected(std::move(setback));
        }
        if (page == 1) version = head->version;
        if (!token.empty() && head->continue_token == token &&
            !base::fault_disabled("endless-list"))
            co_return tl::unexpected(malformed("the cluster's list goes on with the same page"));
        token = std::move(head->continue_token);
        if (page == kMostPages)
            co_return tl::unexpected(malformed("the cluster's list has no end"));
    }
    if (base::fault_disabled("backwards-version") && is_newer(version_, version))
        co_return tl::unexpected(malformed("the list is older than what is known"));
    co_return co_await publish(std::move(version));
}

net::Awaitable<Outcome<json::ListHead>> Reflector::list_page(std::string target) {
    auto answer = co_await upstream_.get(std::move(target), "application/json");
    if (!answer) co_return tl::unexpected(std::move(answer).error());
    failed_.reset();
    in_list_ = true;
    json::ItemSplitter splitter([this](std::string_view item) { return take_object(item, true); },
                                kMaxObjectBytes);
    if (!base::fault_disabled("too-large-object")) {
        splitter.pass_over_too_large([this](std::string_view beginning) -> Result<void> {
            note_skipped(json::read_cut_object(beginning), "larger than 2 MiB", false);
            return {};
        });
    }
    const auto begun = SteadyClock::now();
    while (true) {
        if (base::fault_disabled("slow-bytes") && SteadyClock::now() - begun > times_.list_silence)
            co_return tl::unexpected(malformed("the cluster's list takes too long"));
        auto piece = co_await upstream_.read(times_.list_silence);
        if (!piece) co_return tl::unexpected(std::move(piece).error());
        if (piece->empty()) break;
        auto fed = splitter.feed(*piece);
        if (!fed) {
            upstream_.drop();
            Setback setback = malformed("the cluster's list is not valid: " + fed.error().message);
            if (failed_) setback = std::move(*failed_);
            co_return tl::unexpected(std::move(setback));
        }
        auto flushed = co_await flush_list(false);
        if (!flushed) co_return tl::unexpected(std::move(flushed).error());
    }
    in_list_ = false;
    auto finished = splitter.finish();
    if (!finished) {
        co_return tl::unexpected(
            malformed("the cluster's list is not valid: " + finished.error().message));
    }
    const auto head = json::read_list_head(splitter.envelope());
    const std::string wanted_kind = fmt::format("{}List", kind_.kind);
    if (!head || !is_version(head->version) ||
        (head->kind != wanted_kind && !base::fault_disabled("wrong-kind"))) {
        co_return tl::unexpected(malformed(fmt::format("the cluster answered no {}", wanted_kind)));
    }
    co_return *head;
}

void Reflector::begin_counting() {
    listed_ = 0;
    skipped_.clear();
}

net::Awaitable<Outcome<void>> Reflector::flush_list(bool all) {
    if (objects_.empty()) co_return Outcome<void>();
    const size_t step = lists_.step_objects();
    if (!all && objects_.size() < step && object_bytes_ < step * kStepObjectBytes)
        co_return Outcome<void>();
    auto objects = std::exchange(objects_, {});
    object_bytes_ = 0;
    listed_ += objects.size();
    if (listed_ > most_listed_)
        co_return tl::unexpected(malformed("the cluster's list has no end"));
    auto added = co_await sink_.add(std::move(objects));
    if (!added) co_return tl::unexpected(sink_failed(added.error()));
    co_return Outcome<void>();
}

net::Awaitable<Outcome<void>> Reflector::publish(std::string version) {
    auto flushed = co_await flush_list(true);
    if (!flushed) co_return flushed;
    // Where the newest list was taken, whatever its version, versions prove nothing: the ones that
    // were told until now may come again, with other content.
    const bool restored = next_ == Next::kRelistNewest || went_back(version_, version);
    auto replaced =
        co_await sink_.publish(version, restored ? ToldVersions::kForgotten : ToldVersions::kKept);
    if (!replaced) co_return tl::unexpected(sink_failed(replaced.error()));
    if (std::exchange(metadata_differs_, false) && replaced->changed == 0) {
        // Byte by byte nothing differed. What is shown alone has another form than within objects:
        // it is of no use for comparisons, and would be found different each time.
        metadata_counts_ = false;
        base::log::warning("a cluster shows metadata alone in another form than in its objects",
                           {{"cluster", cluster_}});
    }
    listing_.reset();
    skipped_settled_ = skipped_.changes();
    fresh_ = !changed_;
    if (!changed_) next_ = Next::kSame;
    retries_after_ = 0;
    for (Comparing* comparing : {checking_.get(), resuming_.get()}) {
        if (comparing != nullptr) comparing->seen.push_back(version);
    }
    if (!changed_) note_confirmed();
    set_version(std::move(version));
    base::log::info(
        "took in a cluster's list",
        {{"cluster", cluster_}, {"objects", replaced->objects}, {"changed", replaced->changed}});
    const base::MutexLock lock(mutex_);
    ++status_.syncs;
    status_.has_synced = true;
    status_.skipped = skipped_.count();
    if (status_.skipped == 0) status_.skipped_example.clear();
    status_.synced_ms = status_.confirmed_ms = clock_.now_ms();
    co_return Outcome<void>();
}

}  // namespace snapgate::mirror
