#include "replica/follower.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "base/log.h"
#include "replica/history.h"
#include "replica/rebuild.h"
#include "store/wait.h"

namespace snapgate::replica {
namespace {

using base::Code;
using base::Error;
using base::Result;

constexpr std::chrono::milliseconds kLook{100};
constexpr std::chrono::milliseconds kPause{200};
constexpr std::chrono::seconds kPatienceAtStart{60};

Error no_more() {
    return {Code::kUnavailable, "the server is being stopped"};
}

}  // namespace

Follower::Follower(etcd::Client& client, store::Store& copy, const TruthKeys& keys,
                   store::DeriveFacts derive_facts, std::string truth)
    : client_(client),
      copy_(copy),
      keys_(keys),
      derive_facts_(std::move(derive_facts)),
      truth_(std::move(truth)) {}

Follower::~Follower() {
    stop();
}

Result<void> Follower::start() {
    thread_ = std::thread([this] { loop(); });
    const auto deadline = Time::now() + kPatienceAtStart;
    base::MutexLock lock(mutex_);
    while (!following_) {
        // Time may mend what is out of reach, and nothing else.
        const bool final = trouble_ && trouble_->code != Code::kUnavailable;
        if (trouble_ && (final || Time::now() >= deadline)) return *trouble_;
        wake_.wait_until(mutex_, Time::now() + kLook);
    }
    return {};
}

void Follower::stop() {
    {
        base::MutexLock lock(mutex_);
        stopping_ = true;
        if (watch_ != nullptr) watch_->close();
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
    end_waits(true);
}

void Follower::tell_of_records(RecordsChanged changed) {
    base::MutexLock lock(mutex_);
    records_changed_ = std::move(changed);
}

void Follower::tell_of_names(StateNamed named) {
    base::MutexLock lock(mutex_);
    state_named_ = std::move(named);
}

bool Follower::stopping() const {
    base::MutexLock lock(mutex_);
    return stopping_;
}

std::optional<Error> Follower::trouble() const {
    base::MutexLock lock(mutex_);
    return trouble_;
}

void Follower::set_trouble(std::optional<Error> trouble) {
    {
        base::MutexLock lock(mutex_);
        following_ = !trouble;
        const bool is_news = trouble && (!trouble_ || trouble_->message != trouble->message);
        if (is_news && !stopping_)
            base::log::error("cannot follow etcd", {{"error", trouble->message}});
        if (!trouble && trouble_) base::log::info("etcd is followed again");
        trouble_ = std::move(trouble);
    }
    wake_.notify_all();
}

void Follower::when_applied(int64_t revision, base::Millis patience, Done done) {
    {
        base::MutexLock lock(mutex_);
        if ((applied_.load() < revision || !following_) && !stopping_) {
            waiting_.emplace(revision, Waiting{Time::now() + patience, std::move(done)});
            return;
        }
    }
    if (!stopping()) return done({});
    done(no_more());
}

void Follower::end_waits(bool all) {
    const auto now = Time::now();
    std::vector<std::pair<Done, Result<void>>> ended;
    {
        base::MutexLock lock(mutex_);
        const int64_t applied = applied_.load();
        for (auto one = waiting_.begin(); one != waiting_.end();) {
            auto& [revision, waiting] = *one;
            if (revision <= applied && following_) {
                ended.emplace_back(std::move(waiting.done), Result<void>());
            } else if (all) {
                ended.emplace_back(std::move(waiting.done), no_more());
            } else if (waiting.deadline <= now) {
                ended.emplace_back(
                    std::move(waiting.done),
                    Error(Code::kUnavailable,
                          fmt::format("this replica is behind: it has etcd's revision {}, and "
                                      "the answer needs {}; ask again, or another replica",
                                      applied, revision)));
            } else {
                ++one;
                continue;
            }
            one = waiting_.erase(one);
        }
    }
    for (auto& [done, result] : ended) done(std::move(result));
}

void Follower::loop() {
    while (!stopping()) {
        const Result<void> ended = follow();
        if (!ended) set_trouble(ended.error());
        end_waits(false);
        base::MutexLock lock(mutex_);
        if (!stopping_) wake_.wait_until(mutex_, Time::now() + kPause);
    }
}

// A copy is good for one truth only, and for one history of it.
Result<Follower::Fit> Follower::check_truth(const CopyState& state) {
    etcd::RangeRequest request;
    request.key = keys_.id();
    const auto id = client_.range(std::move(request));
    if (!id) return etcd::to_base(id.error());
    if (id->kvs.size() != 1 || id->kvs[0].value != truth_) {
        return Error(Code::kCorrupt,
                     "etcd holds another truth than when this server started: start it again");
    }
    if (!state.complete) return Fit::kIncomplete;
    SNAPGATE_ASSIGN(const bool other, is_other_history(client_, keys_, state));
    if (other) {
        whole_.store(false);
        SNAPGATE_TRY(raise_offset(client_, keys_, state));
        return Fit::kOtherHistory;
    }
    SNAPGATE_ASSIGN(const Offset offset, read_offset(client_, keys_));
    return offset.revision == state.offset_revision ? Fit::kGood : Fit::kOtherHistory;
}

Result<int64_t> Follower::newest_write() {
    etcd::RangeRequest request;
    request.key = keys_.head();
    const auto head = client_.range(std::move(request));
    if (!head) return etcd::to_base(head.error());
    if (head->kvs.size() != 1) return Error(Code::kCorrupt, "etcd holds a part of a truth only");
    return head->kvs[0].mod_revision;
}

Result<void> Follower::follow() {
    SNAPGATE_ASSIGN(const auto state, read_copy_state(copy_.read()));
    SNAPGATE_ASSIGN(const Fit fit, check_truth(state.value_or(CopyState())));
    if (fit != Fit::kGood) {
        // One that is incomplete may have begun for another history.
        SNAPGATE_TRY(rebuild(true));
    } else {
        note(*state);
        whole_.store(true);
    }
    SNAPGATE_ASSIGN(const int64_t newest, newest_write());
    auto watch = client_.watch(keys_.all(), etcd::end_of_prefix(keys_.all()), applied() + 1);
    if (!watch) return etcd::to_base(watch.error());
    {
        base::MutexLock lock(mutex_);
        if (stopping_) return no_more();
        watch_ = watch->get();
    }
    const std::shared_ptr<void> forget(nullptr, [this](void*) {
        base::MutexLock lock(mutex_);
        watch_ = nullptr;
    });
    for (bool told = false; !stopping();) {
        if (!told && applied() >= newest) {
            set_trouble(std::nullopt);
            end_waits(false);
            told = true;
        }
        auto changes = (*watch)->next(Time::now() + kLook);
        if (!changes && changes.error().code == etcd::ErrorCode::kCompacted) return rebuild(false);
        if (!changes) return etcd::to_base(changes.error());
        if (*changes) SNAPGATE_TRY(apply(std::move(**changes)));
        end_waits(false);
    }
    return no_more();
}

Result<void> Follower::rebuild(bool forget) {
    rebuilds_.fetch_add(1);
    whole_.store(false);
    {
        base::MutexLock lock(mutex_);
        following_ = false;
    }
    Rebuild rebuild(client_, copy_, keys_, derive_facts_, [this] { return stopping(); });
    if (forget) rebuild.forget_versions();
    SNAPGATE_ASSIGN(const Applied applied, rebuild.run(truth_));
    return copy_.write_and_wait(store::Priority::kRequest,
                                [this, applied](store::WriteTxn&) -> Result<void> {
                                    took(applied);
                                    whole_.store(true);
                                    return {};
                                });
}

Result<void> Follower::apply(etcd::Changes changes) {
    const auto shared = std::make_shared<const etcd::Changes>(std::move(changes));
    const auto applied = std::make_shared<Applied>();
    store::WriteFunction write =
        take_changes(keys_, derive_facts_, applied_.load(), shared, applied);
    store::Waiter waiter;
    copy_.write(store::Priority::kRequest, std::move(write), [&](Result<void> result) {
        if (result) took(*applied);
        waiter.set(std::move(result));
    });
    return waiter.wait();
}

// On the copy's writer thread.
void Follower::took(const Applied& applied) {
    RecordsChanged changed;
    StateNamed named;
    {
        base::MutexLock lock(mutex_);
        changed = records_changed_;
        named = state_named_;
    }
    if (changed && !applied.records.empty()) changed(applied.records);
    if (named) std::ranges::for_each(applied.listed, named);
    note(applied.state);
    end_waits(false);
}

void Follower::note(const CopyState& state) {
    base::MutexLock lock(mutex_);
    applied_.store(state.applied);
    head_ = {state.head_revision, state.head};
}

Follower::Head Follower::head() const {
    base::MutexLock lock(mutex_);
    return head_;
}

void Follower::look_again() {
    base::MutexLock lock(mutex_);
    following_ = false;
    if (watch_ != nullptr) watch_->close();
}

}  // namespace snapgate::replica
