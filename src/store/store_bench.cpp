// Measures speed and size of the store with objects as large as real ones. First it loads ten
// thousand and a million objects, as one import does, and prints their time and size; then Google
// Benchmark runs.
//   store_bench [directory on a real disk] [--benchmark_...]
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "base/encoding.h"
#include "store/objects_testing.h"
#include "store/store.h"

namespace snapgate::store {
namespace {

using Time = std::chrono::steady_clock;

constexpr size_t kSmall = 10'000;
constexpr size_t kLarge = 1'000'000;
constexpr size_t kSnapshotsPerVm = 10;
constexpr size_t kVmsPerNamespace = 100;
constexpr size_t kPage = 50;
constexpr size_t kRandomPlaces = 1 << 16;
// Deciles of the size of real snapshots' compact JSON, and how much longer their stored text is.
constexpr std::array<double, 11> kDeciles{563,  1711, 1944, 2063, 2140, 2201,
                                          2243, 2289, 2348, 2463, 2825};
constexpr double kStoredPerCompact = 2333.0 / 2127.0;

double seconds_since(Time::time_point start) {
    return std::chrono::duration<double>(Time::now() - start).count();
}

[[noreturn]] void fail(const base::Error& error) {
    std::cerr << "store_bench: " << error.message << '\n';
    std::exit(1);
}
template <class T>
T must(base::Result<T> result) {
    if (!result) fail(result.error());
    return std::move(*result);
}
void must(const base::Result<void>& result) {
    if (!result) fail(result.error());
}

// The address of an object. Objects are made in the order of a list, as in a dump.
struct Address {
    std::string ns;
    std::string name;
    std::string vm;
};
Address address_of(size_t number) {
    size_t vm = number / kSnapshotsPerVm;
    std::string vm_name = fmt::format("vm-{:03}", vm % kVmsPerNamespace);
    return {fmt::format("team-{:05}", vm / kVmsPerNamespace),
            fmt::format("{}-nightly-202611{:02}-{:04}", vm_name, 1 + number % kSnapshotsPerVm,
                        (number * 7919) % 10'000),
            vm_name + fmt::format("-{}", vm / kVmsPerNamespace)};
}

std::vector<Address> random_addresses(size_t below) {
    std::mt19937_64 random{2};
    std::vector<Address> addresses(kRandomPlaces);
    for (Address& one : addresses) one = address_of(random() % below);
    return addresses;
}

double compact_size(std::mt19937_64& random) {
    double place = std::uniform_real_distribution<>(0, kDeciles.size() - 1)(random);
    auto below = static_cast<size_t>(place);
    return kDeciles[below] + (kDeciles[below + 1] - kDeciles[below]) * (place - double(below));
}

std::string random_text(size_t size, std::mt19937_64& random) {
    std::string text(size, ' ');
    for (char& c : text) c = static_cast<char>('a' + random() % 26);
    return text;
}

class Loaded {
  public:
    Loaded(const std::filesystem::path& directory, size_t objects)
        : objects_(objects), filler_(random_text(8192, random_)) {
        std::filesystem::remove_all(directory);
        options_.directory = directory;
        options_.background_compaction = false;
        store_ = must(Store::open(options_));
        load();
        report();
        reopen();
    }

    ReadView view() const { return store_->read(); }
    Store& store() { return *store_; }
    ClusterNumber cluster() const { return cluster_; }
    size_t objects() const { return objects_; }
    Revision head() const { return must(view().head(cluster_))->revision; }

    model::PreparedObject object(const Address& address, double compact) {
        auto object = make_object(address.ns, address.name, address.vm);
        auto size = static_cast<size_t>(compact * kStoredPerCompact);
        size_t missing = size > object.text.size() ? size - object.text.size() : 1;
        return make_object(address.ns, address.name, address.vm,
                           std::string_view(filler_).substr(random_() % 4096, missing));
    }

  private:
    void load() {
        must(store_->write_and_wait(Priority::kRequest, [&](WriteTxn& txn) -> base::Result<void> {
            SNAPGATE_ASSIGN(cluster_, txn.create_cluster());
            return {};
        }));
        auto start = Time::now();
        for (size_t first = 0; first < objects_; first += kBatchObjects) {
            std::vector<model::PreparedObject> batch;
            for (size_t i = first; i < std::min(objects_, first + kBatchObjects); ++i) {
                double compact = compact_size(random_);
                compact_bytes_ += compact;
                batch.push_back(object(address_of(i), compact));
            }
            must(store_->write_and_wait(Priority::kBatch, [&](WriteTxn& txn) -> base::Result<void> {
                for (const auto& one : batch) {
                    SNAPGATE_TRY(txn.get(cluster_, Kind::kSnapshot, one.ns, one.name));
                    SNAPGATE_TRY(txn.put(cluster_, Kind::kSnapshot, one));
                }
                return {};
            }));
        }
        load_seconds_ = seconds_since(start);
    }

    void report() {
        auto bytes = static_cast<double>(store_->statistics().file_bytes);
        std::cout << fmt::format(
            "{} objects: loaded at {:.0f} objects/s, {:.0f} bytes of compact JSON each, disk "
            "{:.3f} "
            "bytes per byte of JSON\n",
            objects_, double(objects_) / load_seconds_, compact_bytes_ / double(objects_),
            bytes / compact_bytes_);
    }

    void reopen() {
        store_.reset();
        auto start = Time::now();
        store_ = must(Store::open(options_));
        must(view().count(cluster_, Kind::kSnapshot));
        std::cout << fmt::format("{} objects: opened in {:.2f} ms\n", objects_,
                                 seconds_since(start) * 1000);
        // The first access to a page of the file costs a page fault, once in a server's life. It
        // must not be measured.
        ReadView all = view();
        ReadView::Scan scan = all.scan(cluster_, Kind::kSnapshot, head());
        for (bool more = must(scan.seek("", "")); more; more = must(scan.next()))
            benchmark::DoNotOptimize(scan.found().object.text.back());
    }

    size_t objects_;
    std::mt19937_64 random_{1};
    std::string filler_;
    StoreOptions options_;
    std::unique_ptr<Store> store_;
    ClusterNumber cluster_ = 0;
    double compact_bytes_ = 0;
    double load_seconds_ = 0;
};

std::unique_ptr<Loaded> small;
std::unique_ptr<Loaded> large;
Loaded& loaded(int64_t objects) {
    return objects == int64_t(kSmall) ? *small : *large;
}

void print_anonymous_memory() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("RssAnon")) std::cout << line << '\n';
}

void view_only(benchmark::State& state) {
    for (auto _ : state) {
        ReadView view = large->view();
        benchmark::DoNotOptimize(view);
    }
}
BENCHMARK(view_only);

void page(benchmark::State& state) {
    Loaded& from = loaded(state.range(0));
    std::vector<Address> starts = random_addresses(from.objects() - kPage);
    size_t next = 0;
    std::string body;
    Revision head = from.head();
    for (auto _ : state) {
        const Address& start = starts[next++ % starts.size()];
        body.clear();
        ReadView view = from.view();
        must(view.replaced_ms(from.cluster(), head));
        ReadView::Scan scan = view.scan(from.cluster(), Kind::kSnapshot, head);
        bool more = must(scan.seek(start.ns, start.name));
        for (size_t i = 0; more && i < kPage; ++i) {
            body += scan.found().object.text;
            more = must(scan.next());
        }
        benchmark::DoNotOptimize(body.data());
    }
    state.counters["bytes"] = double(body.size());
}
BENCHMARK(page)->Arg(kSmall)->Arg(kLarge)->Unit(benchmark::kMicrosecond);

void vm_of_ten(benchmark::State& state) {
    Loaded& from = loaded(state.range(0));
    std::vector<Address> vms = random_addresses(from.objects());
    size_t next = 0;
    Revision head = from.head();
    size_t found = 0;
    for (auto _ : state) {
        const Address& any = vms[next++ % vms.size()];
        ReadView view = from.view();
        ReadView::Scan scan = view.scan_vm(from.cluster(), any.vm, head);
        for (bool more = must(scan.seek("", "")); more; more = must(scan.next())) {
            benchmark::DoNotOptimize(scan.found().object.text.back());
            ++found;
        }
    }
    state.counters["found"] = double(found) / double(state.iterations());
}
BENCHMARK(vm_of_ten)->Arg(kLarge)->Unit(benchmark::kMicrosecond);

// Reads ten objects of one VM by name, each in its own view, as ten requests would.
void ten_gets(benchmark::State& state) {
    Loaded& from = loaded(state.range(0));
    std::mt19937_64 random{3};
    std::vector<std::vector<Address>> vms(kRandomPlaces);
    for (auto& addresses : vms) {
        size_t first = random() % from.objects() / kSnapshotsPerVm * kSnapshotsPerVm;
        for (size_t i = 0; i < kSnapshotsPerVm; ++i) addresses.push_back(address_of(first + i));
    }
    size_t next = 0;
    Revision head = from.head();
    for (auto _ : state) {
        const std::vector<Address>& addresses = vms[next++ % vms.size()];
        for (const Address& one : addresses) {
            ReadView view = from.view();
            auto found = must(view.get(from.cluster(), Kind::kSnapshot, one.ns, one.name, head));
            benchmark::DoNotOptimize(found->object.text.back());
        }
    }
}
BENCHMARK(ten_gets)->Arg(kLarge)->Unit(benchmark::kMicrosecond);

// Durable single writes of many threads at once, at random places of the large store.
void commit(benchmark::State& state) {
    thread_local std::mt19937_64 random{std::random_device{}()};
    for (auto _ : state) {
        Address any = address_of(random() % large->objects());
        any.name += fmt::format("-{}", random() % 100'000'000);
        auto object = make_object(any.ns, any.name, any.vm, std::string(2000, 'x'));
        must(large->store().write_and_wait(
            Priority::kRequest, [&](WriteTxn& txn) -> base::Result<void> {
                SNAPGATE_TRY(txn.put(large->cluster(), Kind::kSnapshot, object));
                return {};
            }));
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(commit)->Threads(1)->Threads(16)->Threads(64)->UseRealTime();

int run(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    std::filesystem::path directory =
        argc > 1 ? argv[1] : std::filesystem::temp_directory_path() / "snapgate-store-bench";
    if (argc > 2) {
        std::cerr << "usage: store_bench [directory] [--benchmark_...]\n";
        return 2;
    }
    small = std::make_unique<Loaded>(directory / "small", kSmall);
    large = std::make_unique<Loaded>(directory / "large", kLarge);
    print_anonymous_memory();
    benchmark::RunSpecifiedBenchmarks();
    print_anonymous_memory();
    small.reset();
    large.reset();
    small.reset();
    large.reset();
    std::filesystem::remove_all(directory / "small");
    std::filesystem::remove_all(directory / "large");
    return 0;
}

}  // namespace
}  // namespace snapgate::store

int main(int argc, char** argv) {
    return snapgate::store::run(argc, argv);
}
