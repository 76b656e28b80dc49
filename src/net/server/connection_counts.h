#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>

#include "base/annotations.h"
#include "net/server/peer_network.h"

namespace snapgate::net {

// What is done with a connection that was accepted.
enum class Admission {
    kServe,
    kRefuse,  // only a request for the server's health is served
};

// Who came in, until leave().
struct Entrant {
    Admission admission = Admission::kServe;
    std::optional<PeerNetwork> peer;  // nullopt: it is not counted for any
};

// How many connections there may be.
struct ConnectionCaps {
    uint64_t served = 0;
    uint64_t of_peer = 0;          // of those, of one peer; 0: no bound
    uint64_t refused = 0;          // connections above the cap that are answered at a time
    uint64_t refused_of_peer = 0;  // of those, of one peer
};

// How many connections there are. Any thread may call; outlives every connection.
class ConnectionCounts {
  public:
    explicit ConnectionCounts(const ConnectionCaps& caps) : caps_(caps) {}

    // Finds a place for an accepted connection; nullopt if there is none: it is to be closed.
    // Nobody takes all places: whoever has his share is refused before others are, and the places
    // from which health is answered are not one peer's, either. `peer`: nullopt for one that many
    // come through.
    std::optional<Entrant> enter(const std::optional<PeerNetwork>& peer) {
        accepted_.fetch_add(1, std::memory_order_relaxed);
        const base::MutexLock lock(mutex_);
        OfPeer* const of_peer = peer ? &peers_[*peer] : nullptr;
        const bool has_share =
            of_peer == nullptr || caps_.of_peer == 0 || of_peer->served < caps_.of_peer;
        if (has_share && served_.load(std::memory_order_relaxed) < caps_.served) {
            if (of_peer != nullptr) ++of_peer->served;
            served_.fetch_add(1, std::memory_order_relaxed);
            ++alive_;
            return Entrant{Admission::kServe, peer};
        }
        refused_.fetch_add(1, std::memory_order_relaxed);
        if (refusing_ >= caps_.refused ||
            (of_peer != nullptr && of_peer->refused >= caps_.refused_of_peer)) {
            if (peer) forget_idle(*peer);
            return std::nullopt;
        }
        if (of_peer != nullptr) ++of_peer->refused;
        ++refusing_;
        ++alive_;
        return Entrant{Admission::kRefuse, peer};
    }
    void leave(const Entrant& entrant) {
        const bool served = entrant.admission == Admission::kServe;
        if (served) served_.fetch_sub(1, std::memory_order_relaxed);
        const base::MutexLock lock(mutex_);
        if (!served) --refusing_;
        if (entrant.peer) {
            OfPeer& peer = peers_[*entrant.peer];
            --(served ? peer.served : peer.refused);
            forget_idle(*entrant.peer);
        }
        if (--alive_ == 0) none_.notify_all();
    }
    // Refused ones count as well. False if some are left after `time`.
    bool wait_for_none(std::chrono::milliseconds time) {
        const auto deadline = std::chrono::steady_clock::now() + time;
        const base::MutexLock lock(mutex_);
        while (alive_ > 0) {
            if (none_.wait_until(mutex_, deadline) == std::cv_status::timeout) return alive_ == 0;
        }
        return true;
    }

    // One is ended that did not send, or take, what it had to in time.
    void note_slow() { slow_.fetch_add(1, std::memory_order_relaxed); }

    uint64_t open() const { return served_.load(std::memory_order_relaxed); }
    uint64_t accepted() const { return accepted_.load(std::memory_order_relaxed); }
    uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }
    uint64_t slow() const { return slow_.load(std::memory_order_relaxed); }
    uint64_t alive() {
        const base::MutexLock lock(mutex_);
        return alive_;
    }

  private:
    struct OfPeer {
        uint64_t served = 0;
        uint64_t refused = 0;
    };

    void forget_idle(const PeerNetwork& peer) SNAPGATE_REQUIRES(mutex_) {
        const auto found = peers_.find(peer);
        if (found != peers_.end() && found->second.served == 0 && found->second.refused == 0)
            peers_.erase(found);
    }

    const ConnectionCaps caps_;
    std::atomic<uint64_t> served_{0};
    std::atomic<uint64_t> accepted_{0};
    std::atomic<uint64_t> refused_{0};
    std::atomic<uint64_t> slow_{0};
    base::Mutex mutex_;
    base::Condition none_;
    uint64_t alive_ SNAPGATE_GUARDED_BY(mutex_) = 0;
    uint64_t refusing_ SNAPGATE_GUARDED_BY(mutex_) = 0;
    std::map<PeerNetwork, OfPeer> peers_ SNAPGATE_GUARDED_BY(mutex_);
};

}  // namespace snapgate::net
