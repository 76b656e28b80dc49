#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "etcd/error.h"

namespace snapgate::etcd {

// Of the words of etcd and gRPC in a message.
inline constexpr size_t kMostMessage = 1024;

// What a failed call means, and what may be done about it.
struct Failure {
    ErrorCode code = ErrorCode::kUnavailable;
    std::string message;        // bounded, visible
    bool elsewhere = false;     // another member may do it
    bool not_done = false;      // it is certain that etcd has not done it and will not
    bool log_in_again = false;  // the token is of no use; the same call may work with a new one
    bool answered = false;      // the member itself said so: it lives
};

// Reads the status of a gRPC call: its number, as grpc::StatusCode has it, and its message, which
// is etcd's where etcd failed, else gRPC's. etcd's messages do not change between versions, because
// etcd's own client reads them.
Failure failure_of(int status, std::string_view message);

// A part from outside for an error: at most 1 KiB, hidden characters made visible.
std::string shown(std::string_view message);

}  // namespace snapgate::etcd
