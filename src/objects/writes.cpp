#include "objects/writes.h"

#include <utility>

#include "json/object.h"
#include "json/path.h"
#include "objects/connected_writes.h"
#include "objects/hosted_writes.h"

namespace snapgate::objects {
namespace {

using base::Result;

// The uid of the snapshot, if it is that VM's: what is removed is what was looked at. "" if a
// repair of the store removed it.
Result<std::string> find_uid(const store::Store& store, const Place& place, std::string_view vm) {
    const store::ReadView view = store.read();
    SNAPGATE_ASSIGN(const bool damaged,
                    view.is_damaged(place.cluster.number, place.kind, place.ns, place.name));
    if (damaged) return std::string();
    SNAPGATE_ASSIGN(auto found,
                    view.newest(place.cluster.number, place.kind, place.ns, place.name));
    if (!found || found->object.vm != vm) return rules::no_such_snapshot(place.name);
    SNAPGATE_ASSIGN(json::Identity identity, json::read_identity(found->object));
    return std::move(identity.uid);
}

}  // namespace

net::Awaitable<Result<Written>> create(WriteContext context, Place place, rules::Body body,
                                       rules::Writer writer) {
    if (place.cluster.connected()) {
        co_return co_await create_connected(std::move(context), std::move(place),
                                            std::move(body.object), std::move(writer.manager));
    }
    const CreateOptions options{.make_namespace = true};
    co_return co_await create_hosted(std::move(context), std::move(place), std::move(body),
                                     std::move(writer), options);
}

net::Awaitable<Result<Written>> replace(WriteContext context, Place place, std::string vm,
                                        rules::Body body, rules::Writer writer) {
    if (place.cluster.connected()) {
        co_return co_await replace_connected(std::move(context), std::move(place), std::move(vm),
                                             std::move(body.object), std::move(writer.manager));
    }
    const rules::Target target{place.ns, place.name, false};
    Decide decide = [&](const json::Object& live) -> Result<rules::Change> {
        if (json::text_at(live, {"spec", "source", "name"}) != vm)
            return rules::no_such_snapshot(target.name);
        return rules::update(live, body, target, writer);
    };
    co_return co_await replace_hosted(std::move(context), std::move(place), body, writer,
                                      std::move(decide), false);
}

net::Awaitable<Result<void>> remove(WriteContext context, Place place, std::string vm) {
    if (place.cluster.connected()) {
        co_return co_await remove_connected(std::move(context), std::move(place), std::move(vm));
    }
    rules::DeleteOptions options;
    SNAPGATE_CO_ASSIGN(options.uid, find_uid(context.store, place, vm));
    SNAPGATE_CO_TRY(
        co_await remove_hosted(std::move(context), std::move(place), std::move(options)));
    co_return Result<void>();
}

}  // namespace snapgate::objects
