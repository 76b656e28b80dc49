// What a server-side apply costs beside a merge patch of the same fields, from the request's body
// to the change: `ninja apply_bench && build/.../src/rules/apply_bench`.

#include <benchmark/benchmark.h>

#include <string>
#include <string_view>
#include <utility>

#include "rules/decode.h"
#include "rules/object_rules.h"
#include "rules/scheduled_testing.h"

namespace snapgate::rules {
namespace {

constexpr std::string_view kStatus =
    R"({"status":{"phase":"Succeeded","readyToUse":true,"creationTime":"2026-11-20T03:00:21Z",)"
    R"("indications":["Online","GuestAgent"],"snapshotVolumes":{"includedVolumes":["rootdisk",)"
    R"("datadisk"],"excludedVolumes":["cloudinit"]},"conditions":[{"type":"Ready","status":"True",)"
    R"("reason":"Operation complete","lastTransitionTime":"2026-11-20T03:00:24Z"}]}})";

const Target kTarget{"team-001", "nightly-0123456789abcdef", false};

// An object with an applier, and a controller's status.
const json::Object& live() {
    static const json::Object object = [] {
        auto set_version = [](json::Object& made) {
            made.at("metadata").get_object()["resourceVersion"] = "7";
        };
        Change made =
            *apply_new(*decode_applied(kScheduled), kTarget, "u1", benchmark_writer("scheduler"));
        set_version(made.object);
        Target status = kTarget;
        status.status = true;
        made = *update(made.object, *patched_body(made.object, PatchType::kMerge, kStatus), status,
                       benchmark_writer("controller", true));
        set_version(made.object);
        return made.object;
    }();
    return object;
}

// The body with another value of the label `tier` in each round, or always the same.
std::string body(bool changed, size_t round) {
    std::string text(kScheduled);
    if (changed) text.replace(text.find("gold"), 4, round % 2 == 0 ? "lead" : "zinc");
    return text;
}

void run(benchmark::State& state, bool changed, auto write) {
    const std::string bodies[]{body(changed, 0), body(changed, 1)};
    size_t round = 0;
    run_steps(state, [&] { return write(bodies[round++ % 2]); });
}

base::Result<Change> applied(std::string_view text) {
    static const Writer writer = benchmark_writer("scheduler");
    SNAPGATE_ASSIGN(const Body body, decode_applied(text));
    return apply(live(), body, kTarget, writer, false);
}

base::Result<Change> patched(std::string_view text) {
    static const Writer writer = benchmark_writer("scheduler", true);
    SNAPGATE_ASSIGN(Body body, patched_body(live(), PatchType::kMerge, text));
    return update(live(), std::move(body), kTarget, writer);
}

void merge_patch_unchanged(benchmark::State& state) {
    run(state, false, patched);
}
BENCHMARK(merge_patch_unchanged);

void apply_unchanged(benchmark::State& state) {
    run(state, false, applied);
}
BENCHMARK(apply_unchanged);

void merge_patch_changed(benchmark::State& state) {
    run(state, true, patched);
}
BENCHMARK(merge_patch_changed);

void apply_changed(benchmark::State& state) {
    run(state, true, applied);
}
BENCHMARK(apply_changed);

}  // namespace
}  // namespace snapgate::rules

BENCHMARK_MAIN();
