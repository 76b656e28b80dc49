#include "objects/connected_writes.h"

#include <fmt/format.h>

#include <utility>

#include "base/encoding.h"
#include "json/cluster_answers.h"
#include "json/object.h"
#include "model/api_names.h"
#include "model/object.h"
#include "net/http/header_values.h"
#include "net/server/aside.h"
#include "objects/cluster_answer.h"
#include "objects/cluster_request.h"
#include "objects/mirror_wait.h"
#include "rules/object_rules.h"

namespace snapgate::objects {

using base::Code;
using base::Error;
using base::Result;

namespace {

// Whether an answer says that it is JSON, or says nothing: a page that happens to read as an object
// is not the cluster's.
bool may_be_json(const net::ClientResponse& answer) {
    const auto header = answer.header("Content-Type");
    return !header || net::media_type(*header) == "application/json";
}

// Sends it, and returns the body of a 2xx in the stored version; a Status for a deletion that was
// done and whose answer was lost. Of another write whose answer was lost the mirror shows what was
// written before the error comes: whoever looks then sees it.
net::Awaitable<Result<std::string>> send_request(const WriteContext& context, const Place& place,
                                                 net::ClientRequest request) {
    const bool deletes = request.method == "DELETE";
    if (context.audit != nullptr && request.method != "GET") context.audit->sent = true;
    SNAPGATE_CO_ASSIGN(auto answer,
                       co_await context.mirrors.send(place.cluster.number, std::move(request),
                                                     context.passed, kRequestTimeout));
    if (!answer.lost.empty()) {
        if (!deletes) {
            co_await wait_for_newest(context, place);
            co_return answer_lost(place.cluster, answer);
        }
        co_return json::serialize(deletion_done(place.cluster, answer, {}));
    }
    if (answer.status / 100 != 2) co_return cluster_refused(place.cluster, answer);
    if (!may_be_json(answer)) {
        co_return Error(Code::kBadPeer,
                        bare_answer_message(place.cluster, answer.status, model::Kind::kSnapshot));
    }
    const std::string served = served_version(context.mirrors, place.cluster);
    co_return json::change_api_version(std::move(answer.body),
                                       between_versions(served, model::kStoredVersion));
}

// What is of no use to whoever wrote: the cluster's answer holds no snapshot.
Error not_valid(const Place& place, const Error& error) {
    return {Code::kBadPeer, fmt::format("cluster \"{}\" answered with no valid object: {}",
                                        place.cluster.name, error.message)};
}

Result<model::PreparedObject> read_answer(const Place& place, std::string_view text) {
    auto prepared = json::prepare_mirrored_snapshot(text);
    if (!prepared) return not_valid(place, prepared.error());
    return prepared;
}

// The object as the cluster has it now, if it is that VM's.
net::Awaitable<Result<model::PreparedObject>> find_live(const WriteContext& context,
                                                        const Place& place, const std::string& vm) {
    SNAPGATE_CO_ASSIGN(
        auto text,
        co_await send_request(context, place, request_about(context.mirrors, place, "GET")));
    SNAPGATE_CO_ASSIGN(auto live, read_answer(place, text));
    if (live.vm != vm) co_return rules::no_such_snapshot(place.name);
    co_return live;
}

net::Awaitable<Result<Written>> send_object(WriteContext context, Place place,
                                            std::string_view method, json::Object body,
                                            std::string manager) {
    net::ClientRequest request = request_about(context.mirrors, place, method,
                                               "?fieldManager=" + base::percent_encode(manager));
    const std::string version = served_version(context.mirrors, place.cluster);
    request.content_type = "application/json";
    auto print = [&] {
        return json::change_api_version(json::serialize(json::Value(std::move(body))),
                                        between_versions(model::kStoredVersion, version));
    };
    request.body = co_await net::make_aside(context.stream, context.body_bytes, std::move(print));
    SNAPGATE_CO_ASSIGN(auto text, co_await send_request(context, place, std::move(request)));
    auto read = [&] { return read_answer(place, text); };
    SNAPGATE_CO_ASSIGN(auto object,
                       co_await net::make_aside(context.stream, text.size(), std::move(read)));
    Written written;
    written.value = model::encode_object(object, object.version);
    place.name = object.name;
    if (context.audit != nullptr) {
        context.audit->object.name = object.name;
        context.audit->object.id = object.uid;
    }
    co_await wait_for_mirror(std::move(context), std::move(place), object.version, object.uid);
    co_return written;
}

}  // namespace

net::Awaitable<Result<Written>> create_connected(WriteContext context, Place place,
                                                 json::Object body, std::string manager) {
    place.name.clear();  // the body's is what counts
    co_return co_await send_object(std::move(context), std::move(place), "POST", std::move(body),
                                   std::move(manager));
}

net::Awaitable<Result<Written>> replace_connected(WriteContext context, Place place, std::string vm,
                                                  json::Object body, std::string manager) {
    SNAPGATE_CO_TRY(co_await find_live(context, place, vm));
    co_return co_await send_object(std::move(context), std::move(place), "PUT", std::move(body),
                                   std::move(manager));
}

net::Awaitable<Result<void>> remove_connected(WriteContext context, Place place, std::string vm) {
    SNAPGATE_CO_ASSIGN(auto live, co_await find_live(context, place, vm));
    if (context.audit != nullptr) context.audit->object.id = live.uid;
    net::ClientRequest request = request_about(context.mirrors, place, "DELETE");
    request.content_type = "application/json";
    // What is deleted is what was looked at.
    request.body =
        json::serialize(json::Object{{"apiVersion", "v1"},
                                     {"kind", "DeleteOptions"},
                                     {"preconditions", json::Object{{"uid", live.uid}}}});
    SNAPGATE_CO_ASSIGN(auto text, co_await send_request(context, place, std::move(request)));
    const auto type = json::read_type(text);
    if (!type || (type->kind != "Status" && type->kind != model::kSnapshotKind)) {
        co_return Error(Code::kBadPeer,
                        bare_answer_message(place.cluster, 200, model::Kind::kSnapshot));
    }
    // With finalizers the object stays, marked; the answer is that object then.
    const auto marked = json::read_object_head(text);
    std::string version;
    if (marked && marked->kind == model::kSnapshotKind) version = marked->version;
    co_await wait_for_mirror(std::move(context), std::move(place), std::move(version), live.uid);
    co_return Result<void>();
}

}  // namespace snapgate::objects
