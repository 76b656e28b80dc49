#include "api/replica_peers.h"

#include <functional>
#include <utility>

#include "base/result.h"
#include "net/await.h"

namespace snapgate::api {
namespace {

using Listed = base::Result<std::vector<ReplicaInfo>>;

// A replica that is gone is not among them any more after 10 s; one that cannot be reached is
// looked up again.
constexpr std::chrono::seconds kKnownTime{5};
constexpr std::chrono::seconds kLogRhythm{5};
constexpr size_t kMostStreams = 1'000;

ReplicaPeers::Way way_to(const ReplicaInfo& replica) {
    net::OutboundOptions options;
    options.server = (replica.certificate.empty() ? "http://" : "https://") + replica.address;
    options.certificate_digest = replica.certificate;
    auto target = net::OutboundTarget::make(options);
    if (!target) return nullptr;
    return std::make_shared<ReplicaPeers::Peer>(
        ReplicaPeers::Peer{replica.address, replica.certificate, std::move(*target)});
}

}  // namespace

net::Awaitable<ReplicaPeers::Way> ReplicaPeers::find(std::string id, Way failed) {
    {
        const base::MutexLock lock(mutex_);
        Way way = known(id);
        if (way && way != failed && Time::now() < heard_ + kKnownTime) co_return way;
    }
    std::function<void(std::function<void(Listed)>)> start = list_;
    const Listed replicas = co_await net::await_callback<Listed>(std::move(start));
    const base::MutexLock lock(mutex_);
    if (replicas) take(*replicas);
    Way way = known(id);
    co_return way == failed ? nullptr : way;
}

// One that is where it was keeps its way, and the TLS tickets with it.
void ReplicaPeers::take(const std::vector<ReplicaInfo>& replicas) {
    std::map<std::string, Way> peers;
    for (const ReplicaInfo& replica : replicas) {
        if (replica.self || !replica.proven || replica.address.empty()) continue;
        const Way before = known(replica.id);
        const bool same = before && before->address == replica.address &&
                          before->certificate == replica.certificate;
        if (Way way = same ? before : way_to(replica)) peers.emplace(replica.id, std::move(way));
    }
    peers_ = std::move(peers);
    heard_ = Time::now();
}

ReplicaPeers::Way ReplicaPeers::known(const std::string& id) const {
    const auto found = peers_.find(id);
    return found == peers_.end() ? nullptr : found->second;
}

std::shared_ptr<void> ReplicaPeers::hold_stream() {
    if (streams_->fetch_add(1) >= kMostStreams) {
        streams_->fetch_sub(1);
        return nullptr;
    }
    // Not null, as none would be.
    return {streams_.get(), [streams = streams_](void*) { streams->fetch_sub(1); }};
}

bool ReplicaPeers::is_to_be_logged() {
    const base::MutexLock lock(mutex_);
    const auto now = Time::now();
    if (logged_ != Time::time_point() && now < logged_ + kLogRhythm) return false;
    logged_ = now;
    return true;
}

}  // namespace snapgate::api
