#include "objects/collector_edits.h"

#include <algorithm>
#include <utility>

#include "json/object.h"
#include "json/path.h"
#include "objects/ownership.h"
#include "rules/object_rules.h"

namespace snapgate::objects {
namespace {

using base::Result;

template <class Change>
EditResult edit_metadata(const CollectorEdit& edit, const Change& change) {
    std::string text;
    SNAPGATE_TRY(json::append_kubernetes_form(edit.found.object, text));
    SNAPGATE_ASSIGN(const json::Value live, json::parse(text));
    rules::Body body{.object = live.as_object(), .strict_faults = {}};
    change(body.object.at("metadata").as_object());
    rules::Writer writer;
    writer.manager = kCollectorManager;
    writer.patch = true;
    writer.now = edit.now;
    const rules::Target target{std::string(edit.found.ns), std::string(edit.found.name), false};
    SNAPGATE_ASSIGN(const rules::Change changed,
                    rules::update(live.as_object(), std::move(body), target, writer));
    return change_of(edit.cluster, edit.found, changed);
}

// Removes the members of a list for which `drop` says so, and the list with its last one.
template <class Drop>
void erase_members(json::Object& metadata, std::string_view list, const Drop& drop) {
    json::Value* value = metadata.if_contains(list);
    if (value == nullptr || !value->is_array()) return;
    json::Array kept;
    for (json::Value& one : value->get_array())
        if (!drop(one)) kept.push_back(std::move(one));
    if (kept.empty()) {
        metadata.erase(list);
    } else {
        *value = std::move(kept);
    }
}

}  // namespace

EditResult drop_references(const CollectorEdit& edit, const std::vector<std::string>& uids) {
    return edit_metadata(edit, [&uids](json::Object& metadata) {
        erase_members(metadata, "ownerReferences", [&uids](const json::Value& owner) {
            return owner.is_object() &&
                   std::ranges::find(uids, json::text_at(owner.get_object(), {"uid"})) !=
                       uids.end();
        });
    });
}

EditResult unblock_owners(const CollectorEdit& edit) {
    return edit_metadata(edit, [](json::Object& metadata) {
        json::Value* owners = metadata.if_contains("ownerReferences");
        if (owners == nullptr || !owners->is_array()) return;
        for (json::Value& owner : owners->get_array())
            if (owner.is_object()) owner.get_object()["blockOwnerDeletion"] = false;
    });
}

EditResult drop_finalizer(const CollectorEdit& edit, std::string_view finalizer) {
    return edit_metadata(edit, [finalizer](json::Object& metadata) {
        erase_members(metadata, "finalizers", [finalizer](const json::Value& one) {
            return one.is_string() && std::string_view(one.get_string()) == finalizer;
        });
    });
}

}  // namespace snapgate::objects
