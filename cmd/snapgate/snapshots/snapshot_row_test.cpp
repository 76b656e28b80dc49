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

Table::Row row_of(std::string_view snapshot, bool wide = false) {
    auto row = snapshot_row(object_of(snapshot), wide, {}, kNow);
    EXPECT_TRUE(row) << snapshot;
    return row.value_or(Table::Row());
}

TEST(SnapshotRowTest, ShowsASnapshot) {
    auto row = row_of(R"({
        "metadata":{"namespace":"payments","name":"db-01-nightly","creationTimestamp":"2026-11-18T02:42:41Z"},
        "spec":{"source":{"name":"db-01"}},
        "status":{"phase":"Succeeded","readyToUse":true}})");
    EXPECT_THAT(row, ElementsAre("payments", "db-01-nightly", "db-01", "Succeeded", "true",
                                 "<none>", "60m", ""));
    EXPECT_EQ(row.size(), snapshot_columns(false).size());
}

TEST(SnapshotRowTest, WideShowsMoreBeforeTheCause) {
    auto row = row_of(R"({
        "metadata":{"namespace":"a","name":"b","uid":"u-1"},
        "status":{"indications":["Online","GuestAgent"],
                  "snapshotVolumes":{"includedVolumes":["rootdisk"]},
                  "virtualMachineSnapshotContentName":"content-1",
                  "error":{"message":"broken"}}})",
                      true);
    EXPECT_EQ(row.size(), snapshot_columns(true).size());
    EXPECT_THAT(std::vector(row.end() - 5, row.end()),
                ElementsAre("Online,GuestAgent", "rootdisk", "content-1", "u-1", "broken"));
}

TEST(SnapshotRowTest, WhatIsLackingOrOfAnotherTypeIsNone) {
    auto row = row_of(R"({"metadata":{"name":7},"spec":null,"status":[]})", true);
    EXPECT_EQ(row[0], "<none>");
    EXPECT_EQ(row[2], "<none>");
    EXPECT_EQ(row[4], "<none>");
    EXPECT_EQ(row[6], "<unknown>");
}

TEST(SnapshotRowTest, DeletionIsReadFromItsTimestamp) {
    auto row = row_of(R"({"metadata":{"deletionTimestamp":"2026-11-18T02:42:41Z"},
                          "status":{"phase":"Succeeded"}})");
    EXPECT_EQ(row[3], "Deleting");
}

// What else its facts come to is tested where they are derived.
TEST(SnapshotRowTest, SaysWhatIsDerived) {
    const auto row = row_of(R"({
        "metadata":{"name":"x","ownerReferences":[
            {"apiVersion":"clone.kubevirt.io/v1beta1","kind":"VirtualMachineClone"}]},
        "status":{"conditions":[
            {"type":"Failure","status":"True","reason":"snapshot deadline exceeded"}]}})");
    EXPECT_EQ(row[1], "x (clone)");
    EXPECT_EQ(row[kPhaseColumn], "Pending");
    EXPECT_EQ(row.back(), "snapshot deadline exceeded");
}

}  // namespace
}  // namespace snapgate::cli
