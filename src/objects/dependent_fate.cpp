#include "objects/dependent_fate.h"

#include <algorithm>
#include <functional>

namespace snapgate::objects {
namespace {

using base::Result;
using model::ClusterNumber;
using Act = DependentFate::Act;
using Propagation = rules::DeleteOptions::Propagation;

// A dependent's own dependents are looked at so many at a time.
constexpr size_t kPage = 256;

enum class OwnerState { kThere, kWaiting, kGone };

struct Dependent {
    const store::ReadView& view;
    ClusterNumber cluster;
    std::string_view ns;
    std::string_view name;
    const Ownership& is;
};

Result<OwnerState> state_of(const Dependent& dependent, const Owner& owner) {
    const auto found = find_ownership(dependent.view, dependent.cluster, dependent.ns, owner.name);
    // Of what a repair of the store removed, nobody knows its uid.
    if (!found && found.error().code == base::Code::kCorrupt) return OwnerState::kThere;
    if (!found) return found.error();
    if (*found && (*found)->uid == owner.uid)
        return (*found)->waiting() ? OwnerState::kWaiting : OwnerState::kThere;
    SNAPGATE_ASSIGN(const bool gone, has_work(dependent.view, dependent.cluster, dependent.ns,
                                              owner.uid, dependent.name));
    return gone ? OwnerState::kGone : OwnerState::kThere;
}

// Whether one of its own dependents waits for those that it has.
Result<bool> has_waiting_dependent(const Dependent& dependent) {
    std::string after;
    while (true) {
        SNAPGATE_ASSIGN(const auto names, dependents(dependent.view, dependent.cluster,
                                                     dependent.ns, dependent.is.uid, after, kPage));
        for (const std::string& name : names) {
            const auto found =
                find_ownership(dependent.view, dependent.cluster, dependent.ns, name);
            if (found && *found && (*found)->waiting()) return true;
        }
        if (names.size() < kPage) return false;
        after = names.back();
    }
}

Propagation propagation_of(const Ownership& is) {
    if (is.orphan) return Propagation::kOrphan;
    return is.foreground ? Propagation::kForeground : Propagation::kBackground;
}

}  // namespace

Result<std::optional<Ownership>> find_ownership(const store::ReadView& view, ClusterNumber cluster,
                                                std::string_view ns, std::string_view name) {
    SNAPGATE_ASSIGN(const auto found, view.newest(cluster, model::Kind::kSnapshot, ns, name));
    if (!found) return std::optional<Ownership>();
    SNAPGATE_ASSIGN(Ownership ownership, read_ownership(found->object));
    return std::optional(std::move(ownership));
}

Result<DependentFate> fate_of(const store::ReadView& view, ClusterNumber cluster,
                              std::string_view ns, std::string_view name,
                              const Ownership& dependent, const Work& work, bool waiting) {
    const Ownership& is = dependent;
    const Dependent place{view, cluster, ns, name, is};
    DependentFate fate;
    bool stays = is.has_other_owners;
    bool any_waiting = false;
    for (const Owner& owner : is.owners) {
        OwnerState state = waiting ? OwnerState::kWaiting : OwnerState::kGone;
        if (owner.uid != work.uid) {
            SNAPGATE_ASSIGN(state, state_of(place, owner));
        }
        if (state == OwnerState::kThere) {
            stays = true;
            continue;
        }
        if (state == OwnerState::kWaiting) any_waiting = true;
        if (state == OwnerState::kGone) fate.gone.push_back(owner);
        fate.uids.push_back(owner.uid);
    }
    if (stays) {
        fate.act = Act::kRelease;
        return fate;
    }
    fate.act = Act::kDelete;
    fate.propagation = propagation_of(is);
    if (!any_waiting) return fate;
    SNAPGATE_ASSIGN(const auto own, dependents(view, cluster, ns, is.uid, {}, 1));
    if (own.empty()) return fate;
    // It goes as its owner does: once its own dependents are gone.
    fate.propagation = Propagation::kForeground;
    if (std::ranges::none_of(is.owners, &Owner::blocks)) return fate;
    SNAPGATE_ASSIGN(const bool circle, has_waiting_dependent(place));
    if (circle) fate.act = Act::kUnblock;
    return fate;
}

}  // namespace snapgate::objects
