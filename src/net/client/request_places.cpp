#include "net/client/request_places.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "net/event_loop.h"

namespace snapgate::net {

using base::Code;
using base::Error;
using base::Result;

struct RequestPlaces::Waiter {
    Waiter(const Executor& the_executor, Who the_who)
        : executor(the_executor),
          alarm(std::make_shared<Alarm>(the_executor)),
          who(std::move(the_who)) {}

    const Executor executor;
    const std::shared_ptr<Alarm> alarm;  // on the waiter's thread
    const Who who;
    bool has_place = false;  // under the mutex
};

// Keeps a waiter in line while its coroutine lives: its loop may end before it is its turn.
class RequestPlaces::InLine {
  public:
    InLine(RequestPlaces& places, std::shared_ptr<Waiter> waiter)
        : places_(places), waiter_(std::move(waiter)) {}
    ~InLine() {
        if (waiter_ && places_.leave(waiter_)) places_.give_back(waiter_->who);
    }
    InLine(const InLine&) = delete;
    InLine& operator=(const InLine&) = delete;

    // Whether the waiter has got a place, which is the caller's from now on.
    bool end() { return places_.leave(std::exchange(waiter_, nullptr)); }

  private:
    RequestPlaces& places_;
    std::shared_ptr<Waiter> waiter_;
};

RequestPlaces::Counts RequestPlaces::of(const std::map<std::string, Counts>& counts,
                                        const std::string& key) const {
    const auto found = counts.find(key);
    return found == counts.end() ? Counts() : found->second;
}

bool RequestPlaces::has_place(const Who& who) const {
    return occupied(who).empty();
}

std::string RequestPlaces::occupied(const Who& who) const {
    if (of(servers_, who.server).busy >= limits_.of_server)
        return fmt::format("{} such requests are under way", limits_.of_server);
    if (of(groups_, who.group).busy >= limits_.of_group)
        return fmt::format("{} requests to the clusters of its project are under way",
                           limits_.of_group);
    if (all_.busy >= limits_.in_all)
        return fmt::format("{} requests to clusters are under way", limits_.in_all);
    return {};
}

std::string RequestPlaces::full_line(const Who& who) const {
    if (of(servers_, who.server).waiting >= limits_.waiting_of_server)
        return fmt::format("{} wait", limits_.waiting_of_server);
    if (of(groups_, who.group).waiting >= limits_.waiting_of_group)
        return fmt::format("{} wait for the clusters of its project", limits_.waiting_of_group);
    if (all_.waiting >= limits_.waiting_in_all)
        return fmt::format("{} wait for clusters", limits_.waiting_in_all);
    return {};
}

void RequestPlaces::count(const Who& who, size_t Counts::* which, bool more) {
    const auto change = [which, more](Counts& counts) {
        if (more) {
            ++(counts.*which);
        } else {
            --(counts.*which);
        }
    };
    const auto change_of = [&](std::map<std::string, Counts>& counts, const std::string& key) {
        const auto at = counts.try_emplace(key).first;
        change(at->second);
        if (at->second.busy == 0 && at->second.waiting == 0) counts.erase(at);
    };
    change(all_);
    change_of(servers_, who.server);
    change_of(groups_, who.group);
}

Awaitable<Result<RequestPlaces::Place>> RequestPlaces::take(Who who,
                                                            std::chrono::milliseconds patience) {
    const Executor executor = co_await boost::asio::this_coro::executor;
    const auto refuse = [](const std::string& why) {
        return Error(Code::kUnavailable,
                     fmt::format("{}, which is the most at a time: try again", why));
    };
    std::shared_ptr<Waiter> waiter;
    {
        const base::MutexLock lock(mutex_);
        // Nobody overtakes: whoever waits in front and has a place would have got it.
        if (has_place(who)) {
            count(who, &Counts::busy, true);
        } else {
            const std::string full = full_line(who);
            if (!full.empty()) co_return refuse(occupied(who) + ", and " + full);
            waiter = std::make_shared<Waiter>(executor, who);
            line_.push_back(waiter);
            count(who, &Counts::waiting, true);
        }
    }
    if (!waiter) co_return Place(*this, std::move(who));
    InLine in_line(*this, waiter);
    co_await waiter->alarm->wait(patience);
    if (in_line.end()) co_return Place(*this, std::move(who));
    const base::MutexLock lock(mutex_);
    const std::string why = occupied(who);
    co_return refuse(why.empty() ? "no such request ended in time" : why);
}

bool RequestPlaces::leave(const std::shared_ptr<Waiter>& waiter) {
    const base::MutexLock lock(mutex_);
    if (waiter->has_place) return true;
    const auto at = std::ranges::find(line_, waiter);
    line_.erase(at);
    count(waiter->who, &Counts::waiting, false);
    return false;
}

void RequestPlaces::give_back(const Who& who) {
    const base::MutexLock lock(mutex_);
    count(who, &Counts::busy, false);
    for (auto at = line_.begin(); at != line_.end();) {
        Waiter& next = **at;
        if (!has_place(next.who)) {
            ++at;
            continue;
        }
        count(next.who, &Counts::waiting, false);
        count(next.who, &Counts::busy, true);
        next.has_place = true;
        // Under the mutex: the waiter's loop lives, as the waiter would leave the line first.
        boost::asio::post(next.executor, [alarm = next.alarm] { alarm->ring(); });
        // One place was given back, and one is taken.
        line_.erase(at);
        break;
    }
}

}  // namespace snapgate::net
