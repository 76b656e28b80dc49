// How fast objects come in: `ninja json_bench && build/.../src/json/json_bench`.

#include <benchmark/benchmark.h>

#include <fstream>
#include <iterator>
#include <sstream>
#include <vector>

#include "json/object.h"
#include "json/splitter.h"
#include "json/yaml.h"

namespace snapgate::json {
namespace {

std::string read_file(const char* path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

const std::string& sample_dump() {
    static const std::string text =
        read_file(SNAPGATE_SOURCE_DIR "/samples/kubectl-get-vmsnapshots.json");
    return text;
}

std::vector<std::string> sample_objects() {
    std::vector<std::string> objects;
    ItemSplitter splitter([&](std::string_view item) {
        objects.emplace_back(item);
        return base::Result<void>();
    });
    if (!splitter.feed(sample_dump()) || !splitter.finish()) std::abort();
    return objects;
}

const Identity kFill{"11111111-2222-3333-4444-555555555555", "2026-11-04T14:19:06Z", 1};

void prepare(benchmark::State& state, const std::vector<std::string>& objects) {
    size_t bytes = 0;
    size_t count = 0;
    for (auto _ : state) {
        const std::string& object = objects[count++ % objects.size()];
        auto prepared = prepare_snapshot(object, kFill);
        if (!prepared) state.SkipWithError(prepared.error().message.c_str());
        benchmark::DoNotOptimize(prepared);
        bytes += object.size();
    }
    state.SetItemsProcessed(static_cast<int64_t>(count));
    state.SetBytesProcessed(static_cast<int64_t>(bytes));
}

// Objects as kubectl prints them, indented.
void prepare_indented(benchmark::State& state) {
    prepare(state, sample_objects());
}
BENCHMARK(prepare_indented);

// Objects as kube-apiserver sends them, compact.
void prepare_compact(benchmark::State& state) {
    std::vector<std::string> compact;
    for (const std::string& object : sample_objects())
        compact.push_back(json::serialize(*parse(object)));
    prepare(state, compact);
}
BENCHMARK(prepare_compact);

// Objects of a connected cluster.
void prepare_mirrored(benchmark::State& state) {
    std::vector<std::string> compact;
    for (const std::string& object : sample_objects())
        compact.push_back(json::serialize(*parse(object)));
    size_t bytes = 0;
    size_t count = 0;
    for (auto _ : state) {
        const std::string& object = compact[count++ % compact.size()];
        auto prepared = prepare_mirrored_snapshot(object);
        if (!prepared) state.SkipWithError(prepared.error().message.c_str());
        benchmark::DoNotOptimize(prepared);
        bytes += object.size();
    }
    state.SetItemsProcessed(static_cast<int64_t>(count));
    state.SetBytesProcessed(static_cast<int64_t>(bytes));
}
BENCHMARK(prepare_mirrored);

// Objects of a saved Palette page.
void prepare_palette(benchmark::State& state) {
    std::vector<std::string> pages;
    for (const std::string& object : sample_objects())
        pages.push_back(prepare_snapshot(object, kFill)->object.text);
    prepare(state, pages);
}
BENCHMARK(prepare_palette);

void kubernetes_form(benchmark::State& state) {
    std::vector<std::string> values;
    for (const std::string& object : sample_objects())
        values.push_back(model::encode_object(prepare_snapshot(object, kFill)->object, "12345"));
    size_t count = 0;
    std::string out;
    for (auto _ : state) {
        out.clear();
        auto stored = model::decode_object(values[count++ % values.size()]);
        if (!append_kubernetes_form(*stored, out)) state.SkipWithError("corrupt");
        benchmark::DoNotOptimize(out);
    }
    state.SetItemsProcessed(static_cast<int64_t>(count));
}
BENCHMARK(kubernetes_form);

void split(benchmark::State& state, const std::string& text) {
    constexpr size_t kChunk = 64 << 10;
    for (auto _ : state) {
        size_t seen = 0;
        ItemSplitter splitter([&](std::string_view item) {
            seen += item.size();
            return base::Result<void>();
        });
        for (size_t at = 0; at < text.size(); at += kChunk)
            if (!splitter.feed(std::string_view(text).substr(at, kChunk))) std::abort();
        benchmark::DoNotOptimize(seen);
    }
    state.SetBytesProcessed(static_cast<int64_t>(text.size()) * state.iterations());
}

void split_indented_list(benchmark::State& state) {
    split(state, sample_dump());
}
BENCHMARK(split_indented_list);

void split_json_lines(benchmark::State& state) {
    std::string lines;
    for (const std::string& object : sample_objects())
        lines += json::serialize(*parse(object)) + "\n";
    split(state, lines);
}
BENCHMARK(split_json_lines);

void convert_yaml(benchmark::State& state) {
    std::string text = read_file(SNAPGATE_SOURCE_DIR "/samples/kubectl-get-vmsnapshots-lab.yaml");
    for (auto _ : state) {
        std::istringstream in(text);
        size_t bytes = 0;
        auto result = yaml_to_json(in, [&](std::string_view json) {
            bytes += json.size();
            return base::Result<void>();
        });
        if (!result) state.SkipWithError(result.error().message.c_str());
        benchmark::DoNotOptimize(bytes);
    }
    state.SetBytesProcessed(static_cast<int64_t>(text.size()) * state.iterations());
}
BENCHMARK(convert_yaml);

}  // namespace
}  // namespace snapgate::json

BENCHMARK_MAIN();
