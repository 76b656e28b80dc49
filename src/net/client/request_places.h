#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "base/annotations.h"
#include "base/result.h"
#include "net/awaitable.h"

namespace snapgate::net {

// Places for requests to other servers that callers of this server cause: so many at a time to one
// server, for one group of servers and in all, so that no server that answers slowly, and nobody
// who owns such servers, keeps the others from theirs. Who finds no place waits in line, in the
// order of coming but for those whose server or group is full; the lines are bounded, too.
//
// Concurrency: any thread. It outlives who waits and who has a place.
class RequestPlaces {
  public:
    struct Limits {
        size_t of_server = 16;
        size_t of_group = 128;
        size_t in_all = 512;
        size_t waiting_of_server = 64;
        size_t waiting_of_group = 256;
        size_t waiting_in_all = 1024;
    };
    struct Who {
        std::string server;
        std::string group;
    };

    // Gives the place back when it goes.
    class Place {
      public:
        Place(RequestPlaces& places, Who who) : places_(&places), who_(std::move(who)) {}
        ~Place() {
            if (places_ != nullptr) places_->give_back(who_);
        }
        Place(Place&& other) noexcept
            : places_(std::exchange(other.places_, nullptr)), who_(std::move(other.who_)) {}
        Place& operator=(Place&&) = delete;

      private:
        RequestPlaces* places_;
        Who who_;
    };

    RequestPlaces() = default;
    explicit RequestPlaces(const Limits& limits) : limits_(limits) {}
    RequestPlaces(const RequestPlaces&) = delete;
    RequestPlaces& operator=(const RequestPlaces&) = delete;

    // Waits for at most `patience`. kUnavailable, with the bound that was reached, if the
    // line is full or the time is over.
    Awaitable<base::Result<Place>> take(Who who, std::chrono::milliseconds patience);

  private:
    struct Counts {
        size_t busy = 0;
        size_t waiting = 0;
    };
    struct Waiter;
    class InLine;

    bool has_place(const Who& who) const SNAPGATE_REQUIRES(mutex_);
    void count(const Who& who, size_t Counts::* which, bool more) SNAPGATE_REQUIRES(mutex_);
    // "" if there is room in the line.
    std::string full_line(const Who& who) const SNAPGATE_REQUIRES(mutex_);
    std::string occupied(const Who& who) const SNAPGATE_REQUIRES(mutex_);
    Counts of(const std::map<std::string, Counts>& counts, const std::string& key) const;
    void give_back(const Who& who);
    // Takes a waiter out who gave up, or goes away. Whether it had got a place.
    bool leave(const std::shared_ptr<Waiter>& waiter);

    const Limits limits_;
    mutable base::Mutex mutex_;
    Counts all_ SNAPGATE_GUARDED_BY(mutex_);
    std::map<std::string, Counts> servers_ SNAPGATE_GUARDED_BY(mutex_);
    std::map<std::string, Counts> groups_ SNAPGATE_GUARDED_BY(mutex_);
    std::deque<std::shared_ptr<Waiter>> line_ SNAPGATE_GUARDED_BY(mutex_);
};

}  // namespace snapgate::net
