#include "etcd/failure.h"

#include <algorithm>
#include <array>

#include "base/quote.h"
#include "base/utf8.h"

namespace snapgate::etcd {
namespace {

// Of grpc::StatusCode (https://grpc.github.io/grpc/core/md_doc_statuscodes.html).
constexpr int kInvalidArgument = 3;
constexpr int kNotFound = 5;
constexpr int kPermissionDenied = 7;
constexpr int kResourceExhausted = 8;
constexpr int kFailedPrecondition = 9;
constexpr int kOutOfRange = 11;
constexpr int kUnauthenticated = 16;

struct Known {
    std::string_view message;  // of etcd, without "etcdserver: "
    ErrorCode code;
    bool elsewhere;
    bool not_done;
    bool log_in_again;
};

// etcdserver/api/v3rpc/rpctypes/error.go of etcd 3.4 to 3.6: the messages that say more than their
// status.
constexpr std::array kKnown{
    Known{"mvcc: database space exceeded", ErrorCode::kNoSpace, false, true, false},
    Known{"request is too large", ErrorCode::kTooLarge, false, true, false},
    Known{"too many operations in txn request", ErrorCode::kTooManyOperations, false, true, false},
    Known{"mvcc: required revision has been compacted", ErrorCode::kCompacted, false, true, false},
    Known{"mvcc: required revision is a future revision", ErrorCode::kFutureRevision, false, true,
          false},
    Known{"no leader", ErrorCode::kUnavailable, true, true, false},
    Known{"not capable", ErrorCode::kUnavailable, true, true, false},
    Known{"rpc not supported for learner", ErrorCode::kUnavailable, true, true, false},
    Known{"too many requests", ErrorCode::kUnavailable, true, true, false},
    Known{"invalid auth token", ErrorCode::kUnauthenticated, false, true, true},
    Known{"revision of auth store is old", ErrorCode::kUnauthenticated, false, true, true},
    Known{"user name is empty", ErrorCode::kUnauthenticated, false, true, true},
    Known{"authentication failed, invalid user ID or password", ErrorCode::kUnauthenticated, false,
          true, false},
    Known{"permission denied", ErrorCode::kPermissionDenied, false, true, false},
    Known{"requested lease not found", ErrorCode::kNotFound, false, true, false},
};

// gRPC's words where the call found no connection to be sent on.
bool found_no_connection(std::string_view message) {
    return message.starts_with("failed to connect to all addresses") ||
           message.starts_with("connections to all backends failing") ||
           message.starts_with("DNS resolution failed") ||
           message.starts_with("empty address list");
}

}  // namespace

std::string shown(std::string_view message) {
    std::string text = base::visible(base::clip(message, kMostMessage));
    if (text.size() > kMostMessage) text = base::clip(text, kMostMessage);
    return text;
}

Failure failure_of(int status, std::string_view message) {
    Failure failure;
    failure.message = shown(message);
    constexpr std::string_view kServer = "etcdserver: ";
    if (message.starts_with(kServer)) {
        failure.answered = true;
        const auto* known =
            std::ranges::find(kKnown, message.substr(kServer.size()), &Known::message);
        if (known != kKnown.end()) {
            failure.code = known->code;
            failure.elsewhere = known->elsewhere;
            failure.not_done = known->not_done;
            failure.log_in_again = known->log_in_again;
            return failure;
        }
    }
    switch (status) {
        case kResourceExhausted:
            // "received message larger than max", of the member's gRPC or of our own. Our own says
            // so of an answer, and then the request was done.
            failure.code = ErrorCode::kTooLarge;
            failure.not_done = message.starts_with("grpc: ");
            return failure;
        case kInvalidArgument:
        case kFailedPrecondition:
        case kOutOfRange:
            failure.code = ErrorCode::kInvalidArgument;
            failure.not_done = true;
            return failure;
        case kNotFound:
            failure.code = ErrorCode::kNotFound;
            failure.not_done = true;
            return failure;
        case kPermissionDenied:
            failure.code = ErrorCode::kPermissionDenied;
            failure.not_done = true;
            return failure;
        case kUnauthenticated:
            failure.code = ErrorCode::kUnauthenticated;
            failure.not_done = true;
            failure.log_in_again = true;
            return failure;
        default:
            // No connection, a lost one, no answer in time, a request that waited in vain for a
            // quorum, or a failure inside the member.
            failure.code = ErrorCode::kUnavailable;
            failure.elsewhere = true;
            failure.not_done = found_no_connection(message);
            return failure;
    }
}

}  // namespace snapgate::etcd
