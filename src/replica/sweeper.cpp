#include "replica/sweeper.h"

#include <utility>

#include "base/log.h"

namespace snapgate::replica {
namespace {

using base::Code;
using base::Error;
using base::Result;

}  // namespace

Sweeper::Sweeper(etcd::Client& client, const TruthKeys& keys, size_t most_operations)
    : client_(client), keys_(keys), most_operations_(most_operations) {
    thread_ = std::thread([this] { loop(); });
}

Sweeper::~Sweeper() {
    {
        base::MutexLock lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
}

void Sweeper::wake() {
    {
        base::MutexLock lock(mutex_);
        woken_ = true;
    }
    wake_.notify_all();
}

bool Sweeper::stopping() const {
    base::MutexLock lock(mutex_);
    return stopping_;
}

void Sweeper::loop() {
    while (true) {
        {
            base::MutexLock lock(mutex_);
            while (!stopping_ && !woken_) wake_.wait(mutex_);
            if (stopping_) return;
            woken_ = false;
        }
        const auto swept = sweep();
        if (!swept && !stopping()) {
            base::log::warning("cannot remove from etcd what a deleted cluster held",
                               {{"error", swept.error().message}});
        }
    }
}

Result<void> Sweeper::sweep() {
    etcd::RangeRequest request;
    request.key = keys_.sweeps();
    request.range_end = etcd::end_of_prefix(request.key);
    const auto sweeps = client_.range(std::move(request));
    if (!sweeps) return etcd::to_base(sweeps.error());
    for (const etcd::KeyValue& kv : sweeps->kvs) {
        const std::string number = kv.key.substr(keys_.sweeps().size());
        if (number.empty()) continue;
        SNAPGATE_TRY(remove(keys_.objects() + number + "/"));
        SNAPGATE_TRY(remove(keys_.notes() + number + "/"));
        etcd::Txn done;
        done.then_ops.emplace_back(etcd::Delete{.key = kv.key});
        const auto removed = client_.commit(std::move(done));
        if (!removed) return etcd::to_base(removed.error());
    }
    return {};
}

Result<void> Sweeper::remove(const std::string& prefix) {
    while (!stopping()) {
        etcd::RangeRequest request;
        request.key = prefix;
        request.range_end = etcd::end_of_prefix(prefix);
        request.limit = static_cast<int64_t>(most_operations_);
        request.keys_only = true;
        const auto some = client_.range(std::move(request));
        if (!some) return etcd::to_base(some.error());
        if (some->kvs.empty()) return {};
        etcd::Txn step;
        for (const etcd::KeyValue& kv : some->kvs)
            step.then_ops.emplace_back(etcd::Delete{.key = kv.key});
        const auto removed = client_.commit(std::move(step));
        if (!removed) return etcd::to_base(removed.error());
    }
    return Error(Code::kUnavailable, "the server is being stopped");
}

}  // namespace snapgate::replica
