#include "replica/replica_record.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "replica/this_network.h"

namespace snapgate::replica {
namespace {

TEST(ReplicaRecordTest, ARecordComesBack) {
    const ReplicaRecord record{.address = "[::1]:8080",
                               .version = "1.2.3",
                               .since_ms = 1'700'000'000'000,
                               .applied = 42,
                               .certificate = "ab12",
                               .proof = "cd34"};
    const auto read = decode_replica(encode_replica(record));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->address, record.address);
    EXPECT_EQ(read->version, record.version);
    EXPECT_EQ(read->since_ms, record.since_ms);
    EXPECT_EQ(read->applied, record.applied);
    EXPECT_EQ(read->certificate, record.certificate);
    EXPECT_EQ(read->proof, record.proof);
}

TEST(ReplicaRecordTest, OneOfAnEarlierVersionProvesNothing) {
    const auto read = decode_replica("1 a:1 0.2.0 3 4");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->address, "a:1");
    EXPECT_EQ(read->certificate, "");
    EXPECT_EQ(read->proof, "");
}

TEST(ReplicaRecordTest, AProofIsOfOneAddressAndCertificateOfOneReplica) {
    const auto prove = [](std::string_view key, std::string_view id, const ReplicaRecord& record) {
        return prove_address(key, id, record, "");
    };
    const ReplicaRecord record{.address = "a:1", .certificate = "c"};
    const std::string proof = prove("key", "id", record);
    EXPECT_EQ(prove("key", "id", {.address = "a:1", .applied = 7, .certificate = "c"}), proof);
    EXPECT_NE(prove("other", "id", record), proof);
    EXPECT_NE(prove("key", "other", record), proof);
    EXPECT_NE(prove("key", "id", {.address = "b:1", .certificate = "c"}), proof);
    EXPECT_NE(prove("key", "id", {.address = "a:1", .certificate = "d"}), proof);
    EXPECT_NE(prove("key", "id", {.address = "a:1"}), proof);
}

TEST(ReplicaRecordTest, AnAddressOnLoopbackIsProvenToThoseOfItsNetworkAlone) {
    ReplicaRecord record{.address = "127.0.0.1:1"};
    EXPECT_FALSE(is_proven("key", "id", record));
    record.proof = prove_address("key", "id", record, this_network());
    EXPECT_TRUE(is_proven("key", "id", record));
    EXPECT_FALSE(is_proven("other", "id", record));
    record.proof = prove_address("key", "id", record, "another machine");
    EXPECT_FALSE(is_proven("key", "id", record));
}

TEST(ReplicaRecordTest, OneThatStartsHasNoAddress) {
    const auto read = decode_replica(encode_replica({.version = "1"}));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->address, "");
}

TEST(ReplicaRecordTest, APartThatALaterVersionAddsIsPassedOver) {
    EXPECT_TRUE(decode_replica("1 a:1 2.0 3 4 more"));
}

TEST(ReplicaRecordTest, WhatNoReplicaWritesIsRefused) {
    for (const std::string& value :
         {std::string(), std::string("1 a:1 2.0 3"), std::string("2 a:1 2.0 3 4"),
          std::string("1 a:1 2.0 x 4"), std::string("1 a:1 2.0 3 -4"), std::string("1  2.0 3 4"),
          std::string("1 a:\n1 2.0 3 4"), "1 " + std::string(2000, 'a') + " 2.0 3 4"})
        EXPECT_FALSE(decode_replica(value)) << value;
}

}  // namespace
}  // namespace snapgate::replica
