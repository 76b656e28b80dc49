#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "rules/managed_fields.h"
#include "rules/snapshot_texts_testing.h"

// Who owns the fields of an object, worked out a second time in the simplest way: an object is a
// flat map of paths to values, what a manager owns is a flat set of paths.
namespace snapgate::rules {

using FlatPath = std::vector<std::string>;
using FlatObject = std::map<FlatPath, std::string>;  // of a container the value is ""
using FlatSet = std::set<FlatPath>;
// Manager, whether it is an applier, subresource, API version ("" for appliers).
using FlatManager = std::tuple<std::string, bool, std::string, std::string>;
using FlatOwners = std::map<FlatManager, FlatSet>;

// The fields of a snapshot that the model knows, read from one and written as one. `container`: it
// is there as long as something is in it.
inline const std::vector<FlatPath>& flat_containers() {
    static const std::vector<FlatPath> containers{
        {"f:metadata", "f:labels"},
        {"f:metadata", "f:annotations"},
        {"f:metadata", "f:finalizers"},
        {"f:metadata", "f:ownerReferences"},
        {"f:spec"},
        {"f:status"},
        {"f:status", "f:error"},
        {"f:status", "f:indications"},
        {"f:status", "f:snapshotVolumes"},
        {"f:status", "f:snapshotVolumes", "f:includedVolumes"},
    };
    return containers;
}

inline bool is_flat_container(const FlatPath& path) {
    return std::ranges::find(flat_containers(), path) != flat_containers().end();
}

inline FlatPath parent_of(const FlatPath& path) {
    return {path.begin(), path.end() - 1};
}

// With the containers that it is in.
inline void put_flat(FlatObject& object, const FlatPath& path, std::string value) {
    object[path] = std::move(value);
    for (FlatPath outer = parent_of(path); !outer.empty(); outer = parent_of(outer))
        if (is_flat_container(outer)) object[outer] = "";
}

// Removes the path and what is below it.
inline void drop_flat(FlatObject& object, const FlatPath& path) {
    std::erase_if(object, [&path](const auto& member) {
        return member.first.size() >= path.size() &&
               std::equal(path.begin(), path.end(), member.first.begin());
    });
}

inline bool is_below(const FlatPath& path, const FlatPath& outer) {
    return path.size() > outer.size() && std::equal(outer.begin(), outer.end(), path.begin());
}

inline bool is_empty_container(const FlatObject& object, const FlatPath& path) {
    return is_flat_container(path) && std::ranges::none_of(object, [&path](const auto& other) {
               return is_below(other.first, path);
           });
}

// The object as JSON: leaves are strings, `[...]` and `{...}` are JSON.
inline json::Object to_object(const FlatObject& flat) {
    json::Object object =
        object_of(R"({"apiVersion":"snapshot.kubevirt.io/v1beta1","kind":"VirtualMachineSnapshot",)"
                  R"("metadata":{"name":"s1"}})");
    for (const auto& [path, value] : flat) {
        const bool empty = is_empty_container(flat, path);
        if (is_flat_container(path) && !empty) continue;
        json::Value* place = nullptr;
        json::Object* in = &object;
        for (const std::string& element : path) {
            if (element.starts_with("f:")) {
                place = &(*in)[element.substr(2)];
                const bool last = &element == &path.back();
                const bool list = !last && !(&element)[1].starts_with("f:");
                if (list && !place->is_array()) place->emplace_array();
                if (!last && !list) {
                    if (!place->is_object()) place->emplace_object();
                    in = &place->get_object();
                }
            } else {
                place->get_array().emplace_back(nullptr);
                place = &place->get_array().back();
            }
        }
        auto parsed = json::parse(empty ? "{}" : value);
        if (parsed && !parsed->is_primitive())
            *place = std::move(*parsed);
        else
            *place = json::Value(value);
    }
    return object;
}

// The paths of a set in the product's form.
inline void add_flat(const FieldSet& fields, FlatPath& prefix, FlatSet& out) {
    for (const FieldSet::Node& node : fields.nodes()) {
        prefix.push_back(node.element);
        if (node.member) out.insert(prefix);
        add_flat(node.below, prefix, out);
        prefix.pop_back();
    }
}

inline FlatOwners flat_owners(const json::Object& object) {
    FlatOwners owners;
    for (const ManagedEntry& entry : managed_entries(object)) {
        FlatPath prefix;
        FlatSet& fields = owners[{entry.manager, entry.applied, entry.subresource,
                                  entry.applied ? std::string() : entry.api_version}];
        add_flat(entry.fields, prefix, fields);
    }
    return owners;
}

}  // namespace snapgate::rules
