#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "etcd/error.h"
#include "etcd/messages.h"

// The messages of etcd's API between plain values and the bytes of protobuf. A decode_ function
// holds an answer against what was asked, and returns kBadAnswer for what etcd never sends: keys
// outside of the range, keys out of order, revisions that cannot be. Any thread.
namespace snapgate::etcd {

// Of a key in an error's message.
inline constexpr size_t kMostShownKey = 128;

// Whether etcd counts `key` to the range from `begin` to `range_end`, as RangeRequest has them.
bool in_range(std::string_view key, std::string_view begin, std::string_view range_end);

std::string encode(const RangeRequest& request);
Result<Range> decode_range(const RangeRequest& asked, std::string_view bytes);

std::string encode(const Txn& txn);
Result<Committed> decode_committed(const Txn& asked, std::string_view bytes);

std::string encode_watch(std::string_view key, std::string_view range_end, int64_t start_revision);
std::string encode_progress_request();

// One message of a watch, which may hold a part of the events of a revision.
struct WatchMessage {
    Header header;
    bool created = false;
    bool canceled = false;
    std::string cancel_reason;
    int64_t compact_revision = 0;
    bool fragment = false;  // the next message goes on with the events of this one
    std::vector<Event> events;
};
// Checks the events one by one; their order is a matter of the whole stream.
Result<WatchMessage> decode_watch(std::string_view bytes);

struct Granted {
    int64_t id = 0;
    std::chrono::seconds ttl{0};
};
std::string encode_grant(std::chrono::seconds ttl);
Result<Granted> decode_granted(std::string_view bytes);
std::string encode_keep_alive(int64_t id);
// The time that the lease has from the answer on; 0 if it is gone.
Result<std::chrono::seconds> decode_kept_alive(int64_t id, std::string_view bytes);
std::string encode_revoke(int64_t id);

std::string encode_authenticate(std::string_view username, std::string_view password);
// The token that later calls show.
Result<std::string> decode_token(std::string_view bytes);

}  // namespace snapgate::etcd
