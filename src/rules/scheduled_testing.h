#pragma once

#include <benchmark/benchmark.h>

#include <string_view>

#include "rules/object_rules.h"

namespace snapgate::rules {

// For the benchmarks of the rules. What a scheduler writes, as in bench/written.py.
inline constexpr std::string_view kScheduled =
    R"({"apiVersion":"snapshot.kubevirt.io/v1beta1","kind":"VirtualMachineSnapshot",)"
    R"("metadata":{"name":"nightly-0123456789abcdef",)"
    R"("labels":{"app":"scheduler","tier":"gold","schedule":"nightly"},)"
    R"("annotations":{"owner":"payments-oncall@example.com","retention":"14d"}},)"
    R"("spec":{"deletionPolicy":"Delete","failureDeadline":"10m0s",)"
    R"("source":{"apiGroup":"kubevirt.io","kind":"VirtualMachine","name":"web-01"}}})";

inline Writer benchmark_writer(std::string_view manager, bool patch = false) {
    Writer writer;
    writer.manager = manager;
    writer.patch = patch;
    writer.now = "2026-11-04T14:19:06Z";
    return writer;
}

// One call of `step`, which gives a Result, in each iteration. An error ends the benchmark.
inline void run_steps(benchmark::State& state, auto step) {
    for (auto _ : state) {
        auto result = step();
        if (!result) state.SkipWithError(result.error().message.c_str());
        benchmark::DoNotOptimize(result);
    }
    state.SetItemsProcessed(state.iterations());
}

}  // namespace snapgate::rules
