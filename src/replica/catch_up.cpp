#include "replica/catch_up.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "base/duration.h"
#include "base/log.h"
#include "base/raise.h"

namespace snapgate::replica {
namespace {

using base::Code;
using base::Error;
using base::Result;

constexpr std::chrono::milliseconds kPatienceWithEtcd{1000};  // with etcd
constexpr std::chrono::milliseconds kPatienceOfCopy{3000};    // with the copy
constexpr base::Millis kRhythm{1000};
constexpr std::chrono::seconds kRecent{1};
constexpr unsigned kAskAgainSeconds = 1;

Result<int64_t> newest_write(const etcd::Result<etcd::Range>& head) {
    if (!head) {
        Error error = etcd::to_base(head.error());
        error.retry_after_seconds = kAskAgainSeconds;
        return error;
    }
    if (head->kvs.size() != 1)
        return Error(Code::kUnavailable, "etcd does not hold the truth that this server follows");
    return head->kvs[0].mod_revision;
}

// A linearizable answer shows what the copy had before, or more.
bool went_back(const etcd::KeyValue& head, const Follower::Head& known) {
    return head.mod_revision < known.revision ||
           (head.mod_revision == known.revision && head.value != known.text);
}

}  // namespace

void CatchUp::start(Time::time_point current) {
    current_.store(current);
    thread_.start([this] {
        while (thread_.pause(kRhythm)) wait([](const Result<base::Millis>&) {});
    });
}

void CatchUp::wait(Done done) {
    std::optional<Error> lost;
    bool free = false;
    {
        base::MutexLock lock(mutex_);
        lost = lost_;
        free = !std::exchange(asking_, true);
        if (!lost) {
            next_.push_back(std::exchange(done, nullptr));
        } else if (free) {
            // Nobody waits for it, but whether etcd is there again has to be asked.
            next_.emplace_back([](const Result<base::Millis>&) {});
        }
    }
    if (free) ask();
    if (lost) done(age_of_copy(*lost));
}

void CatchUp::ask() {
    auto asked = std::make_shared<std::vector<Done>>();
    {
        base::MutexLock lock(mutex_);
        asked->swap(next_);
        asking_ = !asked->empty();
        if (!asking_) return;
    }
    etcd::RangeRequest request;
    request.key = keys_.head();
    request.timeout = kPatienceWithEtcd;
    const Time::time_point begun = Time::now();
    client_.range_async(std::move(request), [this, asked, begun, known = follower_.head()](
                                                const etcd::Result<etcd::Range>& head) {
        answered(std::move(*asked), begun, known, head);
    });
}

void CatchUp::answered(std::vector<Done> asked, Time::time_point begun, const Follower::Head& known,
                       const etcd::Result<etcd::Range>& head) {
    Result<int64_t> newest = newest_write(head);
    if (newest && went_back(head->kvs[0], known)) {
        follower_.look_again();
        newest = Error(Code::kUnavailable,
                       "etcd was restored from a backup: this replica takes over what it holds");
    }
    // One that lets this server in no more is as good as none.
    const bool lost = !head && head.error().code != etcd::ErrorCode::kClosed;
    // Before the next question: who comes from now on is told of it.
    if (lost) {
        lose(newest.error());
    } else {
        find();
    }
    // It takes as long as the copy may need.
    ask();
    if (newest) {
        times_.observe(Time::now() - begun);
        base::raise(newest_, *newest);
        return wait_for_copy(std::move(asked), begun, *newest);
    }
    const Result<base::Millis> answer =
        lost ? age_of_copy(newest.error()) : Result<base::Millis>(newest.error());
    for (const Done& done : asked) done(answer);
}

void CatchUp::wait_for_copy(std::vector<Done> asked, Time::time_point begun, int64_t revision) {
    const auto shared = std::make_shared<std::vector<Done>>(std::move(asked));
    follower_.when_applied(revision, kPatienceOfCopy,
                           [this, shared, begun](const Result<void>& result) {
                               if (result) base::raise(current_, begun);
                               const Result<base::Millis> answer =
                                   result ? Result<base::Millis>(base::Millis(0)) : result.error();
                               for (const Done& done : *shared) done(answer);
                           });
}

void CatchUp::lose(const Error& error) {
    {
        base::MutexLock lock(mutex_);
        if (std::exchange(lost_, error)) return;
    }
    base::log::warning("etcd is out of reach: nothing is written, and reads are of the copy",
                       {{"error", error.message}});
}

void CatchUp::find() {
    {
        base::MutexLock lock(mutex_);
        if (!std::exchange(lost_, std::nullopt)) return;
    }
    base::log::info("etcd answers again");
}

bool CatchUp::is_recent() const {
    return Time::now() - current_.load() <= kRecent;
}

Result<base::Millis> CatchUp::age() const {
    std::optional<Error> lost;
    {
        base::MutexLock lock(mutex_);
        lost = lost_;
    }
    if (!lost) return base::Millis(0);
    return age_of_copy(*lost);
}

Result<base::Millis> CatchUp::age_of_copy(const Error& lost) const {
    if (!follower_.whole()) return lost;
    const auto age = std::chrono::ceil<base::Millis>(Time::now() - current_.load());
    if (age <= stale_reads_) return std::max(age, base::Millis(1));
    Error error = lost;
    if (stale_reads_.count() > 0) {
        error.message += fmt::format(
            "; the copy of this replica is older than {} by now, for "
            "which it may be read (--etcd-stale-reads)",
            base::format_duration(stale_reads_));
    }
    return error;
}

}  // namespace snapgate::replica
