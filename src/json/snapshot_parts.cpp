#include "json/snapshot_parts.h"

#include <algorithm>
#include <string_view>
#include <vector>

namespace snapgate::json {
namespace {

using simdjson::dom::element;
using Parts = facts::SnapshotParts;

// Enough for every object that KubeVirt writes; it bounds the work for one that somebody made up.
constexpr size_t kMostElements = 64;

// Calls `visit(key, value)` for each member; nothing if it is no object.
template <class Visit>
void each_member(const element& value, const Visit& visit) {
    simdjson::dom::object object;
    if (value.get_object().get(object)) return;
    for (const auto field : object) visit(field.key, field.value);
}

template <class Visit>
void each_element(const element& value, const Visit& visit) {
    simdjson::dom::array list;
    if (value.get_array().get(list)) return;
    size_t seen = 0;
    for (const element item : list) {
        if (++seen > kMostElements) return;
        visit(item);
    }
}

std::string_view text_of(const element& value) {
    std::string_view text;
    if (value.get_string().get(text)) return {};
    return text;
}

void add_texts(const element& list, std::vector<std::string_view>& out) {
    each_element(list, [&](const element& item) {
        if (const std::string_view text = text_of(item); !text.empty()) out.push_back(text);
    });
}

bool is_clone(const element& owner) {
    std::string_view kind;
    std::string_view api_version;
    each_member(owner, [&](std::string_view key, const element& value) {
        if (key == "kind") kind = text_of(value);
        if (key == "apiVersion") api_version = text_of(value);
    });
    return kind == "VirtualMachineClone" && api_version.starts_with("clone.kubevirt.io/");
}

void read_metadata(const element& metadata, Parts& parts) {
    each_member(metadata, [&](std::string_view key, const element& value) {
        if (key == "name") {
            parts.name = text_of(value);
        } else if (key == "namespace") {
            parts.ns = text_of(value);
        } else if (key == "creationTimestamp") {
            parts.creation_timestamp = text_of(value);
        } else if (key == "deletionTimestamp") {
            parts.deletion_timestamp = text_of(value);
        } else if (key == "finalizers") {
            parts.finalizers.clear();
            add_texts(value, parts.finalizers);
        } else if (key == "ownerReferences") {
            parts.of_clone = false;
            each_element(value, [&](const element& owner) { parts.of_clone |= is_clone(owner); });
        }
    });
}

void read_spec(const element& spec, Parts& parts) {
    each_member(spec, [&](std::string_view key, const element& value) {
        if (key == "failureDeadline") {
            parts.failure_deadline = text_of(value);
        } else if (key == "source") {
            each_member(value, [&](std::string_view member, const element& name) {
                if (member == "name") parts.vm = text_of(name);
            });
        }
    });
}

Parts::Condition read_condition(const element& value) {
    Parts::Condition condition;
    each_member(value, [&](std::string_view key, const element& member) {
        std::string_view* text = key == "type"                 ? &condition.type
                                 : key == "status"             ? &condition.status
                                 : key == "reason"             ? &condition.reason
                                 : key == "message"            ? &condition.message
                                 : key == "lastTransitionTime" ? &condition.last_transition_time
                                                               : nullptr;
        if (text != nullptr) *text = text_of(member);
    });
    return condition;
}

void read_error(const element& error, Parts& parts) {
    each_member(error, [&](std::string_view key, const element& value) {
        if (key == "message") parts.error_message = text_of(value);
        if (key == "time") parts.error_time = text_of(value);
    });
}

void read_source_indications(const element& list, Parts& parts) {
    each_element(list, [&](const element& item) {
        each_member(item, [&](std::string_view key, const element& value) {
            if (key == "indication") parts.indications.push_back(text_of(value));
        });
    });
}

void read_status(const element& status, Parts& parts) {
    each_member(status, [&](std::string_view key, const element& value) {
        if (key == "phase") {
            parts.phase = text_of(value);
        } else if (key == "readyToUse") {
            parts.ready = value.is_bool() && value.get_bool().value_unsafe();
        } else if (key == "creationTime") {
            parts.creation_time = text_of(value);
        } else if (key == "error") {
            read_error(value, parts);
        } else if (key == "virtualMachineSnapshotContentName") {
            parts.content_name = text_of(value);
        } else if (key == "sourceUID") {
            parts.source_uid = text_of(value);
        } else if (key == "indications") {
            add_texts(value, parts.indications);
        } else if (key == "sourceIndications") {
            read_source_indications(value, parts);
        } else if (key == "snapshotVolumes") {
            each_member(value, [&](std::string_view, const element& volumes) {
                add_texts(volumes, parts.volumes);
            });
        } else if (key == "conditions") {
            parts.conditions.clear();
            each_element(value, [&](const element& condition) {
                parts.conditions.push_back(read_condition(condition));
            });
        }
    });
}

}  // namespace

void read_parts(const element& snapshot, Parts& parts) {
    parts.clear();
    each_member(snapshot, [&](std::string_view key, const element& value) {
        if (key == "metadata") {
            read_metadata(value, parts);
        } else if (key == "spec") {
            read_spec(value, parts);
        } else if (key == "status") {
            read_status(value, parts);
        }
    });
}

}  // namespace snapgate::json
