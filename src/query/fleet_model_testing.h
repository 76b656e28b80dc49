#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "facts/facts.h"
#include "query/fleet_testing.h"

// What random histories hold the answers about a fleet against: all objects as plain values, of
// which each is looked at for each question.
namespace snapgate::query {

// An object of the model. Its facts are those that the conversion made, whether the store got them
// or not.
struct Entry {
    TestSnapshot snapshot;
    std::string fact_bytes;

    facts::Facts facts() const { return facts::read(fact_bytes).value(); }
};
using Objects = std::map<std::pair<std::string, std::string>, Entry>;

struct ModelCluster {
    std::string name;
    Objects objects;               // that a reader sees
    std::optional<Objects> stage;  // of an open one
    std::map<std::pair<std::string, std::string>, TestVm> vms;
};
// By name and uid: the order of lists.
using Model = std::map<std::pair<std::string, std::string>, ModelCluster>;

// A row that a list must have.
struct Row {
    std::string cluster_uid;
    Entry entry;

    std::string text() const {
        return fmt::format("{} {}/{}", cluster_uid, entry.snapshot.ns, entry.snapshot.name);
    }
};

// What is asked of the VMs of a report.
struct AskedVms {
    bool gone = false;
    bool ignored = false;
    bool gold = false;  // those with that label

    std::string query() const {
        return fmt::format("{}{}{}", gone ? "&gone=true" : "", ignored ? "&ignored=true" : "",
                           gold ? "&labelSelector=tier%3Dgold" : "");
    }
    // `vm`: null for one that is known by its snapshots; `followed`: its cluster's VMs are known.
    bool selects(const TestVm* vm, bool followed) const {
        if (vm == nullptr) return (!followed || gone) && !gold;
        return (!vm->ignored || ignored) && (!gold || vm->label == "gold");
    }
};

// A question and what it means for the model.
struct Asked {
    std::string query;
    std::vector<std::function<bool(const Row&, facts::Seconds now)>> conditions;
    std::function<std::optional<std::pair<uint64_t, std::string>>(const Row&)> key;
    bool descending = false;

    bool selects(const Row& row, facts::Seconds now) const {
        return std::ranges::all_of(conditions,
                                   [&](const auto& condition) { return condition(row, now); });
    }
};

}  // namespace snapgate::query
