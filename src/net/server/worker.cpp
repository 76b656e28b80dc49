#include "net/server/worker.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <cstring>
#include <vector>

#include "base/crypto.h"
#include "base/log.h"
#include "base/this_thread.h"
#include "net/server/connection.h"

namespace snapgate::net {

namespace asio = boost::asio;

namespace {

// How often deadlines are looked at: often enough for the shortest of them.
std::chrono::milliseconds sweep_interval(const Timeouts& timeouts) {
    const auto shortest = std::min(
        {timeouts.handshake, timeouts.header, timeouts.body, timeouts.idle, timeouts.write_stall});
    return std::clamp(shortest / 8, std::chrono::milliseconds(5), std::chrono::milliseconds(250));
}

Awaitable<void> live(Worker& worker, Socket socket, Entrant entrant) {
    Connection connection(worker, std::move(socket), entrant);
    co_await connection.run();
}

}  // namespace

Worker::Worker(const ServerOptions& options, const ServerHooks& hooks, ConnectionCounts& counts,
               WorkPool& pool, HeldTotal& held)
    : options_(options),
      hooks_(hooks),
      counts_(counts),
      pool_(pool),
      held_(held),
      sweep_interval_(sweep_interval(options.timeouts)),
      work_(asio::make_work_guard(context_)),
      sweep_timer_(context_) {
    const std::string seed = base::random_bytes(sizeof(id_state_));
    std::memcpy(&id_state_, seed.data(), sizeof(id_state_));
}

Worker::~Worker() {
    join();
    // Work that is under way goes with the io_context; a wait on a stream is held by nothing but
    // the frame that waits.
    const std::vector<Connection*> waiting(connections_.begin(), connections_.end());
    for (Connection* connection : waiting) connection->abandon();
}

void Worker::start() {
    thread_ = std::thread([this] { run(); });
}

void Worker::run() {
    base::name_this_thread("snapgate-net");
    while (true) {
        try {
            context_.run();
            return;
        } catch (const std::exception& error) {
            base::log::error("a connection ended by a bug", {{"error", error.what()}});
        }
    }
}

void Worker::join() {
    if (!thread_.joinable()) return;
    work_.reset();
    context_.stop();
    thread_.join();
}

void Worker::adopt(Socket socket, const Entrant& entrant) {
    asio::post(context_, [this, entrant, socket = std::move(socket)]() mutable {
        asio::co_spawn(context_.get_executor(), live(*this, std::move(socket), entrant),
                       [](const std::exception_ptr& error) {
                           if (error) std::rethrow_exception(error);
                       });
        if (!sweeping_) sweep_later();
    });
}

void Worker::displace(uint64_t refusal) {
    asio::post(context_, [this, refusal] {
        // It may have ended by itself since.
        const auto found = refused_.find(refusal);
        if (found != refused_.end()) found->second->cut();
    });
}

void Worker::begin_stop() {
    asio::post(context_, [this] {
        stopping_ = true;
        for (Connection* connection : connections_) connection->begin_stop();
    });
}

void Worker::cut() {
    asio::post(context_, [this] {
        for (Connection* connection : connections_) connection->cut();
    });
}

void Worker::sweep_later() {
    sweeping_ = true;
    sweep_timer_.expires_after(sweep_interval_);
    sweep_timer_.async_wait([this](boost::system::error_code ec) {
        sweeping_ = false;
        if (ec || connections_.empty()) return;
        const auto now = Transport::Clock::now();
        for (Connection* connection : connections_) connection->expire_if_due(now);
        sweep_later();
    });
}

Worker::Connections::iterator Worker::enter(Connection* connection, const Entrant& entrant) {
    if (entrant.admission == Admission::kRefuse) refused_.emplace(entrant.refusal, connection);
    return connections_.insert(connections_.end(), connection);
}

void Worker::leave(Connections::iterator place, const Entrant& entrant) {
    if (entrant.admission == Admission::kRefuse) refused_.erase(entrant.refusal);
    connections_.erase(place);
}

// SplitMix64 from a random start: unique enough to find a request in a log, and secret to nobody.
void Worker::fresh_request_id(std::string& id) {
    id_state_ += 0x9e3779b97f4a7c15U;
    uint64_t value = id_state_;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9U;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebU;
    value ^= value >> 31;
    id.resize(16);
    for (char& digit : id) {
        digit = "0123456789abcdef"[value & 15];
        value >>= 4;
    }
}

}  // namespace snapgate::net
