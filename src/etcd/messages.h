#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"

// What is asked of etcd and what it answers, as plain values: etcd's API v3
// (etcdserver/etcdserverpb/rpc.proto). Keys and values are bytes.
namespace snapgate::etcd {

// What every answer says of the etcd that gave it.
struct Header {
    // Another number than before: another etcd, or one that was restored from a backup.
    uint64_t cluster_id = 0;
    uint64_t member_id = 0;
    // The store's revision when the answer was made.
    int64_t revision = 0;
    uint64_t raft_term = 0;
};

struct KeyValue {
    std::string key;
    std::string value;            // empty if only keys were asked for
    int64_t create_revision = 0;  // of the write that made the key
    int64_t mod_revision = 0;     // of its last write
    int64_t version = 0;          // 1 for a new key, one more for each write
    int64_t lease = 0;            // 0: none
};

// The end of the range of all keys that begin with `prefix`: the prefix with its last byte raised.
// An empty prefix is the range of all keys. With range_end, etcd takes key <= k < range_end.
std::string end_of_prefix(std::string_view prefix);

struct RangeRequest {
    std::string key;
    std::string range_end;  // empty: only `key`; a zero byte: all keys from `key`
    int64_t limit = 0;      // the most keys; 0: all
    int64_t revision = 0;   // 0: the newest
    // From the asked member's own state, which may be old, but needs no quorum.
    bool serializable = false;
    bool keys_only = false;
    bool count_only = false;
    // Until the answer must be there, over all endpoints that are tried. None: of the options.
    std::optional<base::Millis> timeout;
};

// In ascending order of keys.
struct Range {
    Header header;
    std::vector<KeyValue> kvs;
    bool more = false;  // the limit left keys out
    int64_t count = 0;  // of all keys in the range, whatever the limit
};

// Holds if the key's number, 0 if there is no such key, is in this relation to `value`. With a
// range_end, it must hold for every key in the range (etcd 3.3 and newer).
struct Compare {
    enum class Target { kModRevision, kCreateRevision, kVersion };
    enum class Relation { kEqual, kNotEqual, kGreater, kLess };

    std::string key;
    Target target = Target::kModRevision;
    Relation relation = Relation::kEqual;
    int64_t value = 0;
    // NOLINTNEXTLINE(readability-redundant-member-init): so that an initializer may leave it out
    std::string range_end = {};
};

struct Put {
    std::string key;
    std::string value;
    int64_t lease = 0;  // 0: none
};

struct Delete {
    std::string key;
    // NOLINTNEXTLINE(readability-redundant-member-init): so that an initializer may leave it out
    std::string range_end = {};  // as in RangeRequest
};

using Operation = std::variant<Put, Delete, RangeRequest>;

// etcd refuses a transaction that puts a key twice, or puts a key that it deletes. A RangeRequest
// here has neither a timeout nor `serializable`.
struct Txn {
    std::vector<Compare> compares;    // all must hold
    std::vector<Operation> then_ops;  // done if they do
    // NOLINTBEGIN(readability-redundant-member-init): so that an initializer may leave them out
    std::vector<Operation> else_ops = {};  // done otherwise
    std::optional<base::Millis> timeout = {
        // NOLINTEND(readability-redundant-member-init)
    };  // as in RangeRequest
};

struct PutAnswer {};
struct DeleteAnswer {
    int64_t deleted = 0;  // number of keys
};
using Answer = std::variant<PutAnswer, DeleteAnswer, Range>;

struct Committed {
    Header header;                // its revision is that of the transaction's writes, if it wrote
    bool succeeded = false;       // the compares held
    std::vector<Answer> answers;  // one for each operation that was done, in their order
};

struct Event {
    enum class Type { kPut, kDelete };

    Type type = Type::kPut;
    KeyValue kv;  // of a kDelete: the key, and in mod_revision the revision of the deletion
};

// What happened in one or several revisions, each of them whole, in the order of revisions.
struct Changes {
    Header header;
    int64_t revision = 0;       // of the last event; a watch goes on at the next one
    std::vector<Event> events;  // not empty
};

}  // namespace snapgate::etcd
