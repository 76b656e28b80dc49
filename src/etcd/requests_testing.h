#pragma once

#include <chrono>
#include <string>

#include "etcd/messages.h"
#include "etcd/watch.h"

// For tests: short forms of what they ask of etcd most.
namespace snapgate::etcd {

inline RangeRequest all_with(const std::string& prefix) {
    RangeRequest request;
    request.key = prefix;
    request.range_end = end_of_prefix(prefix);
    return request;
}

inline Txn put_txn(const std::string& key, const std::string& value) {
    Txn txn;
    txn.then_ops = {Put{key, value}};
    return txn;
}

inline Watch::Time in(std::chrono::milliseconds time) {
    return std::chrono::steady_clock::now() + time;
}

}  // namespace snapgate::etcd
