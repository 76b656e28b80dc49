#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "query/fleet_testing.h"

namespace snapgate::query {

// Makes the random objects of a history, of few names, so that they meet.
class RandomObjects {
  public:
    explicit RandomObjects(std::mt19937_64& random) : random_(random) {}

    TestSnapshot snapshot(int64_t now) {
        TestSnapshot out;
        out.ns = fmt::format("ns{}", pick(3));
        const uint64_t number = pick(kSnapshots);
        out.name = fmt::format("s{}", number);
        if (pick(8) != 0) out.vm = fmt::format("vm{}", pick(4));
        if (pick(9) != 0) out.created = now - static_cast<int64_t>(pick(60) * 3600);
        static const std::vector<std::string> phases{"",          "InProgress", "Succeeded",
                                                     "Succeeded", "Succeeded",  "Failed"};
        out.phase = phases[pick(phases.size())];
        out.ready = out.phase == "Succeeded" && pick(5) != 0;
        if (out.phase == "Succeeded" && pick(6) != 0)
            out.taken = now - static_cast<int64_t>(pick(50) * 3600);
        if (out.phase == "Failed") {
            out.failed = now - static_cast<int64_t>(pick(50) * 3600);
            out.error = fmt::format("no room on node-{} for {}", pick(9), out.name);
            if (pick(3) == 0) out.error = "the Agent is silent";
            if (pick(3) == 0) out.error.clear();
        }
        if (pick(12) == 0) out.deleted = now - static_cast<int64_t>(pick(1200));
        if (pick(2) == 0) out.indications = {"Online"};
        if (pick(3) == 0) out.indications = {"Online", "GuestAgent"};
        if (pick(2) == 0) out.label = pick(2) == 0 ? "gold" : "tin";
        out.of_clone = pick(15) == 0;
        if (pick(2) == 0) out.source_uid = fmt::format("u{}", pick(2));
        if (pick(4) != 0) out.content = content_of(number);
        if (out.phase.empty()) out.content.clear();
        out.without_facts = pick(4) == 0;
        return out;
    }

    TestVm vm() {
        TestVm vm;
        vm.ns = fmt::format("ns{}", pick(4));
        vm.name = fmt::format("vm{}", pick(5));
        vm.uid = fmt::format("u{}", pick(2));
        vm.status = pick(2) == 0 ? "Running" : "Stopped";
        vm.ignored = pick(6) == 0;
        if (pick(2) == 0) vm.label = pick(2) == 0 ? "gold" : "tin";
        return vm;
    }

    // Most of the time it and the snapshot of its number may name each other.
    TestContent content() {
        TestContent out;
        const uint64_t number = pick(kSnapshots);
        out.ns = fmt::format("ns{}", pick(3));
        out.name = content_of(number);
        out.snapshot = fmt::format("s{}", pick(5) == 0 ? pick(kSnapshots) : number);
        if (pick(5) != 0) out.size = fmt::format("{}Gi", pick(50));
        out.volume = fmt::format("disk{}", pick(3));
        if (pick(2) == 0) {
            out.error = fmt::format("{} of {}: the Agent is away, code {}", out.volume,
                                    pick(2) == 0 ? out.name : out.snapshot, pick(100));
        }
        return out;
    }

    TestRestore restore(int64_t now) {
        TestRestore out;
        out.ns = fmt::format("ns{}", pick(3));
        out.name = fmt::format("r{}", pick(8));
        out.vm = fmt::format("vm{}", pick(5));
        out.snapshot = fmt::format("s{}", pick(kSnapshots));
        out.at = now - static_cast<int64_t>(pick(1000));
        return out;
    }

  private:
    static constexpr uint64_t kSnapshots = 12;

    uint64_t pick(uint64_t below) { return random_() % below; }
    static std::string content_of(uint64_t number) { return fmt::format("k{}", number); }

    std::mt19937_64& random_;
};

}  // namespace snapgate::query
