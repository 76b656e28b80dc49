#include "snapshots/snapshot_description.h"

#include <gtest/gtest.h>

namespace snapgate::cli {
namespace {

constexpr int64_t kNow = 1794969761;  // 2026-11-18T02:42:41Z

json::Object object_of(std::string_view text) {
    auto value = json::parse(text);
    EXPECT_TRUE(value) << value.error().message;
    return value->get_object();
}

std::string describe(std::string_view snapshot, const KnownOfSnapshot& known = {}) {
    auto text = describe_snapshot(object_of(snapshot), known, kNow);
    EXPECT_TRUE(text) << snapshot;
    return text.value_or("");
}

TEST(SnapshotDescriptionTest, SaysAllThereIs) {
    EXPECT_EQ(describe(R"({
        "metadata":{"name":"db-01-nightly","namespace":"payments","uid":"u-1",
                    "resourceVersion":"4711","generation":2,
                    "labels":{"tier":"gold","app":"shop"},"annotations":{"note":"two\nlines"},
                    "creationTimestamp":"2026-11-18T02:37:29Z",
                    "deletionTimestamp":"2026-11-18T02:42:31Z",
                    "finalizers":["snapshot.kubevirt.io/vmsnapshot-protection","mine/hold"],
                    "ownerReferences":[{"kind":"VirtualMachineClone","name":"copy","uid":"c-1"}]},
        "spec":{"source":{"apiGroup":"kubevirt.io","kind":"VirtualMachine","name":"db-01"},
                "failureDeadline":"10m0s","deletionPolicy":"Retain"},
        "status":{"phase":"Succeeded","readyToUse":true,"creationTime":"2026-11-18T02:37:41Z",
                  "sourceUID":"v-1","virtualMachineSnapshotContentName":"content-1",
                  "indications":["Online","NoGuestAgent"],
                  "sourceIndications":[{"indication":"Online","message":"it ran"}],
                  "snapshotVolumes":{"includedVolumes":["rootdisk","data"],
                                     "excludedVolumes":["cloudinit"]},
                  "error":{"message":"a volume is missing","time":"2026-11-18T02:41:41Z"},
                  "conditions":[
                    {"type":"Progressing","status":"False","reason":"Operation complete",
                     "lastProbeTime":null,"lastTransitionTime":"2026-11-18T02:37:41Z"},
                    {"type":"Ready","status":"True","reason":"Ready","message":"all there"}]}})"),
              R"(Name:              db-01-nightly
Namespace:         payments
Labels:            app=shop
                   tier=gold
Annotations:       note: two\nlines
UID:               u-1
Resource version:  4711
Generation:        2
Created:           2026-11-18T02:37:29Z (5m12s ago)
Deleted:           2026-11-18T02:42:31Z (10s ago), held by its finalizers
Finalizers:        snapshot.kubevirt.io/vmsnapshot-protection
                   mine/hold
Owners:            VirtualMachineClone/copy
Source:
  Kind:            VirtualMachine
  API group:       kubevirt.io
  Name:            db-01
  UID:             v-1
Failure deadline:  10m0s
Deletion policy:   Retain
Status:
  Phase:           Succeeded
  Ready to use:    true
  Taken:           2026-11-18T02:37:41Z (5m ago)
  Content:         content-1
  Indications:     Online (it ran)
                   NoGuestAgent
  Volumes:         rootdisk
                   data
  Excluded:        cloudinit
  Cause:           its deletion waits for the finalizers snapshot.kubevirt.io/vmsnapshot-protection, mine/hold
  Error:           a volume is missing
  Error since:     2026-11-18T02:41:41Z (60s ago)
Conditions:
  TYPE          STATUS   AGE      REASON               MESSAGE
  Progressing   False    5m       Operation complete
  Ready         True     <none>   Ready                all there
)");
}

TEST(SnapshotDescriptionTest, ANewOneHasNeitherStatusNorDefaults) {
    EXPECT_EQ(describe(R"({
        "metadata":{"name":"new","namespace":"default","uid":"u-2","resourceVersion":"1",
                    "generation":1,"creationTimestamp":"2026-11-18T02:42:41Z"},
        "spec":{"source":{"apiGroup":"kubevirt.io","kind":"VirtualMachine","name":"web"}}})"),
              R"(Name:              new
Namespace:         default
Labels:            <none>
Annotations:       <none>
UID:               u-2
Resource version:  1
Generation:        1
Created:           2026-11-18T02:42:41Z (0s ago)
Finalizers:        <none>
Source:
  Kind:            VirtualMachine
  API group:       kubevirt.io
  Name:            web
Failure deadline:  <none> (KubeVirt takes 5m)
Deletion policy:   <none> (KubeVirt takes Delete)
Status:
  Phase:           <none>
  Ready to use:    <none>
  Taken:           <none>
  Content:         <none>
  Indications:     <none>
  Volumes:         <none>
  Cause:           <none>
Conditions: <none>
)");
}

// The cause says the same in one line; an error that it repeats is not printed again.
TEST(SnapshotDescriptionTest, AnErrorIsShownWholeBesideItsCause) {
    const std::string one =
        describe(R"({"status":{"phase":"Failed","error":{"message":"no class"}}})");
    EXPECT_NE(one.find("  Cause:           no class\n"), std::string::npos) << one;
    EXPECT_EQ(one.find("Error:"), std::string::npos) << one;
    const std::string error(700, 'x');
    const std::string two =
        describe(R"({"status":{"phase":"Failed","error":{"message":")" + error + R"("}}})");
    EXPECT_NE(two.find("  Error:           " + error + "\n"), std::string::npos) << two;
}

TEST(SnapshotDescriptionTest, WhatTheServerKnowsIsBesideTheContent) {
    const KnownOfSnapshot known{"30 GiB", "2", "no room in the pool"};
    const std::string open = describe(R"({"status":{"phase":"Failed"}})", known);
    EXPECT_NE(open.find("  Size:            30 GiB\n  Restores:        2\n"), std::string::npos)
        << open;
    EXPECT_NE(open.find("  Cause:           no room in the pool\n"), std::string::npos) << open;
    const std::string own =
        describe(R"({"status":{"phase":"Failed","error":{"message":"no class"}}})", known);
    EXPECT_NE(own.find("  Cause:           no class\n"), std::string::npos) << own;
    const std::string good =
        describe(R"({"status":{"phase":"Succeeded","readyToUse":true}})", known);
    EXPECT_NE(good.find("  Cause:           <none>\n"), std::string::npos) << good;
}

TEST(SnapshotDescriptionTest, ShapesThatAreNotExpectedCountAsLacking) {
    const std::string text =
        describe(R"({"metadata":{"name":["x"],"labels":[1],"finalizers":{"a":1},"generation":"1",
                      "ownerReferences":[7],"deletionTimestamp":3,"creationTimestamp":"soon"},
                      "spec":7,"status":{"conditions":[3,{"type":4}],"readyToUse":"yes",
                      "sourceIndications":[1,{}],"indications":{},"snapshotVolumes":[]}})");
    EXPECT_NE(text.find("Name:              <none>\n"), std::string::npos) << text;
    EXPECT_NE(text.find("Created:           soon\n"), std::string::npos) << text;
    EXPECT_NE(text.find("  <none>   <none>   <none>   <none>\n"), std::string::npos) << text;
}

TEST(SnapshotDescriptionTest, NothingReachesTheTerminalAsItIs) {
    const std::string text = describe(
        R"({"metadata":{"name":"\u001b[2J","labels":{"a\u001b":"b"}},
                "status":{"error":{"message":"\u202egnp"},
                          "conditions":[{"type":"T","reason":"\u001b]0;x\u0007"}]}})");
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
    const std::string override_mark = {'\xe2', '\x80', '\xae'};
    EXPECT_EQ(text.find(override_mark), std::string::npos);
}

}  // namespace
}  // namespace snapgate::cli
