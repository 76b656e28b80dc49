#include "etcd/liveness.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

namespace snapgate::etcd {
namespace {

// How often members are looked at while calls wait for them.
constexpr std::chrono::milliseconds kLookPause{50};

}  // namespace

Liveness::Liveness(size_t members, const SilenceOptions& options, Ask ask, Silent silent)
    : options_(options), ask_(std::move(ask)), silent_(std::move(silent)), members_(members) {
    if (members > 1) thread_ = std::thread([this] { run(); });
}

void Liveness::began(size_t member) {
    const base::MutexLock lock(mutex_);
    Member& one = members_[member];
    if (one.calls++ == 0) one.busy_since = now();
    wake();
}

void Liveness::ended(size_t member, bool answered) {
    const base::MutexLock lock(mutex_);
    Member& one = members_[member];
    --one.calls;
    if (answered) {
        one.heard = now();
        one.silent = false;
    }
}

void Liveness::heard(size_t member) {
    const base::MutexLock lock(mutex_);
    members_[member].heard = now();
    members_[member].silent = false;
}

void Liveness::make_sure(size_t member, Time deadline, const std::function<void(bool)>& done) {
    bool sure = false;
    bool waits = false;
    std::optional<Time> to_ask;
    {
        const base::MutexLock lock(mutex_);
        Member& one = members_[member];
        // While it is asked because calls wait for it, it is not given more of them.
        sure = members_.size() == 1 || (!one.asking && one.heard + options_.trusted_for > now());
        if (!sure && !stopping_) {
            one.waiting.push_back({deadline, done});
            waits = true;
            if (!one.asking) to_ask = begin_question(one);
            wake();
        }
    }
    if (to_ask) ask(member, *to_ask);
    if (!waits) done(sure);
}

bool Liveness::silent_since(size_t member, Time since) const {
    const base::MutexLock lock(mutex_);
    const Member& one = members_[member];
    return one.silent && one.asked > since;
}

bool Liveness::idle() const {
    return std::ranges::all_of(
        members_, [](const Member& one) { return one.calls == 0 && one.waiting.empty(); });
}

void Liveness::wake() {
    if (!asleep_) return;
    asleep_ = false;
    changed_.notify_all();
}

void Liveness::run() {
    while (true) {
        std::vector<std::pair<size_t, Time>> to_ask;
        std::vector<Waiting> too_late;
        {
            const base::MutexLock lock(mutex_);
            if (!stopping_ && idle()) {
                // Calls often come one after the other: they do not wake the thread each.
                changed_.wait_for(mutex_, options_.ask_after,
                                  [this]() SNAPGATE_REQUIRES(mutex_) { return stopping_; });
                asleep_ = idle();
                while (asleep_ && !stopping_) changed_.wait(mutex_);
            }
            changed_.wait_for(mutex_, kLookPause,
                              [this]() SNAPGATE_REQUIRES(mutex_) { return stopping_; });
            if (stopping_) return;
            for (size_t i = 0; i < members_.size(); ++i) {
                Member& one = members_[i];
                if (one.calls > 0 && !one.asking &&
                    std::max(one.heard, one.busy_since) + options_.ask_after <= now())
                    to_ask.emplace_back(i, begin_question(one));
                std::erase_if(one.waiting, [&](Waiting& waiting) {
                    if (waiting.deadline > now()) return false;
                    too_late.push_back(std::move(waiting));
                    return true;
                });
            }
        }
        for (const auto& [member, asked] : to_ask) ask(member, asked);
        for (const Waiting& one : too_late) one.done(false);
    }
}

Time Liveness::begin_question(Member& member) {
    member.asking = true;
    member.asked = now();
    left_ += 2;  // for ask() and got_answer()
    return member.asked;
}

void Liveness::ask(size_t member, Time asked) {
    const auto question = ask_(member, asked + options_.answer_time,
                               [this, member](bool answered) { got_answer(member, answered); });
    bool stopped = false;
    {
        const base::MutexLock lock(mutex_);
        stopped = stopping_;
        // If it is another one, the next question is under way already.
        if (members_[member].asked == asked) members_[member].question = question;
    }
    if (stopped) question->cancel();
    const base::MutexLock lock(mutex_);
    one_less();
}

void Liveness::got_answer(size_t member, bool answered) {
    std::vector<Waiting> waiting;
    Time asked;
    bool stopped = false;
    {
        const base::MutexLock lock(mutex_);
        Member& one = members_[member];
        one.asking = false;
        one.silent = !answered;
        if (answered) one.heard = now();
        asked = one.asked;
        stopped = stopping_;
        waiting.swap(one.waiting);
    }
    if (!answered && !stopped) silent_(member, asked);
    for (const Waiting& one : waiting) one.done(answered && !stopped);
    const base::MutexLock lock(mutex_);
    one_less();
}

void Liveness::one_less() {
    if (--left_ == 0) changed_.notify_all();
}

void Liveness::stop() {
    std::vector<Waiting> waiting;
    std::vector<std::shared_ptr<Cancel>> questions;
    {
        const base::MutexLock lock(mutex_);
        stopping_ = true;
        for (Member& one : members_) {
            waiting.insert(waiting.end(), std::make_move_iterator(one.waiting.begin()),
                           std::make_move_iterator(one.waiting.end()));
            one.waiting.clear();
            if (one.question) questions.push_back(one.question);
        }
        changed_.notify_all();
    }
    for (const auto& question : questions) question->cancel();
    for (const Waiting& one : waiting) one.done(false);
}

void Liveness::wait() {
    if (thread_.joinable()) thread_.join();
    const base::MutexLock lock(mutex_);
    while (left_ > 0) changed_.wait(mutex_);
}

}  // namespace snapgate::etcd
