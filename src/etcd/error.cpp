#include "etcd/error.h"

namespace snapgate::etcd {

std::string_view name_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::kUnavailable:
            return "Unavailable";
        case ErrorCode::kNoSpace:
            return "NoSpace";
        case ErrorCode::kTooLarge:
            return "TooLarge";
        case ErrorCode::kTooManyOperations:
            return "TooManyOperations";
        case ErrorCode::kCompacted:
            return "Compacted";
        case ErrorCode::kFutureRevision:
            return "FutureRevision";
        case ErrorCode::kUnauthenticated:
            return "Unauthenticated";
        case ErrorCode::kPermissionDenied:
            return "PermissionDenied";
        case ErrorCode::kInvalidArgument:
            return "InvalidArgument";
        case ErrorCode::kNotFound:
            return "NotFound";
        case ErrorCode::kBadAnswer:
            return "BadAnswer";
        case ErrorCode::kClosed:
            return "Closed";
    }
    return "Unavailable";
}

namespace {

base::Code base_code(ErrorCode code) {
    switch (code) {
        case ErrorCode::kNoSpace:
            return base::Code::kStorageFull;
        case ErrorCode::kTooLarge:
        case ErrorCode::kTooManyOperations:
            return base::Code::kTooLarge;
        case ErrorCode::kBadAnswer:
            return base::Code::kBadPeer;
        case ErrorCode::kCompacted:
            return base::Code::kExpired;
        case ErrorCode::kFutureRevision:
            return base::Code::kFutureVersion;
        case ErrorCode::kInvalidArgument:
        case ErrorCode::kNotFound:
            return base::Code::kInternal;
        case ErrorCode::kUnavailable:
        case ErrorCode::kUnauthenticated:
        case ErrorCode::kPermissionDenied:
        case ErrorCode::kClosed:
            return base::Code::kUnavailable;
    }
    return base::Code::kUnavailable;
}

std::string_view sentence(ErrorCode code) {
    switch (code) {
        case ErrorCode::kNoSpace:
            return "etcd has no space left";
        case ErrorCode::kTooLarge:
            return "etcd does not take so large a request";
        case ErrorCode::kTooManyOperations:
            return "etcd does not take so many operations at once";
        case ErrorCode::kBadAnswer:
            return "etcd sent an answer that is not allowed";
        case ErrorCode::kCompacted:
            return "etcd no longer has the revision";
        case ErrorCode::kFutureRevision:
            return "etcd has not reached the revision";
        case ErrorCode::kInvalidArgument:
            return "etcd refused the request";
        case ErrorCode::kNotFound:
            return "etcd does not have the lease";
        case ErrorCode::kUnavailable:
            return "etcd is not available";
        case ErrorCode::kUnauthenticated:
            return "etcd refused the user name or password";
        case ErrorCode::kPermissionDenied:
            return "etcd's user lacks a permission";
        case ErrorCode::kClosed:
            return "the server is shutting down";
    }
    return "etcd is not available";
}

}  // namespace

base::Error to_base(const Error& error) {
    std::string message(sentence(error.code));
    if (!error.message.empty()) message += ": " + error.message;
    if (error.may_be_done) message += "; the write may have been done";
    return {base_code(error.code), std::move(message)};
}

}  // namespace snapgate::etcd
