// Puts over gRPC, as many as an etcd takes: what bench/replicas holds its creates against. Each of
// the connections has one put on its way at a time, as a client of HTTP has. Ends with a line of
// JSON.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "etcd/client.h"

namespace snapgate::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Settings {
    std::string endpoint;
    std::string value_file;
    unsigned connections = 64;
    double seconds = 3;
};

std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error("cannot read " + path);
    return {std::istreambuf_iterator<char>(file), {}};
}

class Writer {
  public:
    Writer(const Settings& settings, const std::string& value, unsigned number) : value_(value) {
        etcd::ClientOptions options;
        options.endpoints = {settings.endpoint};
        auto client = etcd::Client::make(std::move(options));
        if (!client) throw std::runtime_error(client.error().message);
        client_ = std::move(*client);
        prefix_ = fmt::format("bench/{:016x}/{}/", std::random_device()(), number);
        put();  // connects
    }

    void run(Clock::time_point end) {
        for (Clock::time_point begin = Clock::now(); begin < end;) {
            put();
            const Clock::time_point done = Clock::now();
            times_.push_back(std::chrono::duration<double, std::micro>(done - begin).count());
            begin = done;
        }
    }

    const std::vector<double>& times() const { return times_; }

  private:
    void put() {
        etcd::Txn txn;
        txn.then_ops.emplace_back(
            etcd::Put{.key = prefix_ + std::to_string(next_++), .value = value_});
        const auto committed = client_->commit(std::move(txn));
        if (!committed) throw std::runtime_error(committed.error().message);
    }

    const std::string& value_;
    std::unique_ptr<etcd::Client> client_;
    std::string prefix_;
    uint64_t next_ = 0;
    std::vector<double> times_;
};

void run(const Settings& settings) {
    const std::string value = read_file(settings.value_file);
    std::vector<std::unique_ptr<Writer>> writers;
    for (unsigned i = 0; i < settings.connections; ++i)
        writers.push_back(std::make_unique<Writer>(settings, value, i));
    const Clock::time_point begin = Clock::now();
    const auto end = begin + std::chrono::duration_cast<Clock::duration>(
                                 std::chrono::duration<double>(settings.seconds));
    std::vector<std::thread> threads;
    for (const auto& writer : writers) threads.emplace_back([&writer, end] { writer->run(end); });
    for (std::thread& thread : threads) thread.join();
    const std::chrono::duration<double, std::micro> took = Clock::now() - begin;
    std::vector<double> times;
    for (const auto& writer : writers)
        times.insert(times.end(), writer->times().begin(), writer->times().end());
    std::ranges::sort(times);
    const auto at = [&](double part) {
        return times.at(static_cast<size_t>(part * static_cast<double>(times.size() - 1)));
    };
    std::cout << fmt::format(R"({{"requests":{},"microseconds":{:.0f},"p50":{:.0f},"p99":{:.0f}}})",
                             times.size(), took.count(), at(0.5), at(0.99))
              << "\n";
}

}  // namespace
}  // namespace snapgate::bench

int main(int argc, char** argv) {
    snapgate::bench::Settings settings;
    CLI::App app("Puts over gRPC, as many as an etcd takes");
    app.add_option("--endpoint", settings.endpoint, "http://HOST:PORT")->required();
    app.add_option("--value", settings.value_file, "a file with what is put")->required();
    app.add_option("--connections", settings.connections);
    app.add_option("--seconds", settings.seconds);
    CLI11_PARSE(app, argc, argv);
    try {
        snapgate::bench::run(settings);
    } catch (const std::exception& error) {
        std::cerr << "etcd_puts: " << error.what() << "\n";
        return 1;
    }
    return 0;
}
