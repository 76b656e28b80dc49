#include "replica/catch_up.h"

#include <chrono>
#include <memory>
#include <utility>

namespace snapgate::replica {
namespace {

using base::Code;
using base::Error;
using base::Result;

constexpr std::chrono::milliseconds kPatienceWithEtcd{1000};  // with etcd
constexpr std::chrono::milliseconds kPatienceOfCopy{3000};    // with the copy
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

}  // namespace

void CatchUp::wait(Done done) {
    {
        base::MutexLock lock(mutex_);
        next_.push_back(std::move(done));
        if (asking_) return;
        asking_ = true;
    }
    ask();
}

void CatchUp::ask() {
    auto asked = std::make_shared<std::vector<Done>>();
    {
        base::MutexLock lock(mutex_);
        asked->swap(next_);
        asking_ = !asked->empty();
        if (!asking_) return;
    }
    questions_.fetch_add(1, std::memory_order_relaxed);
    etcd::RangeRequest request;
    request.key = keys_.head();
    request.keys_only = true;
    request.timeout = kPatienceWithEtcd;
    client_.range_async(std::move(request), [this, asked](const etcd::Result<etcd::Range>& head) {
        answered(std::move(*asked), head);
    });
}

void CatchUp::answered(std::vector<Done> asked, const etcd::Result<etcd::Range>& head) {
    // The next question first: it takes as long as the copy may need.
    ask();
    const Result<int64_t> newest = newest_write(head);
    if (!newest) {
        for (const Done& done : asked) done(newest.error());
        return;
    }
    const auto shared = std::make_shared<std::vector<Done>>(std::move(asked));
    follower_.when_applied(*newest, kPatienceOfCopy, [shared](const Result<void>& result) {
        for (const Done& done : *shared) done(result);
    });
}

}  // namespace snapgate::replica
