#include "etcd/codec.h"

#include <generated/etcd/etcdserver/etcdserverpb/rpc.pb.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace snapgate::etcd {
namespace {

namespace pb = etcdserverpb;
using ::testing::HasSubstr;

void add_key(pb::RangeResponse& answer, const std::string& key, int64_t revision) {
    mvccpb::KeyValue& kv = *answer.add_kvs();
    kv.set_key(key);
    kv.set_create_revision(revision);
    kv.set_mod_revision(revision);
    kv.set_version(1);
    answer.set_count(answer.kvs_size());
    answer.mutable_header()->set_revision(10);
}

pb::RangeResponse two_keys() {
    pb::RangeResponse answer;
    add_key(answer, "k1", 3);
    add_key(answer, "k2", 4);
    return answer;
}

RangeRequest asked() {
    RangeRequest request;
    request.key = "k";
    request.range_end = end_of_prefix("k");
    return request;
}

// What decode_range complains about; empty if about nothing.
std::string complaint(const RangeRequest& request, const pb::RangeResponse& answer) {
    const auto range = decode_range(request, answer.SerializeAsString());
    if (range) return "";
    EXPECT_EQ(range.error().code, ErrorCode::kBadAnswer);
    return range.error().message;
}

TEST(EtcdCodec, KnowsTheEndOfAPrefix) {
    EXPECT_EQ(end_of_prefix("a"), "b");
    EXPECT_EQ(end_of_prefix("a\xff"), "b");
    EXPECT_EQ(end_of_prefix(""), std::string(1, '\0'));
    EXPECT_EQ(end_of_prefix("\xff\xff"), std::string(1, '\0'));
    EXPECT_TRUE(in_range("a1", "a", end_of_prefix("a")));
    EXPECT_FALSE(in_range("b", "a", end_of_prefix("a")));
    EXPECT_TRUE(in_range("\xff\xff\x01", "\xff\xff", end_of_prefix("\xff\xff")));
    EXPECT_TRUE(in_range("a", "a", ""));
    EXPECT_FALSE(in_range("ab", "a", ""));
}

TEST(EtcdCodec, RefusesARangeThatEtcdNeverSends) {
    EXPECT_EQ(complaint(asked(), two_keys()), "");
    pb::RangeResponse foreign = two_keys();
    add_key(foreign, "l", 5);
    EXPECT_THAT(complaint(asked(), foreign), HasSubstr("not asked for"));
    pb::RangeResponse unordered = two_keys();
    add_key(unordered, "k1", 5);
    EXPECT_THAT(complaint(asked(), unordered), HasSubstr("not before"));
    pb::RangeResponse future = two_keys();
    add_key(future, "k3", 11);
    EXPECT_THAT(complaint(asked(), future), HasSubstr("written in 11"));
    pb::RangeResponse short_one = two_keys();
    short_one.set_count(5);
    EXPECT_THAT(complaint(asked(), short_one), HasSubstr("count 5"));
    pb::RangeResponse no_header = two_keys();
    no_header.clear_header();
    EXPECT_THAT(complaint(asked(), no_header), HasSubstr("revision 0"));
    pb::RangeResponse version = two_keys();
    version.mutable_kvs(0)->set_version(2);
    EXPECT_THAT(complaint(asked(), version), HasSubstr("version 2"));
    RangeRequest limited = asked();
    limited.limit = 1;
    EXPECT_THAT(complaint(limited, two_keys()), HasSubstr("2 keys"));
    RangeRequest old = asked();
    old.revision = 3;
    EXPECT_THAT(complaint(old, two_keys()), HasSubstr("revision 3"));
    EXPECT_FALSE(decode_range(asked(), "\xff\xff\xff"));
}

TEST(EtcdCodec, RefusesAnswersToOtherOperations) {
    Txn txn;
    txn.then_ops = {Put{"a", "1"}, Delete{"b"}};
    pb::TxnResponse answer;
    answer.mutable_header()->set_revision(7);
    answer.set_succeeded(true);
    answer.add_responses()->mutable_response_put();
    EXPECT_THAT(decode_committed(txn, answer.SerializeAsString()).error().message,
                HasSubstr("1 answers to 2 operations"));
    pb::ResponseOp& second = *answer.add_responses();
    second.mutable_response_put();
    EXPECT_THAT(decode_committed(txn, answer.SerializeAsString()).error().message,
                HasSubstr("another operation"));
    second.mutable_response_delete_range()->set_deleted(2);
    const auto committed = decode_committed(txn, answer.SerializeAsString());
    ASSERT_TRUE(committed) << committed.error().message;
    EXPECT_EQ(std::get<DeleteAnswer>(committed->answers[1]).deleted, 2);
}

TEST(EtcdCodec, RefusesEventsThatCannotBe) {
    pb::WatchResponse message;
    message.mutable_header()->set_revision(5);
    mvccpb::Event& event = *message.add_events();
    event.set_type(mvccpb::Event::DELETE);
    event.mutable_kv()->set_key("a");
    event.mutable_kv()->set_mod_revision(6);
    EXPECT_EQ(decode_watch(message.SerializeAsString()).error().code, ErrorCode::kBadAnswer);
    event.mutable_kv()->set_mod_revision(5);
    EXPECT_EQ(decode_watch(message.SerializeAsString()).value().events.size(), 1U);
    event.set_type(mvccpb::Event::PUT);
    EXPECT_EQ(decode_watch(message.SerializeAsString()).error().code, ErrorCode::kBadAnswer);
}

TEST(EtcdCodec, TakesNoTokenThatWouldBreakAHeader) {
    pb::AuthenticateResponse answer;
    answer.set_token("abc.1");
    EXPECT_EQ(decode_token(answer.SerializeAsString()).value(), "abc.1");
    for (const std::string& token : {std::string(), std::string("a\r\nb"), std::string("a b"),
                                     std::string(size_t{20} << 10, 'x')}) {
        answer.set_token(token);
        EXPECT_FALSE(decode_token(answer.SerializeAsString()));
    }
}

TEST(EtcdCodec, ALeaseHasAnIdAndATime) {
    pb::LeaseGrantResponse granted;
    granted.set_id(5);
    EXPECT_FALSE(decode_granted(granted.SerializeAsString()));
    granted.set_ttl(10);
    EXPECT_EQ(decode_granted(granted.SerializeAsString()).value().id, 5);
    granted.set_error("no lease for you");
    EXPECT_THAT(decode_granted(granted.SerializeAsString()).error().message,
                HasSubstr("no lease for you"));
    pb::LeaseKeepAliveResponse kept;
    kept.set_id(6);
    kept.set_ttl(10);
    EXPECT_FALSE(decode_kept_alive(5, kept.SerializeAsString()));
    EXPECT_EQ(decode_kept_alive(6, kept.SerializeAsString()).value().count(), 10);
}

}  // namespace
}  // namespace snapgate::etcd
