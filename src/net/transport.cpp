#include "net/transport.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <utility>

namespace snapgate::net {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

// A TLS record; the head travels in the first one together with the start of the body.
constexpr size_t kRecordBytes = 16 << 10;

constexpr size_t kReadAwayBytes = 8 << 20;

}  // namespace

void Transport::expire_if_due(Clock::time_point now) {
    if (now < deadline_) return;
    disarm();
    expired_ = true;
    error_code ignored;
    socket_.cancel(ignored);
}

Awaitable<std::optional<unsigned char>> Transport::peek() {
    error_code ec;
    socket_.non_blocking(true, ec);
    socket_.set_option(asio::ip::tcp::no_delay(true), ec);
    unsigned char first = 0;
    const size_t size =
        co_await socket_.async_receive(asio::buffer(&first, 1), asio::socket_base::message_peek,
                                       asio::redirect_error(kUseAwaitable, ec));
    if (ec || size == 0) co_return std::nullopt;
    co_return first;
}

Awaitable<bool> Transport::handshake(std::shared_ptr<asio::ssl::context> context) {
    context_ = std::move(context);
    tls_.emplace(socket_, *context_);
    error_code ec;
    co_await tls_->async_handshake(asio::ssl::stream_base::server,
                                   asio::redirect_error(kUseAwaitable, ec));
    co_return !ec;
}

Awaitable<size_t> Transport::read_some(char* into, size_t size) {
    error_code ec;
    size_t count = 0;
    const asio::mutable_buffer buffer(into, size);
    if (tls_) {
        count = co_await tls_->async_read_some(buffer, asio::redirect_error(kUseAwaitable, ec));
    } else {
        count = co_await socket_.async_read_some(buffer, asio::redirect_error(kUseAwaitable, ec));
    }
    if (ec) co_return 0;
    // The deadline may have passed after the bytes came, before we got here.
    expired_ = false;
    co_return count;
}

Awaitable<bool> Transport::write(std::string& head, std::string_view body, std::string_view tail,
                                 std::chrono::milliseconds stall) {
    if (tls_) return write_tls(head, body, tail, stall);
    return write_plain(head, body, tail, stall);
}

Awaitable<bool> Transport::write_plain(std::string_view head, std::string_view body,
                                       std::string_view tail, std::chrono::milliseconds stall) {
    while (!head.empty() || !body.empty() || !tail.empty()) {
        const std::array<asio::const_buffer, 3> buffers = {
            asio::const_buffer(head.data(), head.size()),
            asio::const_buffer(body.data(), body.size()),
            asio::const_buffer(tail.data(), tail.size())};
        // Nearly always the socket takes all of it, and no round through the event loop is needed.
        error_code ec;
        size_t count = socket_.write_some(buffers, ec);
        if (ec == asio::error::would_block || ec == asio::error::try_again) {
            arm(stall);
            count =
                co_await socket_.async_write_some(buffers, asio::redirect_error(kUseAwaitable, ec));
        }
        if (ec) co_return false;
        for (std::string_view* part : {&head, &body, &tail}) {
            const size_t taken = std::min(count, part->size());
            part->remove_prefix(taken);
            count -= taken;
        }
    }
    disarm();
    expired_ = false;
    co_return true;
}

Awaitable<bool> Transport::write_tls(std::string& head, std::string_view body,
                                     std::string_view tail, std::chrono::milliseconds stall) {
    // Head and tail travel in one record with what of the body fits beside them.
    if (head.size() < kRecordBytes) {
        const size_t with_head = std::min(body.size(), kRecordBytes - head.size());
        head.append(body.substr(0, with_head));
        body.remove_prefix(with_head);
        if (body.empty()) head.append(std::exchange(tail, {}));
    }
    if (!co_await write_records(head, stall)) co_return false;
    if (!tail.empty()) {
        const size_t with_tail = body.size() % kRecordBytes;
        head.assign(body.substr(body.size() - with_tail));
        head.append(tail);
        body.remove_suffix(with_tail);
    } else {
        head.clear();
    }
    if (!co_await write_records(body, stall)) co_return false;
    co_return co_await write_records(head, stall);
}

Awaitable<bool> Transport::write_records(std::string_view bytes, std::chrono::milliseconds stall) {
    while (!bytes.empty()) {
        arm(stall);
        error_code ec;
        const asio::const_buffer buffer(bytes.data(), bytes.size());
        const size_t count =
            co_await tls_->async_write_some(buffer, asio::redirect_error(kUseAwaitable, ec));
        if (ec) co_return false;
        bytes.remove_prefix(count);
    }
    disarm();
    expired_ = false;
    co_return true;
}

bool Transport::has_unread() const {
    error_code ec;
    return socket_.available(ec) > 0 && !ec;
}

Awaitable<void> Transport::finish(bool unread, std::chrono::milliseconds time) {
    error_code ec;
    if (tls_) {
        arm(time);
        co_await tls_->async_shutdown(asio::redirect_error(kUseAwaitable, ec));
    }
    if (unread || has_unread()) {
        socket_.shutdown(asio::socket_base::shutdown_send, ec);
        arm(time);
        std::array<char, 4096> away;
        size_t total = 0;
        while (!ec && total < kReadAwayBytes) {
            total += co_await socket_.async_read_some(asio::buffer(away),
                                                      asio::redirect_error(kUseAwaitable, ec));
        }
    }
    close();
}

void Transport::close() {
    disarm();
    error_code ignored;
    socket_.close(ignored);
}

void Transport::reset() {
    error_code ignored;
    socket_.set_option(asio::socket_base::linger(true, 0), ignored);
    close();
}

std::string Transport::peer() const {
    error_code ec;
    const auto endpoint = socket_.remote_endpoint(ec);
    if (ec) return {};
    if (endpoint.address().is_v6()) {
        return fmt::format("[{}]:{}", endpoint.address().to_string(), endpoint.port());
    }
    return fmt::format("{}:{}", endpoint.address().to_string(), endpoint.port());
}

}  // namespace snapgate::net
