#include "replica/membership.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/log.h"
#include "replica/this_network.h"

namespace snapgate::replica {
namespace {

using base::Code;
using base::Error;
using base::Result;

// Of the lease: the lead is free when it is over.
constexpr std::chrono::seconds kLeaseTime{5};
// Between two looks at the lead.
constexpr base::Millis kLookRhythm{1000};
// Between two records that differ in the revision alone: each costs a revision of etcd.
constexpr std::chrono::seconds kPublishRhythm{5};
constexpr base::Millis kMembershipPatience{2000};
// Between two calls of whoever does what the leader does.
constexpr std::chrono::seconds kTellRhythm{5};

// How far a replica was behind, where `newest` is the revision of the newest write.
int64_t behind_of(const ReplicaRecord& record, int64_t newest) {
    return std::max<int64_t>(newest - record.applied, 0);
}

const etcd::Range* range_of(const etcd::Committed& read, size_t index) {
    return index < read.answers.size() ? std::get_if<etcd::Range>(&read.answers[index]) : nullptr;
}

}  // namespace

Membership::Membership(etcd::Client& client, const Follower& follower, const TruthKeys& keys,
                       std::string id, ReplicaRecord self, std::string proof_key)
    : client_(client),
      follower_(follower),
      keys_(keys),
      id_(std::move(id)),
      proof_key_(std::move(proof_key)),
      self_(std::move(self)) {}

Membership::~Membership() {
    stop();
}

void Membership::start() {
    thread_.start([this] { loop(); });
}

void Membership::stop() {
    thread_.stop();
    std::unique_ptr<etcd::Lease> lease;
    {
        const base::MutexLock lock(mutex_);
        leads_ = false;
        lease = std::move(lease_);
    }
    // Without etcd the lease ends by itself.
    if (lease) (void)lease->revoke();
}

void Membership::announce(std::string address, std::string certificate, bool loopback) {
    {
        const base::MutexLock lock(mutex_);
        self_.address = std::move(address);
        self_.certificate = std::move(certificate);
        const std::string network = loopback ? this_network() : std::string();
        self_.proof = prove_address(proof_key_, id_, self_, network);
    }
    thread_.wake();
}

void Membership::tell_of_lead(Leading leading) {
    const base::MutexLock lock(calling_);
    leading_ = std::move(leading);
    taken_ = true;
}

bool Membership::leads() const {
    const base::MutexLock lock(mutex_);
    return leads_ && lease_ && lease_->held();
}

ReplicaRecord Membership::self_now() const {
    const base::MutexLock lock(mutex_);
    ReplicaRecord record = self_;
    record.applied = follower_.applied();
    return record;
}

void Membership::loop() {
    std::string complained;
    do {
        const Result<void> done = step();
        const std::string why = done ? std::string() : done.error().message;
        if (!done && why != complained)
            base::log::warning("this replica cannot tell the others of itself", {{"error", why}});
        complained = why;
        tell();
    } while (thread_.wait_for_wake(Time::now() + kLookRhythm));
}

Result<void> Membership::step() {
    SNAPGATE_TRY(hold_lease());
    SNAPGATE_TRY(publish());
    return run_for_lead();
}

Result<void> Membership::hold_lease() {
    std::unique_ptr<etcd::Lease> lost;
    {
        const base::MutexLock lock(mutex_);
        if (lease_ && lease_->held()) return {};
        lost = std::move(lease_);
    }
    set_lead(false);
    lost.reset();
    published_.reset();
    etcd::LeaseOptions options;
    options.ttl = kLeaseTime;
    auto granted = client_.grant(std::move(options));
    if (!granted) return etcd::to_base(granted.error());
    const base::MutexLock lock(mutex_);
    lease_ = std::move(*granted);
    return {};
}

Result<void> Membership::publish() {
    const ReplicaRecord record = self_now();
    if (published_ && published_->proof == record.proof) {
        const bool early = Time::now() < published_at_ + kPublishRhythm;
        if (published_->applied == record.applied || early) return {};
    }
    etcd::Txn txn;
    {
        const base::MutexLock lock(mutex_);
        txn.then_ops.emplace_back(etcd::Put{
            .key = keys_.replica(id_), .value = encode_replica(record), .lease = lease_->id()});
    }
    txn.timeout = kMembershipPatience;
    const auto put = client_.commit(std::move(txn));
    if (!put) return etcd::to_base(put.error());
    published_ = record;
    published_at_ = Time::now();
    return {};
}

Result<void> Membership::run_for_lead() {
    int64_t lease = 0;
    {
        const base::MutexLock lock(mutex_);
        lease = lease_->id();
    }
    etcd::RangeRequest look;
    look.key = keys_.lead();
    look.serializable = true;
    look.timeout = kMembershipPatience;
    const auto held = client_.range(std::move(look));
    if (!held) return etcd::to_base(held.error());
    if (!held->kvs.empty()) {
        set_lead(held->kvs[0].lease == lease);
        return {};
    }
    etcd::Txn txn;
    txn.compares.push_back({.key = keys_.lead(),
                            .target = etcd::Compare::Target::kVersion,
                            .relation = etcd::Compare::Relation::kEqual,
                            .value = 0});
    txn.then_ops.emplace_back(etcd::Put{.key = keys_.lead(), .value = id_, .lease = lease});
    txn.timeout = kMembershipPatience;
    const auto taken = client_.commit(std::move(txn));
    // One whose answer was lost is seen at the next look.
    if (!taken) return etcd::to_base(taken.error());
    set_lead(taken->succeeded);
    return {};
}

void Membership::set_lead(bool leads) {
    {
        const base::MutexLock lock(mutex_);
        if (leads_ == leads) return;
        leads_ = leads;
    }
    base::log::info(leads ? "this replica leads now" : "this replica leads no more");
    const base::MutexLock lock(calling_);
    taken_ = leads;
}

void Membership::tell() {
    if (!leads()) return;
    const base::MutexLock lock(calling_);
    if (!leading_ || (!taken_ && Time::now() < told_at_ + kTellRhythm)) return;
    told_at_ = Time::now();
    leading_(std::exchange(taken_, false));
}

void Membership::list(Listed listed) const {
    etcd::Txn read;
    etcd::RangeRequest replicas;
    replicas.key = keys_.replicas();
    replicas.range_end = etcd::end_of_prefix(replicas.key);
    read.then_ops.emplace_back(std::move(replicas));
    for (const std::string& key : {keys_.lead(), keys_.head()}) {
        etcd::RangeRequest one;
        one.key = key;
        read.then_ops.emplace_back(std::move(one));
    }
    read.timeout = kMembershipPatience;
    client_.commit_async(std::move(read), [this, listed = std::move(listed)](
                                              const etcd::Result<etcd::Committed>& answer) {
        if (!answer) return listed(etcd::to_base(answer.error()));
        const auto* known = range_of(*answer, 0);
        const auto* lead = range_of(*answer, 1);
        const auto* head = range_of(*answer, 2);
        if (known == nullptr || lead == nullptr || head == nullptr)
            return listed(Error(Code::kUnavailable, "etcd answered something else"));
        const int64_t newest = head->kvs.empty() ? 0 : head->kvs[0].mod_revision;
        std::vector<Replica> all;
        for (const etcd::KeyValue& kv : known->kvs) {
            auto record = decode_replica(kv.value);
            // Of a newer version, perhaps.
            if (!record) continue;
            Replica one;
            one.id = kv.key.substr(keys_.replicas().size());
            one.self = one.id == id_;
            one.record = one.self ? self_now() : std::move(*record);
            one.leads = !lead->kvs.empty() && lead->kvs[0].value == one.id;
            one.proven = is_proven(proof_key_, one.id, one.record);
            one.behind = behind_of(one.record, newest);
            all.push_back(std::move(one));
        }
        listed(std::move(all));
    });
}

}  // namespace snapgate::replica
