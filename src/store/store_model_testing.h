#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "store/store.h"

namespace snapgate::store {

// For tests: a simple model of the store, which has every version of every object in maps. Random
// histories are run against both, and compared.
class StoreModel {
  public:
    struct Content {
        std::string vm;
        std::string text;
        bool operator==(const Content&) const = default;
    };
    struct Place {
        Kind kind = Kind::kSnapshot;
        std::string ns;
        std::string name;
        auto operator<=>(const Place&) const = default;
    };
    struct HeadAt {
        Revision revision = 0;
        int64_t since_ms = 0;
        std::string version;
        bool compacted = false;  // it cannot be read any more
    };
    struct Cluster {
        std::map<Place, std::map<Revision, std::optional<Content>>> versions;
        std::vector<HeadAt> heads;
        std::vector<LogEntry> log;
        bool stage_open = false;
        bool mirrored = false;  // a list version was set
    };

    std::map<ClusterNumber, Cluster> clusters;
    ClusterNumber newest_cluster = 0;  // the largest number that was ever given out
    std::multiset<std::string> audit;  // lines of the audit trail

    static std::optional<Content> at(const Cluster& cluster, const Place& place,
                                     Revision revision) {
        auto versions = cluster.versions.find(place);
        if (versions == cluster.versions.end()) return std::nullopt;
        auto after = versions->second.upper_bound(revision);
        if (after == versions->second.begin()) return std::nullopt;
        return std::prev(after)->second;
    }

    static std::map<Place, Content> list(const Cluster& cluster, Kind kind, Revision revision) {
        std::map<Place, Content> objects;
        for (const auto& [place, versions] : cluster.versions) {
            if (place.kind != kind) continue;
            if (auto content = at(cluster, place, revision)) objects.emplace(place, *content);
        }
        return objects;
    }

    static void change(Cluster& cluster, const Place& place, Revision revision,
                       std::optional<Content> content) {
        auto& versions = cluster.versions[place];
        LogEntry entry;
        entry.revision = revision;
        entry.kind = place.kind;
        entry.key = {place.ns, place.name};
        bool there = !versions.empty() && versions.rbegin()->second.has_value();
        if (there) entry.previous = versions.rbegin()->first;
        entry.op = !content ? LogEntry::Op::kDeleted
                            : (there ? LogEntry::Op::kUpdated : LogEntry::Op::kCreated);
        cluster.log.push_back(entry);
        versions[revision] = std::move(content);
    }

    // The list version of the newest head at or before a revision; visible_version: that of the
    // first head at or after it.
    static std::string version_at(const Cluster& cluster, Revision revision) {
        if (!cluster.mirrored) return std::to_string(revision);
        std::string version;
        for (const HeadAt& head : cluster.heads)
            if (head.revision <= revision) version = head.version;
        return version;
    }
    static std::string visible_version(const Cluster& cluster, Revision revision) {
        if (!cluster.mirrored) return std::to_string(revision);
        for (const HeadAt& head : cluster.heads)
            if (head.revision >= revision) return head.version;
        return {};
    }

    // Makes the newest revision of a cluster its head, unless it belongs to a stage.
    static void move_head(Cluster& cluster, Revision revision, int64_t since_ms) {
        if (cluster.stage_open) return;
        HeadAt head{.revision = revision, .since_ms = since_ms, .version = {}};
        head.version = cluster.mirrored ? cluster.heads.back().version : std::to_string(revision);
        cluster.heads.push_back(std::move(head));
    }

    // What a restart does: all open stages are given up.
    void give_up_stages() {
        for (auto& [number, cluster] : clusters)
            if (cluster.stage_open) give_up_stage(cluster);
    }

    // Forgets the versions above the head, as they belong to a stage that was given up.
    static void give_up_stage(Cluster& cluster) {
        cluster.stage_open = false;
        Revision head = cluster.heads.back().revision;
        for (auto& [place, versions] : cluster.versions)
            versions.erase(versions.upper_bound(head), versions.end());
        while (!cluster.log.empty() && cluster.log.back().revision > head) cluster.log.pop_back();
    }
};

}  // namespace snapgate::store
