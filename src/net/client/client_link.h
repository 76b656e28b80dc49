#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/client/server_url.h"
#include "net/http/http.h"

namespace snapgate::net {

// One connection of a client, plain or TLS, whose operations block with a deadline. A read goes on
// beside a write, so that an answer given in the middle of an upload is seen. One thread.
class ClientLink {
  public:
    using Millis = std::chrono::milliseconds;

    // `tls` is null for http://. kUnavailable or kTimeout; the message says what to do.
    static base::Result<std::unique_ptr<ClientLink>> connect(
        const ServerUrl& url, std::shared_ptr<boost::asio::ssl::context> tls, Millis timeout);
    ~ClientLink();
    ClientLink(const ClientLink&) = delete;
    ClientLink& operator=(const ClientLink&) = delete;

    // False if the server has ended the connection, or speaks out of turn.
    bool usable();

    enum class Written { kAll, kAnswered, kFailed, kTimedOut };
    // Ends early (kAnswered) when the server answers or closes before it has taken everything.
    Written write(std::string_view bytes, Millis stall);

    enum class Read { kBytes, kEnd, kCut, kTimedOut, kWoken };
    // Appends what comes next to `out`. kEnd: the server closed in good order; kCut: it did not;
    // kWoken: the descriptor of wake_on() can be read, also where bytes are there as well.
    Read read(std::string& out, Millis patience);

    // From now on reads end when `fd` becomes readable; -1: no more. It stays the caller's and is
    // not read.
    void wake_on(int fd);

  private:
    explicit ClientLink(std::shared_ptr<boost::asio::ssl::context> tls);
    base::Result<void> open(const ServerUrl& url, Millis timeout);
    base::Result<void> shake_hands(const ServerUrl& url, Millis timeout);
    template <class Done>
    bool run_until(std::chrono::steady_clock::time_point deadline, Done done);
    void start_read();

    using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>;
    using Descriptor = boost::asio::posix::basic_stream_descriptor<Executor>;

    std::shared_ptr<boost::asio::ssl::context> context_;
    boost::asio::io_context io_{1};
    Socket socket_{io_};
    std::optional<boost::asio::ssl::stream<Socket&>> tls_;
    std::string incoming_;
    bool reading_ = false;
    std::optional<boost::system::error_code> read_result_;
    size_t read_count_ = 0;
    std::optional<Descriptor> wake_;
    bool woken_ = false;
};

}  // namespace snapgate::net
