// What a create costs between the request's body and the stored form:
// `ninja create_bench && build/.../src/rules/create_bench`. Each benchmark does what the one before
// it does, and one step more.

#include <benchmark/benchmark.h>

#include <string>
#include <string_view>
#include <utility>

#include "json/object.h"
#include "rules/decode.h"
#include "rules/object_rules.h"

namespace snapgate::rules {
namespace {

// What a scheduler posts, as in bench/write.
constexpr std::string_view kBody =
    R"({"apiVersion":"snapshot.kubevirt.io/v1beta1","kind":"VirtualMachineSnapshot",)"
    R"("metadata":{"name":"nightly-0123456789abcdef",)"
    R"("labels":{"app":"scheduler","tier":"gold","schedule":"nightly"},)"
    R"("annotations":{"owner":"payments-oncall@example.com","retention":"14d"}},)"
    R"("spec":{"deletionPolicy":"Delete","failureDeadline":"10m0s",)"
    R"("source":{"apiGroup":"kubevirt.io","kind":"VirtualMachine","name":"web-01"}}})";

const std::string kUid = "11111111-2222-3333-4444-555555555555";

Writer scheduler() {
    Writer writer;
    writer.manager = "scheduler";
    writer.now = "2026-11-04T14:19:06Z";
    return writer;
}

base::Result<Body> decoded() {
    return decode_object(kBody, Media::kJson, "VirtualMachineSnapshot");
}

base::Result<Change> created() {
    static const Writer writer = scheduler();
    static const Target target{"team-001", "", false};
    SNAPGATE_ASSIGN(Body body, decoded());
    return create(std::move(body), target, kUid, writer);
}

base::Result<std::string> written() {
    SNAPGATE_ASSIGN(const Change change, created());
    return json::serialize(change.object);
}

base::Result<json::Prepared> prepared() {
    SNAPGATE_ASSIGN(const std::string text, written());
    return json::prepare_snapshot(text, json::Identity());
}

void run(benchmark::State& state, auto step) {
    for (auto _ : state) {
        auto result = step();
        if (!result) state.SkipWithError(result.error().message.c_str());
        benchmark::DoNotOptimize(result);
    }
    state.SetItemsProcessed(state.iterations());
}

void decode_body(benchmark::State& state) {
    run(state, decoded);
}
BENCHMARK(decode_body);

void create_object(benchmark::State& state) {
    run(state, created);
}
BENCHMARK(create_object);

void write_text(benchmark::State& state) {
    run(state, written);
}
BENCHMARK(write_text);

void prepare_object(benchmark::State& state) {
    run(state, prepared);
}
BENCHMARK(prepare_object);

}  // namespace
}  // namespace snapgate::rules

BENCHMARK_MAIN();
