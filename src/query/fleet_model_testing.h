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

#include "facts/cause.h"
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

// What a row of a flat format has besides its names.
inline std::string flat_text(std::optional<uint64_t> bytes, std::optional<uint64_t> restores,
                             const facts::Facts& facts) {
    const auto number = [](std::optional<uint64_t> value) {
        return value ? std::to_string(*value) : "-";
    };
    return fmt::format(" {} {} ({}) [{}]", number(bytes), number(restores), facts.cause,
                       facts.cause_class);
}

// A row that a list must have.
struct Row {
    std::string cluster_uid;
    Entry entry;
    std::optional<uint64_t> bytes;
    std::optional<uint64_t> restores;
    std::optional<facts::Cause> by_content;

    facts::Facts facts() const {
        facts::Facts facts = entry.facts();
        if (!by_content) return facts;
        facts.cause = by_content->sentence;
        facts.cause_class = by_content->cause_class;
        return facts;
    }
    std::string text() const {
        return fmt::format("{} {}/{}", cluster_uid, entry.snapshot.ns, entry.snapshot.name);
    }
    std::string flat_text() const { return text() + query::flat_text(bytes, restores, facts()); }
};

struct ModelCluster {
    std::string name;
    Objects objects;               // that a reader sees
    std::optional<Objects> stage;  // of an open one
    std::map<std::pair<std::string, std::string>, TestVm> vms;
    std::map<std::pair<std::string, std::string>, TestContent> contents;
    std::map<std::pair<std::string, std::string>, TestRestore> restores;

    Row row_of(const std::string& uid, const Entry& entry) const {
        const TestSnapshot& snapshot = entry.snapshot;
        Row row{uid, entry, {}, {}, {}};
        if (!restores.empty()) {
            row.restores = std::ranges::count_if(restores, [&](const auto& restore) {
                return restore.second.ns == snapshot.ns && restore.second.snapshot == snapshot.name;
            });
        }
        const auto found = contents.find({snapshot.ns, snapshot.content});
        if (found == contents.end() || found->second.snapshot != snapshot.name) return row;
        const TestContent& content = found->second;
        if (!content.size.empty()) row.bytes = std::stoull(content.size) << 30;
        const facts::Facts own = entry.facts();
        const bool says_why =
            !own.cause.empty() && own.cause.find("does not say why") == std::string::npos;
        if (own.state == facts::State::kSucceeded && own.ready) return row;
        if (says_why || content.error.empty()) return row;
        row.by_content = facts::cause_of_error(
            content.error, {snapshot.name, snapshot.ns, snapshot.vm, content.name, content.volume});
        return row;
    }
};
// By name and uid: the order of lists.
using Model = std::map<std::pair<std::string, std::string>, ModelCluster>;

// What is asked of the VMs of a report.
struct AskedVms {
    bool gone = false;
    bool ignored = false;
    bool gold = false;   // those with that label
    bool agent = false;  // those whose last attempt has "Agent" in its cause

    std::string query() const {
        return fmt::format("{}{}{}{}", gone ? "&gone=true" : "", ignored ? "&ignored=true" : "",
                           gold ? "&labelSelector=tier%3Dgold" : "", agent ? "&cause=agent" : "");
    }
    // `vm`: null for one that is known by its snapshots; `followed`: its cluster's VMs are known.
    bool selects(const TestVm* vm, bool followed) const {
        if (vm == nullptr) return (!followed || gone) && !gold;
        return (!vm->ignored || ignored) && (!gold || vm->label == "gold");
    }
};

// The last attempt among the snapshots of a VM; their end if there is none.
inline std::vector<Row>::const_iterator last_attempt(const std::vector<Row>& snapshots) {
    return std::ranges::max_element(snapshots, {}, [](const Row& row) {
        return std::pair(row.entry.facts().created, row.entry.snapshot.name);
    });
}
inline std::string cause_of_last(const std::vector<Row>& snapshots) {
    const auto last = last_attempt(snapshots);
    return last == snapshots.end() ? std::string() : std::string(last->facts().cause);
}

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
