#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/replica_info.h"
#include "base/annotations.h"
#include "net/awaitable.h"
#include "net/client/outbound.h"

namespace snapgate::api {

// The ways to the other servers of this one's truth: token_maker.h has them answer what they alone
// can. What etcd says of them is kept for some seconds, and for as long as etcd does not answer.
// Any thread; outlives the calls.
class ReplicaPeers {
  public:
    struct Peer {
        std::string address;      // HOST:PORT
        std::string certificate;  // as ReplicaInfo::certificate
        std::shared_ptr<const net::OutboundTarget> target;
    };
    using Way = std::shared_ptr<const Peer>;

    explicit ReplicaPeers(ListReplicas list) : list_(std::move(list)) {}

    // The way to the replica of that id; null if it does not live, is this one, or has no address
    // yet that one of the replicas has written. `failed`: a way that did not lead there. Then etcd
    // is asked again, and only another way is given.
    net::Awaitable<Way> find(std::string id, Way failed = nullptr) SNAPGATE_EXCLUDES(mutex_);

    // Kept while an event stream passes by this server; null if as many do as may: each is a
    // connection, and those to clusters are to get theirs.
    std::shared_ptr<void> hold_stream();
    // Whether a request that reached no replica is to be logged: the first of many.
    bool is_to_be_logged();

  private:
    using Time = std::chrono::steady_clock;

    void take(const std::vector<ReplicaInfo>& replicas) SNAPGATE_REQUIRES(mutex_);
    Way known(const std::string& id) const SNAPGATE_REQUIRES(mutex_);

    const ListReplicas list_;
    base::Mutex mutex_;
    std::map<std::string, Way> peers_ SNAPGATE_GUARDED_BY(mutex_);  // by id
    Time::time_point heard_ SNAPGATE_GUARDED_BY(mutex_);            // of them
    Time::time_point logged_ SNAPGATE_GUARDED_BY(mutex_);
    std::shared_ptr<std::atomic<size_t>> streams_ = std::make_shared<std::atomic<size_t>>(0);
};

}  // namespace snapgate::api
