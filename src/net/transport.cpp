#include "net/transport.h"

#include <fmt/format.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>

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

// How much the kernel takes beyond what is on its way to the peer. Without a bound it takes several
// megabytes for each slow reader, and says that there is room only when a third of that is free: a
// reader that takes 40 KB a second would seem to take nothing for a minute and a half.
constexpr int kUnsentBytes = 128 << 10;

// What Asio passes on in one system call.
constexpr size_t kMaxBuffers = 64;

}  // namespace

void Transport::expire_if_due(Clock::time_point now) {
    if (now < deadline_) return;
    if (stall_.count() > 0) {
        const int bytes = unacknowledged();
        if (bytes < waiting_bytes_) {
            waiting_bytes_ = bytes;
            deadline_ = now + stall_;
            return;
        }
    }
    disarm();
    expired_ = true;
    stop_waiting();
}

void Transport::arm_write(std::chrono::milliseconds stall) {
    arm(stall);
    stall_ = stall;
    waiting_bytes_ = unacknowledged();
}

int Transport::unacknowledged() {
    int bytes = 0;
    return ioctl(socket_.native_handle(), SIOCOUTQ, &bytes) == 0 ? bytes : 0;
}

Awaitable<std::optional<unsigned char>> Transport::peek() {
    using Unsent = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_NOTSENT_LOWAT>;
    error_code ec;
    socket_.non_blocking(true, ec);
    socket_.set_option(asio::ip::tcp::no_delay(true), ec);
    socket_.set_option(Unsent(kUnsentBytes), ec);
    unsigned char first = 0;
    const size_t size =
        co_await socket_.async_receive(asio::buffer(&first, 1), asio::socket_base::message_peek,
                                       asio::redirect_error(kUseAwaitable, ec));
    if (ec || size == 0) co_return std::nullopt;
    co_return first;
}

Awaitable<bool> Transport::handshake(std::shared_ptr<asio::ssl::context> context) {
    tls_.emplace(std::move(context), socket_.native_handle());
    while (true) {
        const TlsSession::Step step = tls_->handshake();
        if (step.state == TlsSession::State::kDone) co_return true;
        if (!co_await until(step.state)) co_return false;
    }
}

Awaitable<bool> Transport::until(TlsSession::State state) {
    if (state == TlsSession::State::kEnded) co_return false;
    error_code ec;
    co_await socket_.async_wait(state == TlsSession::State::kWantRead
                                    ? asio::socket_base::wait_read
                                    : asio::socket_base::wait_write,
                                asio::redirect_error(kUseAwaitable, ec));
    co_return !ec && socket_.is_open();
}

Awaitable<size_t> Transport::read_some(char* into, size_t size) {
    size_t count = 0;
    if (tls_) {
        while (count == 0) {
            const TlsSession::Step step = read_now(into, size);
            if (step.state != TlsSession::State::kDone && !co_await until(step.state)) co_return 0;
            count = step.count;
        }
    } else {
        error_code ec;
        count = co_await socket_.async_read_some(asio::buffer(into, size),
                                                 asio::redirect_error(kUseAwaitable, ec));
        if (ec) co_return 0;
    }
    // The deadline may have passed after the bytes came, before we got here.
    expired_ = false;
    co_return count;
}

Awaitable<bool> Transport::write(std::string& head, Texts body, std::string_view tail,
                                 std::chrono::milliseconds stall) {
    if (tls_) return write_tls(head, body, tail, stall);
    return write_plain(head, body, tail, stall);
}

Awaitable<bool> Transport::write_plain(std::string_view head, Texts body, std::string_view tail,
                                       std::chrono::milliseconds stall) {
    const size_t texts = body.size() + 2;
    const auto text = [&](size_t index) {
        return index == 0 ? head : index + 1 == texts ? tail : body[index - 1];
    };
    size_t first = 0;   // the text that comes next
    size_t offset = 0;  // what of it is written
    while (first < texts) {
        std::array<asio::const_buffer, kMaxBuffers> buffers;
        size_t used = 0;
        for (size_t i = first; i < texts && used < buffers.size(); ++i) {
            const std::string_view rest = text(i).substr(i == first ? offset : 0);
            if (!rest.empty()) buffers[used++] = asio::const_buffer(rest.data(), rest.size());
        }
        if (used == 0) break;
        const std::span<const asio::const_buffer> some(buffers.data(), used);
        // Nearly always the socket takes all of it, and no round through the event loop is needed.
        error_code ec;
        size_t count = socket_.write_some(some, ec);
        if (ec == asio::error::would_block || ec == asio::error::try_again) {
            arm_write(stall);
            count =
                co_await socket_.async_write_some(some, asio::redirect_error(kUseAwaitable, ec));
        }
        if (ec) co_return false;
        while (first < texts && count >= text(first).size() - offset) {
            count -= text(first).size() - offset;
            offset = 0;
            ++first;
        }
        offset += count;
    }
    disarm();
    expired_ = false;
    co_return true;
}

// `record` begins as the head; what is small travels together.
Awaitable<bool> Transport::write_tls(std::string& record, Texts body, std::string_view tail,
                                     std::chrono::milliseconds stall) {
    size_t left = tail.size();  // behind `record`
    for (const std::string_view text : body) left += text.size();
    for (std::string_view text : body) {
        while (!text.empty()) {
            if (record.empty() && text.size() >= kRecordBytes) {
                const size_t whole = text.size() - text.size() % kRecordBytes;
                left -= whole;
                if (!co_await write_records(text.substr(0, whole), left > 0, stall)) {
                    co_return false;
                }
                text.remove_prefix(whole);
                continue;
            }
            const size_t room = kRecordBytes - std::min(kRecordBytes, record.size());
            const size_t taken = std::min(text.size(), room);
            record.append(text.substr(0, taken));
            text.remove_prefix(taken);
            left -= taken;
            if (record.size() < kRecordBytes) continue;
            if (!co_await write_records(record, left > 0, stall)) co_return false;
            record.clear();
        }
    }
    record.append(tail);
    co_return co_await write_records(record, false, stall);
}

Awaitable<bool> Transport::write_records(std::string_view bytes, bool more,
                                         std::chrono::milliseconds stall) {
    while (!bytes.empty()) {
        if (!socket_.is_open()) co_return false;
        const TlsSession::Step step =
            tls_->write(bytes.data(), bytes.size(), more || bytes.size() > kRecordBytes);
        if (step.state != TlsSession::State::kDone) {
            arm_write(stall);
            if (!co_await until(step.state)) co_return false;
        }
        bytes.remove_prefix(step.count);
    }
    disarm();
    expired_ = false;
    co_return true;
}

bool Transport::has_unread() const {
    if (!socket_.is_open()) return false;
    error_code ec;
    return (tls_ && tls_->has_unread()) || (socket_.available(ec) > 0 && !ec);
}

TlsSession::Step Transport::read_now(char* into, size_t size) {
    using State = TlsSession::State;
    if (!socket_.is_open()) return {State::kEnded};
    if (tls_) return tls_->read(into, size);
    error_code ec;
    const size_t count = socket_.read_some(asio::buffer(into, size), ec);
    if (!ec) return {State::kDone, count};
    return {ec == asio::error::would_block || ec == asio::error::try_again ? State::kWantRead
                                                                           : State::kEnded};
}

void Transport::stop_waiting() {
    error_code ignored;
    socket_.cancel(ignored);
}

Awaitable<void> Transport::finish(bool unread, std::chrono::milliseconds time) {
    error_code ec;
    if (tls_ && socket_.is_open()) {
        arm(time);
        bool more = true;
        while (more) {
            const TlsSession::Step step = tls_->shutdown();
            more = step.state != TlsSession::State::kDone && co_await until(step.state);
        }
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
