#include "replica/truth_keys.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace snapgate::replica {
namespace {

using model::Kind;
using store::NoteType;
using store::RecordType;
using What = TruthKeys::Address::What;

TEST(TruthKeysTest, EveryKeySaysWhatItIsOf) {
    const TruthKeys keys("p/q");
    const std::string object_key = keys.object(7, Kind::kRestore, "shop", "web-1");
    const auto object = keys.parse(object_key);
    ASSERT_TRUE(object);
    EXPECT_EQ(object->what, What::kObject);
    EXPECT_EQ(object->cluster, 7U);
    EXPECT_EQ(object->kind, Kind::kRestore);
    EXPECT_EQ(object->ns, "shop");
    EXPECT_EQ(object->name, "web-1");
    const std::string ns_key = keys.object(7, Kind::kNamespace, "", "shop");
    const auto ns = keys.parse(ns_key);
    ASSERT_TRUE(ns);
    EXPECT_EQ(ns->ns, "");
    EXPECT_EQ(ns->name, "shop");
    const std::string record_key = keys.record(RecordType::kKey, "a/b");
    const auto record = keys.parse(record_key);
    ASSERT_TRUE(record);
    EXPECT_EQ(record->what, What::kRecord);
    EXPECT_EQ(record->record, RecordType::kKey);
    EXPECT_EQ(record->name, "a/b");
    const std::string with_zero("ns\0uid\0name", 11);
    const std::string note_key = keys.note(4'294'967'295, NoteType::kCollect, with_zero);
    const auto note = keys.parse(note_key);
    ASSERT_TRUE(note);
    EXPECT_EQ(note->what, What::kNote);
    EXPECT_EQ(note->cluster, 4'294'967'295U);
    EXPECT_EQ(note->note, NoteType::kCollect);
    EXPECT_EQ(note->name, with_zero);
    const std::string cluster_key = keys.cluster(12);
    const auto cluster = keys.parse(cluster_key);
    ASSERT_TRUE(cluster);
    EXPECT_EQ(cluster->what, What::kCluster);
    EXPECT_EQ(cluster->cluster, 12U);
    EXPECT_EQ(keys.parse(keys.numbers())->what, What::kNumbers);
    EXPECT_EQ(keys.parse(keys.head())->what, What::kHead);
    EXPECT_EQ(keys.parse(keys.offset())->what, What::kOffset);
    for (const std::string& other : {keys.registry(), keys.id(), keys.sweep(3), keys.lead()})
        EXPECT_EQ(keys.parse(other)->what, What::kOther) << other;
}

TEST(TruthKeysTest, NumbersAreInOrder) {
    const TruthKeys keys("p");
    EXPECT_LT(keys.cluster(9), keys.cluster(10));
    EXPECT_LT(keys.objects_of(99'999), keys.objects_of(4'000'000'000));
}

TEST(TruthKeysTest, WhatNoVersionWritesIsNotRead) {
    const TruthKeys keys("p");
    const std::vector<std::string> broken = {
        "q/head",
        "p/objects/",
        "p/objects/7/1/ns/name",
        "p/objects/0000000000/1/ns/name",
        "p/objects/0000000007/9/ns/name",
        "p/objects/0000000007/1/ns/",
        "p/objects/0000000007/1/name",
        "p/objects/4294967296/1/ns/name",
        "p/records/1/",
        "p/records/4/1",
        "p/records/x/1",
        "p/notes/0000000001/0/x",
        "p/clusters/1",
        "p/clusters/000000000x",
    };
    for (const std::string& key : broken) EXPECT_FALSE(keys.parse(key)) << key;
}

}  // namespace
}  // namespace snapgate::replica
