#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "etcd/codec.h"
#include "etcd/connection.h"
#include "etcd/watch.h"

namespace snapgate::etcd {

// A Watch over one stream to one member. Puts the parts of a revision together, holds the order of
// revisions against etcd's promise, and asks for signs of life.
class WatchStream : public Watch {
  public:
    static Result<std::unique_ptr<Watch>> open(Client::Connection& connection, std::string key,
                                               std::string range_end, int64_t start_revision);

    WatchStream(Client::Connection& connection, Client::Connection::Opened opened, std::string key,
                std::string range_end, int64_t start_revision);

    Result<std::optional<Changes>> next(Time deadline) override;
    void close() override;

  private:
    // Takes one message; Changes if it completes a revision.
    Result<std::optional<Changes>> take(WatchMessage message);
    Result<void> check(const WatchMessage& message);
    Error canceled(const WatchMessage& message);
    Error fail(Error error);

    Client::Connection& connection_;
    const Client::Connection::Opened opened_;
    const std::string key_;
    const std::string range_end_;
    int64_t newest_;            // revision of the newest event, or the one before start_revision
    std::vector<Event> parts_;  // events of messages that go on in the next one
    size_t part_bytes_ = 0;
    Time heard_;
    Time asked_;
    std::optional<Error> error_;
    std::atomic<bool> closed_{false};
};

}  // namespace snapgate::etcd
