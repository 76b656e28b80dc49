#pragma once

#include <openssl/ssl.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace snapgate::bench {

using Clock = std::chrono::steady_clock;

// Many watchers of one cluster, each a connection of its own, that throw away what they get but
// know how much it was: the kernel does not even copy it. They speak HTTP/1.0, so that all that
// comes behind the head is events, and a count of bytes tells how many. The first watcher reads its
// events and so knows their sizes. One thread.
class Crowd {
  public:
    struct Options {
        uint16_t port = 0;
        std::string target;
        std::string key;
        size_t watchers = 1;
        // They read server-sent events: what is counted comes after `synced`, and an empty line
        // ends an event.
        bool events = false;
        bool tls = false;  // then they only wait: TLS cannot be thrown away unread
    };
    // When a watcher had got how many bytes.
    struct Arrival {
        Clock::time_point at;
        uint32_t watcher = 0;
        uint64_t bytes = 0;
    };

    // Connects all of them and reads the heads. Throws std::runtime_error if one is refused.
    explicit Crowd(const Options& options);
    ~Crowd();
    Crowd(const Crowd&) = delete;
    Crowd& operator=(const Crowd&) = delete;

    // Takes what comes until `deadline`, or nothing came for `quiet`. Appends to `arrivals` if it
    // is given.
    void take(Clock::time_point deadline, std::chrono::milliseconds quiet,
              std::vector<Arrival>* arrivals);

    // After how many bytes the events ended that the first watcher has read, in order.
    const std::vector<uint64_t>& ends() const { return ends_; }
    // How many events the watcher that has got the fewest has got.
    size_t fewest() const;
    // How many watchers have ended.
    size_t ended() const { return ended_; }
    uint64_t bytes() const;

  private:
    struct Watcher {
        int fd = -1;
        uint64_t bytes = 0;
        bool open = true;
        std::unique_ptr<SSL, void (*)(SSL*)> ssl{nullptr, SSL_free};
    };

    void connect(Watcher& watcher, const Options& options, SSL_CTX* tls);
    bool read(uint32_t index);

    int epoll_ = -1;
    std::vector<Watcher> watchers_;
    std::vector<uint64_t> ends_;
    std::vector<char> buffer_;
    std::string_view end_;  // of an event
    size_t matched_ = 0;    // bytes of it that the first watcher has got
    size_t ended_ = 0;
};

}  // namespace snapgate::bench
