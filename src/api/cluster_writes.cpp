#include "api/cluster_writes.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "api/cluster_answer.h"
#include "base/encoding.h"
#include "base/log.h"
#include "json/cluster_answers.h"
#include "json/object.h"
#include "model/object.h"
#include "net/await.h"

namespace snapgate::api {

using base::Code;
using base::Error;
using base::Result;
using objects::Written;
using std::chrono::milliseconds;

namespace {

constexpr std::string_view kGroup = "snapshot.kubevirt.io";
constexpr std::string_view kStoredVersion = "v1beta1";
constexpr milliseconds kAnswerTimeout{30'000};
// How long a write waits for the mirror: while the cluster is followed, and while it is not.
constexpr milliseconds kPatience{5'000};
constexpr milliseconds kShortPatience{500};
constexpr milliseconds kFirstLook{1};
constexpr milliseconds kBetweenLooks{20};

std::string path_of(const InCluster& place, std::string_view version) {
    std::string path = fmt::format("/apis/{}/{}/namespaces/{}/virtualmachinesnapshots", kGroup,
                                   version, base::percent_encode(place.ns));
    if (!place.name.empty()) path += "/" + base::percent_encode(place.name);
    return path;
}

net::ClientRequest json_request(std::string method, std::string target) {
    net::ClientRequest request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.headers.emplace_back("Accept", "application/json");
    return request;
}

// Sends it, and returns the body of a 2xx in the stored version; a Status for a deletion that was
// done and whose answer was lost.
net::Awaitable<Result<std::string>> ask(const InCluster& place, net::ClientRequest request) {
    const bool deletes = request.method == "DELETE";
    SNAPGATE_CO_ASSIGN(auto answer, co_await place.call.services.connections.send(
                                        place.cluster.number, std::move(request), place.call.passed,
                                        kAnswerTimeout));
    if (!answer.lost.empty()) {
        if (!deletes) co_return answer_lost(place.cluster, answer);
        co_return json::serialize(deletion_done(place.cluster, answer, {}));
    }
    if (answer.status / 100 != 2) {
        place.call.words.retry_after_seconds = retry_after_seconds(answer);
        co_return cluster_refused(place.cluster, answer);
    }
    const std::string served = served_version(place.call.services, place.cluster);
    co_return json::change_api_version(std::move(answer.body),
                                       between_versions(served, kStoredVersion));
}

Error not_valid(const InCluster& place, const Error& error) {
    return {Code::kBadPeer, fmt::format("cluster \"{}\" answered with no valid object: {}",
                                        place.cluster.name, error.message)};
}

Result<Written> written_object(const InCluster& place, std::string_view text) {
    auto prepared = json::prepare_mirrored_snapshot(text);
    if (!prepared) return not_valid(place, prepared.error());
    Written written;
    written.value = model::encode_object(*prepared, prepared->version);
    return written;
}

// The object as the cluster has it now, if it is that VM's.
net::Awaitable<Result<json::ObjectHead>> find_live(const InCluster& place, const std::string& vm) {
    const std::string version = served_version(place.call.services, place.cluster);
    SNAPGATE_CO_ASSIGN(auto text,
                       co_await ask(place, json_request("GET", path_of(place, version))));
    auto prepared = json::prepare_mirrored_snapshot(text);
    if (!prepared) co_return not_valid(place, prepared.error());
    if (prepared->vm != vm) {
        co_return Error(Code::kNotFound, fmt::format("the VM {} has no snapshot {}",
                                                     vm.substr(0, 253), place.name.substr(0, 253)));
    }
    json::ObjectHead head;
    head.uid = prepared->uid;
    head.version = prepared->version;
    co_return head;
}

net::Awaitable<Result<Written>> send_object(InCluster place, net::ClientRequest request,
                                            json::Object body) {
    const std::string version = served_version(place.call.services, place.cluster);
    request.content_type = "application/json";
    request.body = json::change_api_version(json::serialize(json::Value(std::move(body))),
                                            between_versions(kStoredVersion, version));
    SNAPGATE_CO_ASSIGN(auto text, co_await ask(place, std::move(request)));
    SNAPGATE_CO_ASSIGN(auto written, written_object(place, text));
    const auto head = json::read_object_head(text);
    if (head) {
        place.name = head->name;
        co_await wait_for_mirror(std::move(place), head->version, head->uid);
    }
    co_return written;
}

bool is_going(const model::StoredObject& object) {
    const auto value = json::parse(object.text);
    const json::Object* root = value ? value->if_object() : nullptr;
    const json::Value* metadata = root == nullptr ? nullptr : root->if_contains("metadata");
    return metadata != nullptr && metadata->is_object() &&
           metadata->get_object().contains("deletionTimestamp");
}

enum class Shown {
    kNot,
    kGoing,  // with a deletionTimestamp
    kKept,
};

// How the mirror shows the object with that uid; a `uid` of "" is any.
Result<Shown> shown_in_mirror(const InCluster& place, std::string_view ns, std::string_view name,
                              std::string_view uid) {
    const store::ReadView view = place.call.services.store.read();
    SNAPGATE_ASSIGN(const auto found,
                    view.newest(place.cluster.number, model::Kind::kSnapshot, ns, name));
    if (!found || (!uid.empty() && json::read_uid(found->object) != uid)) return Shown::kNot;
    return is_going(found->object) ? Shown::kGoing : Shown::kKept;
}

milliseconds patience_for(const InCluster& place) {
    const auto status = place.call.services.connections.status(place.cluster.number);
    return status && status->ready() ? kPatience : kShortPatience;
}

void note_late(const InCluster& place) {
    base::log::warning("a write to a cluster is not in its mirror yet",
                       {{"cluster", place.cluster.name}, {"object", place.ns + "/" + place.name}});
}

}  // namespace

std::string served_version(const Services& services, const cluster::Cluster& cluster) {
    const auto status = services.connections.status(cluster.number);
    if (!status || status->served_version.empty()) return std::string(kStoredVersion);
    return status->served_version;
}

net::Awaitable<void> wait_for_mirror(InCluster place, std::string version, std::string uid) {
    mirror::Connections& connections = place.call.services.connections;
    const milliseconds patience = patience_for(place);
    if (!version.empty()) {
        const bool there = co_await connections.wait_for(place.cluster.number, version, patience);
        if (there) co_return;
    } else {
        const auto deadline = std::chrono::steady_clock::now() + patience;
        milliseconds look = kFirstLook;
        while (std::chrono::steady_clock::now() < deadline) {
            const auto shown = shown_in_mirror(place, place.ns, place.name, uid);
            if (shown && *shown == Shown::kNot) co_return;
            co_await net::pause(look);
            look = std::min(look * 2, kBetweenLooks);
        }
    }
    note_late(place);
}

net::Awaitable<void> wait_for_removal(InCluster place, std::vector<json::ObjectHead> removed) {
    const auto deadline = std::chrono::steady_clock::now() + patience_for(place);
    milliseconds look = kFirstLook;
    while (true) {
        while (!removed.empty()) {
            const json::ObjectHead& one = removed.back();
            const auto shown = shown_in_mirror(place, one.ns, one.name, one.uid);
            if (!shown || *shown == Shown::kKept) break;
            removed.pop_back();
        }
        if (removed.empty()) co_return;
        if (std::chrono::steady_clock::now() >= deadline) break;
        co_await net::pause(look);
        look = std::min(look * 2, kBetweenLooks);
    }
    place.name = removed.back().name;
    note_late(place);
}

net::Awaitable<void> wait_for_newest(InCluster place) {
    const std::string version = served_version(place.call.services, place.cluster);
    auto request = json_request("GET", path_of(place, version) + "?limit=1");
    auto answer = co_await place.call.services.connections.send(
        place.cluster.number, std::move(request), place.call.passed, kAnswerTimeout);
    if (!answer || answer->status / 100 != 2) co_return;
    const auto head = json::read_list_head(answer->body);
    if (!head || head->version.empty()) co_return;
    std::string newest = head->version;
    co_await wait_for_mirror(std::move(place), std::move(newest), {});
}

net::Awaitable<void> wait_until_current(InCluster place) {
    const std::string version = served_version(place.call.services, place.cluster);
    auto text = co_await ask(place, json_request("GET", path_of(place, version)));
    if (!text && text.error().code != Code::kNotFound) co_return;
    std::string seen;
    if (text) {
        const auto head = json::read_object_head(*text);
        if (!head) co_return;
        seen = head->version;
    }
    co_await wait_for_mirror(std::move(place), std::move(seen), {});
}

net::Awaitable<Result<Written>> create_in_cluster(InCluster place, json::Object body) {
    const std::string version = served_version(place.call.services, place.cluster);
    auto request = json_request("POST", fmt::format("{}?fieldManager={}", path_of(place, version),
                                                    base::percent_encode(place.manager)));
    co_return co_await send_object(std::move(place), std::move(request), std::move(body));
}

net::Awaitable<Result<Written>> update_in_cluster(InCluster place, std::string vm,
                                                  json::Object body) {
    SNAPGATE_CO_TRY(co_await find_live(place, vm));
    const std::string version = served_version(place.call.services, place.cluster);
    auto request = json_request("PUT", fmt::format("{}?fieldManager={}", path_of(place, version),
                                                   base::percent_encode(place.manager)));
    co_return co_await send_object(std::move(place), std::move(request), std::move(body));
}

net::Awaitable<Result<void>> delete_in_cluster(InCluster place, std::string vm) {
    SNAPGATE_CO_ASSIGN(auto live, co_await find_live(place, vm));
    const std::string served = served_version(place.call.services, place.cluster);
    net::ClientRequest request = json_request("DELETE", path_of(place, served));
    request.content_type = "application/json";
    // What is deleted is what was looked at.
    request.body =
        json::serialize(json::Object{{"apiVersion", "v1"},
                                     {"kind", "DeleteOptions"},
                                     {"preconditions", json::Object{{"uid", live.uid}}}});
    SNAPGATE_CO_ASSIGN(auto text, co_await ask(place, std::move(request)));
    const auto type = json::read_type(text);
    if (!type || (type->kind != "Status" && type->kind != "VirtualMachineSnapshot")) {
        co_return Error(Code::kBadPeer,
                        bare_answer_message(place.cluster, 200, model::Kind::kSnapshot));
    }
    // With finalizers the object stays, marked; the answer is that object then.
    const auto marked = json::read_object_head(text);
    std::string version;
    if (marked && marked->kind == "VirtualMachineSnapshot") version = marked->version;
    const std::string uid = live.uid;
    co_await wait_for_mirror(std::move(place), std::move(version), uid);
    co_return Result<void>();
}

}  // namespace snapgate::api
