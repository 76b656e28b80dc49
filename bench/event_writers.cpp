#include "event_writers.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

#include "net/client/client.h"

namespace snapgate::bench {

EventWriters::EventWriters(Options options)
    : options_(std::move(options)), running_(options_.connections) {
    for (unsigned i = 0; i < options_.connections; ++i) threads_.emplace_back([this] { run(); });
}

EventWriters::~EventWriters() {
    next_ = options_.writes;
    for (std::thread& thread : threads_) {
        if (thread.joinable()) thread.join();
    }
}

void EventWriters::run() {
    try {
        write_all();
    } catch (const std::exception& error) {
        const base::MutexLock lock(mutex_);
        fault_ = error.what();
        next_ = options_.writes;
    }
    --running_;
}

void EventWriters::write_all() {
    net::ClientOptions server;
    server.server = fmt::format("http://127.0.0.1:{}", options_.port);
    net::Client client(std::move(server));
    const std::string padding = options_.padding == 0
                                    ? std::string()
                                    : fmt::format(R"("annotations":{{"padding":"{}"}},)",
                                                  std::string(options_.padding, 'x'));
    while (true) {
        const size_t mine = next_++;
        if (mine >= options_.writes) return;
        std::this_thread::sleep_until(
            begin_ + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(
                         static_cast<double>(mine) / options_.per_second)));
        net::ClientRequest request;
        request.method = "POST";
        request.target = options_.target;
        if (const size_t number = request.target.find('#'); number != std::string::npos)
            request.target.replace(number, 1, std::to_string(mine % options_.clusters));
        request.headers = {{"Authorization", "Bearer " + options_.key}, {"ApiKey", options_.key}};
        request.content_type = "application/json";
        request.body = fmt::format(
            R"({{"apiVersion":"snapshot.kubevirt.io/v1beta1","kind":"VirtualMachineSnapshot",)"
            R"("metadata":{{"name":"{}-{:08}","namespace":"default",{}"labels":{{"part":"{}"}}}},)"
            R"("spec":{{"source":{{"apiGroup":"kubevirt.io","kind":"VirtualMachine",)"
            R"("name":"vm-{:04}"}}}}}})",
            options_.run, mine, padding, mine % 4, mine % 1000);
        const auto response = client.send(request);
        const auto now = Clock::now();
        if (!response) throw std::runtime_error(response.error().message);
        if (response->status / 100 != 2)
            throw std::runtime_error(fmt::format("{}: {}", response->status, response->body));
        const base::MutexLock lock(mutex_);
        acknowledged_.push_back(now);
        ++done_;
    }
}

std::vector<Clock::time_point> EventWriters::acknowledged() const {
    const base::MutexLock lock(mutex_);
    return acknowledged_;
}

void EventWriters::finish() {
    for (std::thread& thread : threads_) thread.join();
    const base::MutexLock lock(mutex_);
    if (!fault_.empty()) throw std::runtime_error(fault_);
}

}  // namespace snapgate::bench
