#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

#include "base/error.h"

namespace snapgate::etcd {

// Why etcd did not do what it was asked, in the words of etcd. The comments name etcd's messages
// (etcdserver/api/v3rpc/rpctypes/error.go).
enum class ErrorCode {
    kUnavailable,        // no endpoint answered in time, or etcd has no quorum or no leader
    kNoSpace,            // the NOSPACE alarm: "database space exceeded"; reads go on
    kTooLarge,           // a request above --max-request-bytes, or an answer above max_answer_bytes
    kTooManyOperations,  // more operations than --max-txn-ops
    kCompacted,          // the revision is compacted
    kFutureRevision,   // the revision has not come yet: another etcd, or one restored from a backup
    kUnauthenticated,  // a wrong or missing user name or password
    kPermissionDenied,  // the user's roles do not allow it
    kInvalidArgument,   // a request that etcd never takes, such as a key put twice
    kNotFound,          // a lease that is gone
    kBadAnswer,         // an answer that etcd's rules do not allow; it was not used
    kClosed,            // close() was called
};

std::string_view name_of(ErrorCode code);

struct Error {
    ErrorCode code = ErrorCode::kUnavailable;
    // etcd's or gRPC's own words: at most 1 KiB, with hidden characters made visible, and without
    // the password and the token.
    std::string message;
    // The request may have been done, or may yet be done: the answer was lost. Only of commit(),
    // and of grant() and revoke() of a lease. If it is false, etcd has not done it and will not.
    bool may_be_done = false;
    // kCompacted by a watch: the first revision that can still be read; 0 where etcd did not tell.
    int64_t compact_revision = 0;

    Error(ErrorCode c, std::string m, bool done = false)
        : code(c), message(std::move(m)), may_be_done(done) {}
};

// As it is shown to a user: kUnavailable becomes base::Code::kUnavailable, kNoSpace kStorageFull,
// kTooLarge kTooLarge, and so on; the message says that it is about etcd.
base::Error to_base(const Error& error);

// As base::Result, with etcd's errors; SNAPGATE_TRY and SNAPGATE_ASSIGN take it.
template <class T = void>
class [[nodiscard]] Result : public tl::expected<T, Error> {
  public:
    using Base = tl::expected<T, Error>;
    using Base::Base;
    // NOLINTNEXTLINE(google-explicit-constructor): an Error converts to a failed Result everywhere.
    Result(Error error) : Base(tl::unexpected<Error>(std::move(error))) {}
};

}  // namespace snapgate::etcd
