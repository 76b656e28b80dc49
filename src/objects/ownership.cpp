#include "objects/ownership.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "json/object.h"
#include "json/owners.h"
#include "json/value.h"
#include "model/api_names.h"

namespace snapgate::objects {
namespace {

using base::Result;

bool counts(const json::OwnerReference& owner) {
    return owner.kind == model::kSnapshotKind && (owner.api_version == model::kStoredApiVersion ||
                                                  owner.api_version == model::kOldApiVersion);
}

bool contains(std::string_view text, std::string_view part) {
    return ::memmem(text.data(), text.size(), part.data(), part.size()) != nullptr;
}

Result<Ownership> read(std::string_view text) {
    // Every write asks, and most snapshots have neither.
    if (!contains(text, R"("ownerReferences":[)") && !contains(text, R"("deletionTimestamp":)"))
        return Ownership();
    SNAPGATE_ASSIGN(json::OwnersAndDeletion found, json::read_owners(text));
    Ownership ownership;
    ownership.going = found.going;
    ownership.held = !found.finalizers.empty();
    for (const std::string& finalizer : found.finalizers) {
        ownership.orphan = ownership.orphan || finalizer == kOrphanFinalizer;
        ownership.foreground = ownership.foreground || finalizer == kForegroundFinalizer;
    }
    for (json::OwnerReference& owner : found.owners) {
        if (counts(owner)) {
            ownership.owners.push_back(
                {std::move(owner.name), std::move(owner.uid), owner.blocks_deletion});
        } else {
            ownership.has_other_owners = true;
        }
    }
    return ownership;
}

}  // namespace

bool Ownership::refers_to(std::string_view uid_of_owner) const {
    return std::ranges::any_of(owners,
                               [&](const Owner& owner) { return owner.uid == uid_of_owner; });
}

bool Ownership::blocks(std::string_view uid_of_owner) const {
    return std::ranges::any_of(
        owners, [&](const Owner& owner) { return owner.uid == uid_of_owner && owner.blocks; });
}

Result<Ownership> read_ownership(const model::StoredObject& snapshot) {
    SNAPGATE_ASSIGN(Ownership ownership, read(snapshot.text));
    const std::string_view uid = json::read_uid(snapshot);
    ownership.uid = uid;
    if (uid.find('\\') == std::string_view::npos) return ownership;
    SNAPGATE_ASSIGN(const json::Value text, json::parse('"' + ownership.uid + '"'));
    ownership.uid = std::string_view(text.as_string());
    return ownership;
}

Result<Ownership> read_ownership(const model::PreparedObject& snapshot) {
    SNAPGATE_ASSIGN(Ownership ownership, read(snapshot.text));
    ownership.uid = snapshot.uid;
    return ownership;
}

}  // namespace snapgate::objects
