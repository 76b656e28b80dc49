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
    uint64_t refusal = 0;             // of kRefuse: which of them it is
};

class Worker;

// A connection above the cap that has lost its place to a newer one: `worker` is to end it.
struct Displaced {
    Worker* worker = nullptr;
    uint64_t refusal = 0;
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

    struct Entry {
        std::optional<Entrant> entrant;  // nullopt: there is no place, it is to be closed
        std::optional<Displaced> displaced;
    };

    // Finds a place for an accepted connection, which `worker` is to have. Nobody takes all places:
    // whoever has his share is refused before others are, and the places from which health is
    // answered are not one peer's, either. Where these are full, one whose request is not being
    // answered makes room: so who asks at once is answered, however many stay silent. It is the
    // oldest of the peer that has most of them, so that whoever opens them in a loop displaces his
    // own.
    // `peer`: nullopt for one that many come through.
    Entry enter(const std::optional<PeerNetwork>& peer, Worker* worker) {
        accepted_.fetch_add(1, std::memory_order_relaxed);
        const base::MutexLock lock(mutex_);
        const OfPeer before = of(peer);
        const bool has_share = !peer || caps_.of_peer == 0 || before.served < caps_.of_peer;
        if (has_share && served_.load(std::memory_order_relaxed) < caps_.served) {
            ++of(peer).served;
            served_.fetch_add(1, std::memory_order_relaxed);
            ++alive_;
            return {Entrant{Admission::kServe, peer}, std::nullopt};
        }
        refused_.fetch_add(1, std::memory_order_relaxed);
        Entry entry;
        const bool share_is_full = peer && before.refused >= caps_.refused_of_peer;
        if (share_is_full || refusals_.size() >= caps_.refused) {
            entry.displaced = displace(share_is_full ? &of(peer) : nullptr);
            if (!entry.displaced) {
                if (peer) forget_idle(*peer);
                return {};
            }
        }
        ++of(peer).refused;
        ++alive_;
        entry.entrant = Entrant{Admission::kRefuse, peer, ++last_refusal_};
        refusals_.emplace(last_refusal_, Refusal{&of(peer), peer, worker});
        return entry;
    }
    // Both of kRefuse: its request has come, and it keeps its place until it is answered. False if
    // another has that place.
    bool begin_answer(const Entrant& entrant) { return mark(entrant, true); }
    void end_answer(const Entrant& entrant) { mark(entrant, false); }
    void leave(const Entrant& entrant) {
        const bool served = entrant.admission == Admission::kServe;
        if (served) served_.fetch_sub(1, std::memory_order_relaxed);
        const base::MutexLock lock(mutex_);
        if (served) {
            --of(entrant.peer).served;
            if (entrant.peer) forget_idle(*entrant.peer);
        } else if (const auto found = refusals_.find(entrant.refusal); found != refusals_.end()) {
            free_place(found);
        } else {
            --ending_;
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

    struct Refusal {
        OfPeer* of_peer = nullptr;
        std::optional<PeerNetwork> peer;
        Worker* worker = nullptr;
        bool answered_now = false;
    };
    using Refusals = std::map<uint64_t, Refusal>;  // the oldest first

    OfPeer& of(const std::optional<PeerNetwork>& peer) SNAPGATE_REQUIRES(mutex_) {
        return peer ? peers_[*peer] : of_proxies_;
    }
    bool mark(const Entrant& entrant, bool answered_now) {
        const base::MutexLock lock(mutex_);
        const auto found = refusals_.find(entrant.refusal);
        if (found == refusals_.end()) return false;
        found->second.answered_now = answered_now;
        return true;
    }
    // `of`: null for one of any peer.
    std::optional<Displaced> displace(const OfPeer* of) SNAPGATE_REQUIRES(mutex_) {
        // Each has a file until its worker has closed it.
        if (ending_ >= caps_.refused) return std::nullopt;
        auto chosen = refusals_.end();
        for (auto one = refusals_.begin(); one != refusals_.end(); ++one) {
            if (one->second.answered_now || (of != nullptr && one->second.of_peer != of)) continue;
            if (chosen == refusals_.end() ||
                one->second.of_peer->refused > chosen->second.of_peer->refused)
                chosen = one;
        }
        if (chosen == refusals_.end()) return std::nullopt;
        const Displaced displaced{chosen->second.worker, chosen->first};
        ++ending_;
        free_place(chosen);
        return displaced;
    }
    void free_place(Refusals::iterator place) SNAPGATE_REQUIRES(mutex_) {
        --place->second.of_peer->refused;
        const std::optional<PeerNetwork> peer = place->second.peer;
        refusals_.erase(place);
        if (peer) forget_idle(*peer);
    }
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
    Refusals refusals_ SNAPGATE_GUARDED_BY(mutex_);  // those that have a place
    uint64_t last_refusal_ SNAPGATE_GUARDED_BY(mutex_) = 0;
    uint64_t ending_ SNAPGATE_GUARDED_BY(mutex_) = 0;  // that were displaced
    OfPeer of_proxies_ SNAPGATE_GUARDED_BY(mutex_);
    std::map<PeerNetwork, OfPeer> peers_ SNAPGATE_GUARDED_BY(mutex_);
};

}  // namespace snapgate::net
