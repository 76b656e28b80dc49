#include "etcd/watch_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/quote.h"
#include "base/result.h"
#include "etcd/methods.h"

namespace snapgate::etcd {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kAskAfter{1};
constexpr std::chrono::seconds kGoneAfter{5};
// Of the events that are put together: 1,000 revisions (etcd's most in one batch) could have 1.5
// GB.
constexpr size_t kMostPartBytes = size_t{512} << 20;

Error watch_closed() {
    return {ErrorCode::kClosed, "the watch of etcd was closed"};
}

}  // namespace

Result<std::unique_ptr<Watch>> WatchStream::open(Client::Connection& connection, std::string key,
                                                 std::string range_end, int64_t start_revision) {
    SNAPGATE_ASSIGN(auto opened, connection.open(method::kWatch));
    return std::unique_ptr<Watch>(std::make_unique<WatchStream>(
        connection, std::move(opened), std::move(key), std::move(range_end), start_revision));
}

WatchStream::WatchStream(Client::Connection& connection, Client::Connection::Opened opened,
                         std::string key, std::string range_end, int64_t start_revision)
    : connection_(connection),
      opened_(std::move(opened)),
      key_(std::move(key)),
      range_end_(std::move(range_end)),
      newest_(start_revision > 0 ? start_revision - 1 : 0),
      heard_(Clock::now()),
      asked_(heard_) {
    opened_.stream->write(encode_watch(key_, range_end_, start_revision));
}

Result<std::optional<Changes>> WatchStream::next(Time deadline) {
    while (true) {
        if (closed_) return watch_closed();
        if (error_) return *error_;
        const Time until = std::min({deadline, asked_ + kAskAfter, heard_ + kGoneAfter});
        Stream::Read read = opened_.stream->read(until);
        if (closed_) return watch_closed();
        if (read.failure) return fail(connection_.stream_failed(opened_, *read.failure));
        const Time now = Clock::now();
        if (read.message) {
            heard_ = asked_ = now;
            connection_.heard(opened_);
            SNAPGATE_ASSIGN(WatchMessage message, decode_watch(*read.message));
            SNAPGATE_ASSIGN(auto changes, take(std::move(message)));
            if (changes) return changes;
            continue;
        }
        if (now >= heard_ + kGoneAfter) {
            Failure silent;
            silent.message = fmt::format("nothing came for {} s", kGoneAfter.count());
            silent.elsewhere = true;
            return fail(connection_.stream_failed(opened_, silent));
        }
        if (now >= asked_ + kAskAfter) {
            asked_ = now;
            if (const auto silent = connection_.look_after(opened_, heard_))
                return fail(connection_.stream_failed(opened_, *silent));
            opened_.stream->write(encode_progress_request());
        }
        if (now >= deadline) return std::optional<Changes>();
    }
}

void WatchStream::close() {
    closed_ = true;
    opened_.stream->cancel();
}

Error WatchStream::fail(Error error) {
    error_ = std::move(error);
    return *error_;
}

Error WatchStream::canceled(const WatchMessage& message) {
    if (message.compact_revision > 0) {
        Error error(ErrorCode::kCompacted,
                    fmt::format("revisions before {} are compacted", message.compact_revision));
        error.compact_revision = message.compact_revision;
        return error;
    }
    // A refused watch comes with its reason alone: "rpc error: code = ... desc = etcdserver: ...",
    // or the description by itself.
    constexpr std::string_view kDescription = "desc = ";
    std::string_view reason = message.cancel_reason;
    if (const size_t at = reason.find(kDescription); at != std::string_view::npos)
        reason.remove_prefix(at + kDescription.size());
    constexpr int kStatusUnknown = 2;
    return connection_.stream_failed(opened_, failure_of(kStatusUnknown, reason));
}

// What etcd promises of a whole stream: every event is in the range, none is of a revision before
// one that came (of two events of one revision, both come in the same batch).
Result<void> WatchStream::check(const WatchMessage& message) {
    int64_t newest = parts_.empty() ? newest_ + 1 : parts_.back().kv.mod_revision;
    for (const Event& event : message.events) {
        if (!in_range(event.kv.key, key_, range_end_))
            return Error(ErrorCode::kBadAnswer, "etcd sent an event of the key " +
                                                    base::quote(event.kv.key, kMostShownKey) +
                                                    ", which is not watched");
        if (event.kv.mod_revision < newest)
            return Error(ErrorCode::kBadAnswer,
                         fmt::format("etcd sent an event of the revision {} after one of {}",
                                     event.kv.mod_revision, newest));
        newest = event.kv.mod_revision;
        part_bytes_ += event.kv.key.size() + event.kv.value.size() + sizeof(Event);
    }
    if (part_bytes_ > kMostPartBytes)
        return Error(ErrorCode::kTooLarge, "etcd sent a batch of events that does not end");
    return {};
}

Result<std::optional<Changes>> WatchStream::take(WatchMessage message) {
    if (message.canceled) return fail(canceled(message));
    if (auto checked = check(message); !checked) return fail(std::move(checked).error());
    parts_.insert(parts_.end(), std::make_move_iterator(message.events.begin()),
                  std::make_move_iterator(message.events.end()));
    if (message.fragment || parts_.empty()) return std::optional<Changes>();
    Changes changes;
    changes.header = message.header;
    changes.events = std::exchange(parts_, {});
    changes.revision = newest_ = changes.events.back().kv.mod_revision;
    part_bytes_ = 0;
    return std::optional<Changes>(std::move(changes));
}

}  // namespace snapgate::etcd
