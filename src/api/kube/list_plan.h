#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "base/result.h"
#include "net/await.h"
#include "net/awaitable.h"

namespace snapgate::api::kube {

// Plans a list; as long as the version that the request names is not reached yet, again, for three
// seconds, as kube-apiserver does. `plan` must fail with kFutureVersion then. A token whose version
// is not reached in that time has expired.
template <class List>
net::Awaitable<base::Result<List>> plan_when_reached(std::function<base::Result<List>()> plan) {
    constexpr base::Millis kPatience{3'000};
    constexpr base::Millis kBetweenLooks{200};
    std::optional<base::Result<List>> list;
    std::function<bool()> reached = [&] {
        list.emplace(plan());
        return *list || list->error().code != base::Code::kFutureVersion;
    };
    co_await net::wait_until(std::move(reached), kPatience, kBetweenLooks);
    if (!*list && !list->error().continue_token.empty()) list->error().code = base::Code::kExpired;
    co_return std::move(*list);
}

}  // namespace snapgate::api::kube
