#include "snapshots/snapshot_row.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace snapgate::cli {
namespace {

using testing::ElementsAre;

constexpr int64_t kNow = 1794969761 + 3600;  // 2026-11-18T03:42:41Z

json::Object object_of(std::string_view text) {
    auto value = json::parse(text);
    EXPECT_TRUE(value) << text;
    return value->get_object();
}

TEST(SnapshotRowTest, ShowsASnapshot) {
    auto row = snapshot_row(object_of(R"({
        "metadata":{"namespace":"payments","name":"db-01-nightly","creationTimestamp":"2026-11-18T02:42:41Z"},
        "spec":{"source":{"name":"db-01"}},
        "status":{"phase":"Succeeded","readyToUse":true}})"),
                            false, kNow);
    EXPECT_THAT(row, ElementsAre("payments", "db-01-nightly", "db-01", "Succeeded", "true",
                                 "<none>", "60m", ""));
    EXPECT_EQ(row.size(), snapshot_columns(false).size());
}

TEST(SnapshotRowTest, WideShowsMoreBeforeTheError) {
    auto row = snapshot_row(object_of(R"({
        "metadata":{"namespace":"a","name":"b","uid":"u-1"},
        "status":{"indications":["Online","GuestAgent"],
                  "snapshotVolumes":{"includedVolumes":["rootdisk"]},
                  "virtualMachineSnapshotContentName":"content-1",
                  "error":{"message":"broken"}}})"),
                            true, kNow);
    EXPECT_EQ(row.size(), snapshot_columns(true).size());
    EXPECT_THAT(std::vector(row.end() - 5, row.end()),
                ElementsAre("Online,GuestAgent", "rootdisk", "content-1", "u-1", "broken"));
}

TEST(SnapshotRowTest, WhatIsLackingOrOfAnotherTypeIsNone) {
    auto row =
        snapshot_row(object_of(R"({"metadata":{"name":7},"spec":null,"status":[]})"), true, kNow);
    EXPECT_EQ(row[0], "<none>");
    EXPECT_EQ(row[2], "<none>");
    EXPECT_EQ(row[4], "<none>");
    EXPECT_EQ(row[6], "<unknown>");
}

TEST(SnapshotRowTest, DeletionIsReadFromItsTimestamp) {
    auto row = snapshot_row(object_of(R"({"metadata":{"deletionTimestamp":"2026-11-18T02:42:41Z"},
                                          "status":{"phase":"Succeeded"}})"),
                            false, kNow);
    EXPECT_EQ(row[3], "Deleting");
}

TEST(SnapshotRowTest, MarksWhatClonesMade) {
    for (const char* text :
         {R"({"metadata":{"name":"tmp-snapshot-5f"}})",
          R"({"metadata":{"name":"x","ownerReferences":[{"kind":"VirtualMachineClone"}]}})"}) {
        EXPECT_TRUE(is_made_by_clone(object_of(text))) << text;
        EXPECT_THAT(snapshot_row(object_of(text), false, kNow)[1], testing::EndsWith(" (clone)"));
    }
    EXPECT_FALSE(is_made_by_clone(
        object_of(R"({"metadata":{"name":"db-clone","ownerReferences":[{"kind":"Plan"}, 3]}})")));
}

TEST(SnapshotErrorTest, TheStatusErrorComesFirst) {
    EXPECT_EQ(snapshot_error(object_of(R"({"status":{"error":{"message":"no class"},
        "conditions":[{"type":"Failure","status":"True","reason":"snapshot deadline exceeded"}]}})")),
              "no class");
}

TEST(SnapshotErrorTest, AFailureWithoutItHasItsCauseInTheConditions) {
    EXPECT_EQ(snapshot_error(object_of(R"({"status":{"phase":"Failed","conditions":[
        {"type":"Progressing","status":"False","reason":"Operation failed"},
        {"type":"Failure","status":"True","reason":"snapshot deadline exceeded"}]}})")),
              "snapshot deadline exceeded");
    EXPECT_EQ(snapshot_error(object_of(R"({"status":{"phase":"Failed","conditions":[
        {"type":"Progressing","status":"False","reason":"Operation failed"}]}})")),
              "Operation failed");
    EXPECT_EQ(snapshot_error(object_of(R"({"status":{"phase":"Failed","conditions":[
        {"type":"Failure","status":"True","reason":"r","message":"what happened"}]}})")),
              "what happened");
}

TEST(SnapshotErrorTest, AGoodSnapshotHasNone) {
    EXPECT_EQ(snapshot_error(object_of(R"({"status":{"phase":"Succeeded","conditions":[
        {"type":"Progressing","status":"False","reason":"Operation complete"},
        {"type":"Failure","status":"False","reason":"x"}]}})")),
              "");
    EXPECT_EQ(snapshot_error(object_of("{}")), "");
}

}  // namespace
}  // namespace snapgate::cli
