// What a create costs between the request's body and the stored form:
// `ninja create_bench && build/.../src/rules/create_bench`. Each benchmark does what the one before
// it does, and one step more.

#include <benchmark/benchmark.h>

#include <string>
#include <utility>

#include "json/object.h"
#include "rules/decode.h"
#include "rules/object_rules.h"
#include "rules/scheduled_testing.h"

namespace snapgate::rules {
namespace {

const std::string kUid = "11111111-2222-3333-4444-555555555555";

base::Result<Body> decoded() {
    return decode_object(kScheduled, Media::kJson, "VirtualMachineSnapshot");
}

base::Result<Change> created() {
    static const Writer writer = benchmark_writer("scheduler");
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

void decode_body(benchmark::State& state) {
    run_steps(state, decoded);
}
BENCHMARK(decode_body);

void create_object(benchmark::State& state) {
    run_steps(state, created);
}
BENCHMARK(create_object);

void write_text(benchmark::State& state) {
    run_steps(state, written);
}
BENCHMARK(write_text);

void prepare_object(benchmark::State& state) {
    run_steps(state, prepared);
}
BENCHMARK(prepare_object);

}  // namespace
}  // namespace snapgate::rules

BENCHMARK_MAIN();
