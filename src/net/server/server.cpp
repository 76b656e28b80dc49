#include "net/server/server.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <future>
#include <thread>
#include <utility>
#include <vector>

#include "base/log.h"
#include "net/server/connection_counts.h"
#include "net/server/worker.h"

namespace snapgate::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using base::Code;
using base::Error;
using base::Result;
using boost::system::error_code;

namespace {

using Acceptor = asio::basic_socket_acceptor<tcp, Executor>;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, Executor>;

// What the process needs beside its connections: the store, logs, connections of its own.
constexpr uint64_t kOtherFiles = 128;
// How many connections above the cap get an answer at a time; more of them displace one another.
constexpr uint64_t kMaxRefusals = 256;
constexpr uint64_t kMaxRefusalsOfPeer = 64;
constexpr std::chrono::milliseconds kAcceptPause{50};
constexpr std::chrono::milliseconds kAfterCut{500};

// Raises the number of files this process may open to what it is allowed; returns it.
uint64_t raise_file_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
    if (limit.rlim_cur < limit.rlim_max) {
        rlimit raised = limit;
        raised.rlim_cur = limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &raised) == 0) return raised.rlim_cur;
    }
    return limit.rlim_cur;
}

Result<tcp::endpoint> listening_endpoint(const ServerOptions& options) {
    const std::string& address = options.address;
    error_code ec;
    const auto parsed =
        asio::ip::make_address(address == "localhost" ? std::string("127.0.0.1") : address, ec);
    if (ec) {
        return Error(Code::kInvalidParameter,
                     fmt::format("cannot listen on \"{}\": it is no IP address (0.0.0.0 or :: "
                                 "listens on all of this machine's)",
                                 address),
                     "listen");
    }
    return tcp::endpoint(parsed, options.port);
}

Error cannot_listen(const tcp::endpoint& endpoint, const error_code& ec) {
    const std::string where =
        endpoint.address().is_v6()
            ? fmt::format("[{}]:{}", endpoint.address().to_string(), endpoint.port())
            : fmt::format("{}:{}", endpoint.address().to_string(), endpoint.port());
    if (ec == asio::error::address_in_use) {
        return Error(Code::kUnavailable,
                     fmt::format("cannot listen on {}: the port is taken; stop the program that "
                                 "uses it, or choose another port",
                                 where),
                     "listen");
    }
    if (ec == boost::system::errc::address_not_available) {
        return Error(Code::kInvalidParameter,
                     fmt::format("cannot listen on {}: this machine has no such address", where),
                     "listen");
    }
    if (ec == asio::error::access_denied) {
        return Error(Code::kUnavailable,
                     fmt::format("cannot listen on {}: not permitted; ports below 1024 need "
                                 "CAP_NET_BIND_SERVICE, or choose a higher port",
                                 where),
                     "listen");
    }
    return Error(Code::kUnavailable, fmt::format("cannot listen on {}: {}", where, ec.message()),
                 "listen");
}

}  // namespace

class Server::State {
  public:
    State(ServerOptions options, ServerHooks hooks)
        : options_(std::move(options)),
          hooks_(std::move(hooks)),
          counts_({.served = options_.max_connections,
                   .of_peer = options_.peer_connections,
                   .refused = kMaxRefusals,
                   .refused_of_peer = kMaxRefusalsOfPeer}),
          held_(options_.held_bytes),
          pool_(options_.threads) {
        for (unsigned i = 0; i < options_.threads; ++i) {
            workers_.push_back(std::make_unique<Worker>(options_, hooks_, counts_, pool_, held_));
        }
        acceptor_.emplace(workers_.front()->executor());
        pause_.emplace(workers_.front()->executor());
    }

    ~State() { stop(); }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    Result<void> listen(const tcp::endpoint& endpoint) {
        error_code ec;
        acceptor_->open(endpoint.protocol(), ec);
        // Lets a new server follow an old one at once; it does not hide a port that is taken.
        if (!ec) acceptor_->set_option(asio::socket_base::reuse_address(true), ec);
        if (!ec && endpoint.address().is_v6()) {
            acceptor_->set_option(asio::ip::v6_only(false), ec);
        }
        if (!ec) acceptor_->bind(endpoint, ec);
        if (!ec) acceptor_->listen(asio::socket_base::max_listen_connections, ec);
        if (ec) return cannot_listen(endpoint, ec);
        endpoint_ = acceptor_->local_endpoint();
        return {};
    }

    void run() {
        running_ = true;
        asio::co_spawn(workers_.front()->executor(), accept_all(),
                       [this](const std::exception_ptr&) { accepting_ended_.set_value(); });
        for (const auto& worker : workers_) worker->start();
    }

    void stop() {
        if (!running_) return;
        running_ = false;
        asio::post(workers_.front()->executor(), [this] {
            accepting_ = false;
            error_code ignored;
            acceptor_->cancel(ignored);
            pause_->cancel();
        });
        accepting_ended_.get_future().wait();
        for (const auto& worker : workers_) worker->begin_stop();
        if (!counts_.wait_for_none(options_.timeouts.shutdown)) {
            base::log::warning("connections are cut off at the stop",
                               {{"connections", counts_.alive()}});
            for (const auto& worker : workers_) worker->cut();
            counts_.wait_for_none(kAfterCut);
        }
        for (const auto& worker : workers_) worker->join();
        pool_.stop();
    }

    uint16_t port() const { return endpoint_.port(); }
    std::string address() const { return endpoint_.address().to_string(); }
    ServerStatistics statistics() const {
        return {.connections_open = counts_.open(),
                .connections_accepted = counts_.accepted(),
                .connections_refused = counts_.refused(),
                .connections_slow = counts_.slow(),
                .held_bytes = held_.bytes.held(),
                .held_bytes_most = held_.bytes.most(),
                .held_refused = held_.refused,
                .held_refused_of_keys = held_.refused_of_key};
    }

    size_t post_to_all(const std::function<void()>& task) const {
        for (const auto& worker : workers_) asio::post(worker->executor(), task);
        return workers_.size();
    }

  private:
    // Runs on the first worker.
    Awaitable<void> accept_all() {
        while (accepting_) {
            Worker& target = *workers_[next_++ % workers_.size()];
            Socket socket(target.executor());
            tcp::endpoint peer;
            error_code ec;
            co_await acceptor_->async_accept(socket, peer, asio::redirect_error(kUseAwaitable, ec));
            if (!ec) {
                deal(target, std::move(socket), peer);
            } else if (ec != asio::error::operation_aborted &&
                       ec != asio::error::connection_aborted) {
                co_await pause_after(ec);
            }
        }
        // Who has connected already is answered, not reset.
        error_code ec;
        acceptor_->non_blocking(true, ec);
        while (!ec) {
            Worker& target = *workers_[next_++ % workers_.size()];
            Socket socket(target.executor());
            tcp::endpoint peer;
            acceptor_->accept(socket, peer, ec);
            if (!ec) deal(target, std::move(socket), peer);
        }
        acceptor_->close(ec);
    }

    // No file left for a connection (EMFILE): it waits in the backlog until others have ended.
    Awaitable<void> pause_after(const error_code& ec) {
        const auto now = std::chrono::steady_clock::now();
        if (now >= complain_again_) {
            complain_again_ = now + std::chrono::seconds(10);
            base::log::error("cannot accept a connection", {{"error", ec.message()}});
        }
        pause_->expires_after(kAcceptPause);
        error_code ignored;
        co_await pause_->async_wait(asio::redirect_error(kUseAwaitable, ignored));
    }

    void deal(Worker& target, Socket socket, const tcp::endpoint& peer) {
        const bool proxy = std::ranges::any_of(
            options_.trusted_proxies,
            [&](const Network& network) { return network.contains(peer.address()); });
        const auto [entrant, displaced] = counts_.enter(
            proxy ? std::nullopt : std::optional(PeerNetwork::of(peer.address())), &target);
        if (displaced) displaced->worker->displace(displaced->refusal);
        if (entrant) target.adopt(std::move(socket), *entrant);
    }

    const ServerOptions options_;
    const ServerHooks hooks_;
    ConnectionCounts counts_;
    HeldTotal held_;
    std::vector<std::unique_ptr<Worker>> workers_;
    // Destroyed before them: what waits in it is their connections'.
    WorkPool pool_;
    std::optional<Acceptor> acceptor_;
    std::optional<Timer> pause_;
    tcp::endpoint endpoint_;
    std::promise<void> accepting_ended_;
    std::chrono::steady_clock::time_point complain_again_;
    size_t next_ = 0;
    bool accepting_ = true;  // the first worker's
    bool running_ = false;   // the owner's
};

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}
Server::~Server() = default;

void Server::stop() {
    state_->stop();
}

uint16_t Server::port() const {
    return state_->port();
}

std::string Server::address() const {
    return state_->address();
}

ServerStatistics Server::statistics() const {
    return state_->statistics();
}

size_t Server::post_to_all(const std::function<void()>& task) const {
    return state_->post_to_all(task);
}

Result<std::unique_ptr<Server>> Server::start(ServerOptions options, ServerHooks hooks) {
    if (options.threads == 0) options.threads = std::max(1U, std::thread::hardware_concurrency());
    const uint64_t files = raise_file_limit();
    if (options.max_connections + kOtherFiles > files) {
        const uint64_t cap = files > 2 * kOtherFiles ? files - kOtherFiles : files / 2;
        base::log::warning(
            "fewer connections than configured: raise the limit of open files",
            {{"configured", options.max_connections}, {"connections", cap}, {"openFiles", files}});
        options.max_connections = cap;
        options.peer_connections =
            std::min(options.peer_connections, std::max(cap / 2, uint64_t{1}));
    }
    SNAPGATE_ASSIGN(const tcp::endpoint endpoint, listening_endpoint(options));
    auto state = std::make_unique<State>(std::move(options), std::move(hooks));
    SNAPGATE_TRY(state->listen(endpoint));
    state->run();
    return std::unique_ptr<Server>(new Server(std::move(state)));
}

}  // namespace snapgate::net
