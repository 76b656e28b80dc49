#include "mirror/name_taker.h"

#include <chrono>

#include "commit/commit.h"
#include "model/version_order.h"
#include "net/await.h"

namespace snapgate::mirror {

using base::Result;
using store::Priority;

namespace {

// How long a mirror that is named elsewhere may need for the events that lead there.
constexpr std::chrono::seconds kPatienceWithName{5};
constexpr std::chrono::milliseconds kBetweenLooks{50};

}  // namespace

net::Awaitable<void> NameTaker::take() {
    if (names_ == nullptr || std::exchange(taking_, true)) co_return;
    // Another name may come while this one is looked for: it is read anew each time.
    const auto deadline = std::chrono::steady_clock::now() + kPatienceWithName;
    std::optional<store::Revision> compared;
    while (std::chrono::steady_clock::now() < deadline) {
        auto wanted = wanted_name();
        if (!wanted || !*wanted) break;
        const uint64_t begun = moves_->begun;
        // What moves the mirror now is looked at when it is done.
        const bool still = begun == moves_->ended;
        if (still && (*wanted)->revision != compared) {
            compared = (*wanted)->revision;
            const auto digest = co_await digest_at((*wanted)->revision);
            if (digest && *digest == (*wanted)->state.digest)
                (void)co_await set_name((*wanted)->state.version, begun);
        }
        co_await net::pause(kBetweenLooks);
    }
    taking_ = false;
}

Result<std::optional<NameTaker::WantedName>> NameTaker::wanted_name() const {
    SNAPGATE_ASSIGN(auto told, names_->told(mirrored_.cluster));
    if (!told) return std::optional<WantedName>();
    const store::ReadView view = store_.read();
    SNAPGATE_ASSIGN(const auto head, view.head(mirrored_.cluster));
    // Its first list finds the name.
    if (!head || head->decimal) return std::optional<WantedName>();
    SNAPGATE_ASSIGN(const auto had, view.revision_of(mirrored_.cluster, told->version));
    const bool past =
        model::compare_versions(told->version, head->version) == model::VersionOrder::kNotNewer;
    if (had || past) return std::optional<WantedName>();
    return std::optional(WantedName{std::move(*told), head->revision});
}

net::Awaitable<Result<std::string>> NameTaker::digest_at(store::Revision revision) const {
    const std::shared_ptr<void> hold = store_.hold_history(mirrored_.cluster, revision);
    ContentDigest digest;
    Visit add = [&digest](const store::Found& one) -> Result<void> {
        digest.add(one.object.value);
        return {};
    };
    SNAPGATE_CO_TRY(co_await visit(store_, mirrored_, revision, std::move(add)));
    co_return digest.text();
}

net::Awaitable<Result<void>> NameTaker::set_name(std::string version, uint64_t begun) {
    store::WriteFunction write = [version = std::move(version), begun, moves = moves_,
                                  cluster =
                                      mirrored_.cluster](store::WriteTxn& txn) -> Result<void> {
        if (moves->begun != begun) return {};
        SNAPGATE_TRY(require_cluster(txn, cluster));
        return txn.set_list_version(cluster, version);
    };
    co_return co_await commit::one(store_, Priority::kRequest, std::move(write));
}

}  // namespace snapgate::mirror
