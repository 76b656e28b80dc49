#include "objects/mirror_wait.h"

#include <utility>

#include "base/log.h"
#include "json/object.h"
#include "json/owners.h"
#include "model/object.h"
#include "net/await.h"
#include "objects/cluster_request.h"

namespace snapgate::objects {

using base::Result;
using std::chrono::milliseconds;

namespace {

// How long a write waits for the mirror: while the cluster is followed, and while it is not.
constexpr milliseconds kPatience{5'000};
constexpr milliseconds kShortPatience{500};

milliseconds patience_for(const WriteContext& context, const Place& place) {
    const auto status = context.mirrors.status(place.cluster.number);
    return status && status->ready() ? kPatience : kShortPatience;
}

enum class Shown {
    kNot,
    kGoing,  // with a deletionTimestamp
    kKept,
};

// How the mirror shows the object with that uid; a `uid` of "" is any.
Result<Shown> shown_in_mirror(const store::Store& store, model::ClusterNumber cluster,
                              const json::ObjectHead& object) {
    const store::ReadView view = store.read();
    SNAPGATE_ASSIGN(const auto found,
                    view.newest(cluster, model::Kind::kSnapshot, object.ns, object.name));
    if (!found || (!object.uid.empty() && json::read_uid(found->object) != object.uid))
        return Shown::kNot;
    const auto read = json::read_owners(found->object.text);
    return read && read->going ? Shown::kGoing : Shown::kKept;
}

void note_late(const Place& place) {
    base::log::warning("a write to a cluster is not in its mirror yet",
                       {{"cluster", place.cluster.name}, {"object", place.ns + "/" + place.name}});
}

net::Awaitable<Result<mirror::ClusterAnswer>> look_up(const WriteContext& context,
                                                      const Place& place, std::string_view query) {
    auto request = request_about(context.mirrors, place, "GET", query);
    co_return co_await context.mirrors.send(place.cluster.number, std::move(request),
                                            context.passed, kRequestTimeout);
}

}  // namespace

net::Awaitable<void> wait_for_mirror(WriteContext context, Place place, std::string version,
                                     std::string uid) {
    const milliseconds patience = patience_for(context, place);
    bool there = false;
    if (!version.empty()) {
        there = co_await context.mirrors.wait_for(place.cluster.number, version, patience);
    } else {
        json::ObjectHead object;
        object.ns = place.ns;
        object.name = place.name;
        object.uid = std::move(uid);
        std::function<bool()> gone = [&] {
            const auto shown = shown_in_mirror(context.store, place.cluster.number, object);
            return shown && *shown == Shown::kNot;
        };
        there = co_await net::wait_until(std::move(gone), patience);
    }
    if (!there) note_late(place);
}

net::Awaitable<void> wait_for_removal(WriteContext context, Place place,
                                      std::vector<json::ObjectHead> removed) {
    std::function<bool()> all_gone = [&] {
        while (!removed.empty()) {
            const auto shown = shown_in_mirror(context.store, place.cluster.number, removed.back());
            if (!shown || *shown == Shown::kKept) return false;
            removed.pop_back();
        }
        return true;
    };
    const milliseconds patience = patience_for(context, place);
    if (co_await net::wait_until(std::move(all_gone), patience)) co_return;
    place.name = removed.back().name;
    note_late(place);
}

net::Awaitable<void> wait_for_newest(WriteContext context, Place place) {
    place.name.clear();
    auto answer = co_await look_up(context, place, "?limit=1");
    if (!answer || answer->status / 100 != 2) co_return;
    const auto head = json::read_list_head(answer->body);
    if (!head || head->version.empty()) co_return;
    std::string newest = head->version;
    co_await wait_for_mirror(std::move(context), std::move(place), std::move(newest), {});
}

net::Awaitable<void> wait_until_current(WriteContext context, Place place) {
    auto answer = co_await look_up(context, place, {});
    if (!answer) co_return;
    std::string version;  // "": the cluster has it no more
    if (answer->status / 100 == 2) {
        const auto head = json::read_object_head(answer->body);
        if (!head) co_return;
        version = head->version;
    } else if (answer->status != 404 || !json::read_status(answer->body)) {
        co_return;
    }
    co_await wait_for_mirror(std::move(context), std::move(place), std::move(version), {});
}

}  // namespace snapgate::objects
