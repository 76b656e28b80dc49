#include "etcd/failure.h"

#include <gtest/gtest.h>

namespace snapgate::etcd {
namespace {

constexpr int kUnavailable = 14;

TEST(EtcdFailure, OnlyWhatCannotHaveBeenDoneIsSaidNotToBe) {
    const auto not_done = [](const char* message) {
        return failure_of(kUnavailable, message).not_done;
    };
    EXPECT_TRUE(not_done("etcdserver: no leader"));
    EXPECT_TRUE(not_done("failed to connect to all addresses; last error: UNKNOWN: refused"));
    EXPECT_FALSE(not_done("etcdserver: request timed out"));
    EXPECT_FALSE(not_done("etcdserver: server stopped"));
    EXPECT_FALSE(not_done("etcdserver: leader changed"));
    EXPECT_FALSE(not_done("Socket closed"));
    EXPECT_FALSE(not_done(""));
    constexpr int kDeadlineExceeded = 4;
    EXPECT_FALSE(failure_of(kDeadlineExceeded, "Deadline Exceeded").not_done);
    // Our own gRPC says it of an answer, a member's of the request.
    constexpr int kResourceExhausted = 8;
    EXPECT_FALSE(
        failure_of(kResourceExhausted, "Received message larger than max (9 vs. 1)").not_done);
    EXPECT_TRUE(failure_of(kResourceExhausted, "grpc: received message larger than max (9 vs. 1)")
                    .not_done);
}

TEST(EtcdFailure, AMessageIsBoundedAndVisible) {
    const Failure failure = failure_of(kUnavailable, "a\nb\x1b[31m" + std::string(5000, 'x'));
    EXPECT_LE(failure.message.size(), 1024U);
    EXPECT_EQ(failure.message.substr(0, 12), "a\\nb\\x1b[31m");
}

TEST(EtcdFailure, IsShownAsADomainError) {
    const base::Error error = to_base({ErrorCode::kNoSpace, "http://a:1: full"});
    EXPECT_EQ(error.code, base::Code::kStorageFull);
    EXPECT_EQ(error.message, "etcd has no space left: http://a:1: full");
    EXPECT_EQ(to_base({ErrorCode::kUnavailable, "x", true}).message,
              "etcd is not available: x; the write may have been done");
}

}  // namespace
}  // namespace snapgate::etcd
