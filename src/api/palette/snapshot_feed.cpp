#include "api/palette/snapshot_feed.h"

#include <fmt/format.h>

#include <iterator>
#include <optional>

#include "api/palette/snapshot_item.h"
#include "api/services.h"
#include "json/object.h"

namespace snapgate::api::palette {

using base::Result;

namespace {

using State = SnapshotChange::State;

Result<std::unique_ptr<const State>> read_state(const store::Found* found,
                                                const query::FleetCluster& cluster,
                                                bool kubernetes_form) {
    if (found == nullptr) return nullptr;
    auto state = std::make_unique<State>();
    SNAPGATE_TRY(append_item(found->object, cluster.name, kubernetes_form, state->item));
    state->vm = found->object.vm;
    SNAPGATE_ASSIGN(state->labels, json::read_labels(found->object));
    SNAPGATE_TRY(json::read_facts(found->object, state->fact_bytes));
    if (state->fact_bytes.empty()) state->fact_bytes = found->object.facts;
    SNAPGATE_ASSIGN(state->facts, facts::read(state->fact_bytes));
    return state;
}

size_t size_of(const std::unique_ptr<const State>& state) {
    if (!state) return 0;
    size_t bytes = sizeof(State) + state->item.size() + state->fact_bytes.size();
    for (const auto& [key, value] : state->labels) bytes += key.size() + value.size() + 64;
    return bytes;
}

Result<std::optional<SnapshotChange>> encode_change(const store::PublishedChange& change,
                                                    const query::Fleet& fleet,
                                                    bool kubernetes_form) {
    if (change.entry.kind != model::Kind::kSnapshot) return std::nullopt;
    const query::FleetCluster* cluster = fleet.find(change.cluster);
    // It has just been deleted.
    if (cluster == nullptr) return std::nullopt;
    SnapshotChange out;
    out.cluster = change.cluster;
    out.ns = change.entry.key.ns;
    out.name = change.entry.key.name;
    SNAPGATE_ASSIGN(out.before, read_state(change.previous, *cluster, kubernetes_form));
    SNAPGATE_ASSIGN(out.after, read_state(change.object, *cluster, kubernetes_form));
    return out;
}

bool selects(const SnapshotSelection& selection, const SnapshotChange& change,
             const std::unique_ptr<const State>& state) {
    return state &&
           selection.filter.selects(
               {change.ns, change.name, state->vm, state->facts, state->labels}, selection.now);
}

}  // namespace

size_t SnapshotChange::size() const {
    return sizeof(*this) + ns.size() + name.size() + size_of(before) + size_of(after);
}

std::string event_id(const Services& services, const SnapshotSelection& selection,
                     const query::Fleet& fleet, store::PublishedPlace place) {
    return seal(services.signer, {services.store.id(), selection.query, selection.now, place,
                                  fleet.next_cluster(), fleet.digest});
}

size_t SnapshotBatch::bytes_of(const SnapshotTailer::Batch& polled) {
    size_t bytes = 0;
    for (const auto& event : polled.events) bytes += event->payload.size();
    return bytes;
}

SnapshotBatch::Text SnapshotBatch::told(const SnapshotSelection& selection) {
    const auto known = told_.find({selection.query, selection.now});
    if (known != told_.end()) return taken(*known->second);
    std::string text = tell(selection);
    const SharedBytes bytes(text.size());
    auto told =
        std::make_unique<Told>(Told{selection.query, selection.now, std::move(text), bytes});
    const std::pair<std::string_view, facts::Seconds> key(told->query, told->now);
    return taken(*told_.emplace(key, std::move(told)).first->second);
}

SnapshotBatch::Text SnapshotBatch::taken(Told& told) {
    if (told.text.empty()) return {};
    return {told.text, told.bytes.next_part() + bytes_.next_part()};
}

std::string SnapshotBatch::tell(const SnapshotSelection& selection) const {
    std::string text;
    for (const auto& event : polled_.events) {
        const SnapshotChange& change = event->payload;
        const query::FleetCluster* cluster = fleet_->fleet->find(change.cluster);
        if (cluster == nullptr || !selection.filter.wants_cluster(cluster->uid, cluster->name))
            continue;
        const bool before = selects(selection, change, change.before);
        const bool after = selects(selection, change, change.after);
        if (!before && !after) continue;
        const std::string_view type = !before ? "added" : after ? "modified" : "removed";
        fmt::format_to(std::back_inserter(text), "event: {}\nid: {}\ndata: {}\n\n", type,
                       event_id(services_, selection, *fleet_->fleet, event->position),
                       after ? change.after->item : change.before->item);
    }
    return text;
}

std::shared_ptr<const VisibleFleet> find_visible(const Services& services,
                                                 const SnapshotScope& scope) {
    return services.fleets->find(scope.seen, scope.uid, services.clusters.snapshot(),
                                 services.projects.snapshot());
}

std::shared_ptr<SnapshotFeed> SnapshotFeeds::join(const Services& services,
                                                  const SnapshotScope& scope) {
    const auto make_tailer = [&](SnapshotFeed::Wake wake) {
        const auto members = [&services, scope] {
            const auto visible = find_visible(services, scope);
            return store::MergedTail::Members(visible->fleet, &visible->fleet->numbers);
        };
        const auto encode = [&services, scope](const store::PublishedChange& change) {
            return encode_change(change, *find_visible(services, scope)->fleet,
                                 scope.kubernetes_form);
        };
        return std::make_unique<SnapshotTailer>(services.store, members, encode,
                                                SnapshotTailer::Limits{}, std::move(wake));
    };
    const auto make_batch = [&services, scope](SnapshotTailer::Batch polled) {
        return std::make_shared<SnapshotBatch>(services, std::move(polled),
                                               find_visible(services, scope));
    };
    return feeds_.join(scope, [&] {
        return std::make_shared<SnapshotFeed>(make_tailer, make_batch, times_.gathers);
    });
}

void SnapshotFeeds::registry_changed() {
    for (const auto& feed : feeds_.open()) feed->tailer().tail().members_changed();
}

}  // namespace snapgate::api::palette
