#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/call.h"
#include "api/kube/forms.h"
#include "api/kube/watch_hub.h"
#include "api/kube/watch_options.h"
#include "net/http/http.h"
#include "net/server/wake_group.h"
#include "query/kube_list.h"

namespace snapgate::api::kube {

// One watcher, from its first event to its end. In the frame of its request's coroutine, on that
// thread.
class Watch {
  public:
    Watch(Call& call, const Form& form, WatchOptions options);

    // Before the answer begins: what is written once the client knows that it watches is not
    // missed. kNotFound if the cluster is gone, kUnauthorized if the key is.
    base::Result<void> set_out();
    // Until the time is over, the client is gone or the server stops: then there is nothing more to
    // say. An Error is what the client has to be told: kExpired (begin again at the newest state),
    // kNotFound (the cluster is gone), kUnauthorized (the key is), kTooManyRequests (go on later).
    net::Awaitable<base::Result<void>> run();

  private:
    using Clock = std::chrono::steady_clock;

    // All of these: false if the watch is over.
    net::Awaitable<base::Result<bool>> begin();
    net::Awaitable<base::Result<bool>> wait_for_version();
    net::Awaitable<base::Result<bool>> send_state();
    net::Awaitable<base::Result<bool>> send_changes();
    net::Awaitable<base::Result<bool>> wait();
    // Ends the watch when its time is over, or its key is good no longer; at a tick checks access
    // again and, if everything up to position_ was sent, sends a bookmark.
    net::Awaitable<base::Result<bool>> keep_time(bool position_sent);
    // The events and what they are part of take `held` bytes of memory until they are written:
    // kTooManyRequests if there is no room for that.
    net::Awaitable<base::Result<bool>> send(std::span<const std::string_view> events, size_t held);
    net::Awaitable<base::Result<bool>> send_page(query::KubeList& state, bool& whole);
    // Notices that some key has ended since the last look, and checks then whether it is this one.
    base::Result<void> check_ended_keys();
    net::Awaitable<base::Result<bool>> send_bookmark(bool ends_state);

    base::Result<model::Revision> head(const store::ReadView& view) const;
    // Whether the version to begin from was reached; on a mirror it becomes a revision then.
    base::Result<bool> reached(const store::ReadView& view);
    // The versions that a client is told: where it wants to begin, and the newest.
    std::string wanted_version() const;
    base::Error too_old(const store::ReadView& view) const;
    base::Result<void> check_history() const;
    base::Result<void> check_access() const;
    // An object of the first state.
    base::Result<void> append_added(const store::Found& found, std::string& page);
    void plan_next_tick();

    Call& call_;
    const store::Store& store_;
    net::ResponseStream& stream_;
    const Form form_;
    WatchOptions options_;
    const Clock::time_point end_;
    Clock::time_point next_tick_;
    uint64_t ended_keys_;           // of the hub, when access was checked
    model::Revision position_ = 0;  // everything up to it was sent
    bool columns_sent_;             // of a Table
    std::shared_ptr<WatchOutlet> outlet_;
    net::WakeGroup::Member member_;
};

}  // namespace snapgate::api::kube
