#include "mirror/watch.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace snapgate::mirror {
namespace {

std::string object(std::string_view name, std::string_view version, std::string_view filler = "") {
    return R"({"apiVersion":"snapshot.kubevirt.io/v1beta1","kind":"VirtualMachineSnapshot",)"
           R"("metadata":{"name":")" +
           std::string(name) + R"(","namespace":"n","resourceVersion":")" + std::string(version) +
           R"(","uid":"u"},"spec":{"filler":")" + std::string(filler) + R"("}})";
}
std::string frame(std::string_view type, const std::string& of) {
    return R"({"type":")" + std::string(type) + R"(","object":)" + of + "}\n";
}
std::string version_only(std::string_view version, bool ends_state = false) {
    return frame("BOOKMARK",
                 R"({"kind":"VirtualMachineSnapshot","metadata":{"resourceVersion":")" +
                     std::string(version) + R"(")" +
                     (ends_state ? R"(,"annotations":{"k8s.io/initial-events-end":"true"})" : "") +
                     "}}");
}

// What a piece says, in a line.
std::string said(const WatchPiece& piece) {
    std::string text;
    for (const auto& one : piece.state) text += "state " + one.name + "; ";
    if (piece.state_version) text += "complete at " + *piece.state_version + "; ";
    for (const Change& change : piece.changes) {
        if (change.type == Change::Type::kPut) text += "put " + change.object.name;
        if (change.type == Change::Type::kDelete) text += "delete " + change.key.name;
        if (change.type == Change::Type::kVersionOnly) text += "pass";
        text += "@" + change.version + "; ";
    }
    text += "at " + piece.version;
    if (piece.failed) text += "; failed: " + piece.failed->reason;
    if (piece.list_instead) text += ", a list instead";
    if (piece.is_doubtful) text += "; doubtful";
    return text;
}

struct Row {
    const char* what;
    WatchBegin begin;
    std::string stream;
    std::string says;
    size_t skipped = 0;
};

constexpr WatchBegin kFromVersion = WatchBegin::kFromVersion;
constexpr WatchBegin kWithState = WatchBegin::kWithState;

TEST(WatchReader, WhatFramesSay) {
    const std::string large(3 << 20, 'x');
    const std::string a = frame("ADDED", object("a", "101"));
    const std::string no_name = R"({"metadata":{"namespace":"n","resourceVersion":"101"}})";
    const std::string gone = R"({"kind":"Status","code":410,"reason":"Expired","message":"old"})";
    // clang-format off
    const std::vector<Row> rows = {
        {"a new object",          kFromVersion, a, "put a@101; at 101"},
        {"several",               kFromVersion, a + frame("MODIFIED", object("b", "102")) + frame("DELETED", object("a", "103")), "put a@101; put b@102; delete a@103; at 103"},
        {"one twice",             kFromVersion, a + a, "put a@101; at 101"},
        {"a bookmark",            kFromVersion, a + version_only("110"), "put a@101; at 110"},
        {"versions that go back", kFromVersion, a + frame("ADDED", object("b", "90")), "put a@101; at 101; failed: VersionsWentBack"},
        {"an error",              kFromVersion, a + frame("ERROR", gone), "put a@101; at 101; failed: Expired"},
        {"no frame",              kFromVersion, a + "[1]", "put a@101; at 101; failed: AnswerInvalid"},
        {"an unknown type",       kFromVersion, frame("TOLD", object("a", "101")), "at 100; failed: AnswerInvalid"},
        {"the object first",      kFromVersion, R"({"object":)" + object("a", "101") + R"(,"type":"ADDED"})", "put a@101; at 101"},
        {"members behind it",     kFromVersion, R"({"x":[1],"type":"ADDED","object":)" + object("a", "101") + R"(,"y":{"z":"}"}})", "put a@101; at 101"},
        {"bytes of no text",      kFromVersion, a + frame("MODIFIED", object("a", "102", "\xff")) + frame("ADDED", object("b", "103")), "put a@101; delete a@102; put b@103; at 103", 1},
        {"half of a pair",        kFromVersion, a + frame("MODIFIED", object("a", "102", "\\ud800")), "put a@101; delete a@102; at 102", 1},
        {"its deletion then",     kFromVersion, a + frame("DELETED", object("a", "102", "\xff")), "put a@101; delete a@102; at 102"},
        {"such a name",           kFromVersion, frame("ADDED", object("\xff", "101")), "pass@101; at 101", 1},
        {"bytes and no end",      kFromVersion, a + frame("ADDED", object("b", "102", "\xff\\x")), "put a@101; at 101; failed: AnswerInvalid"},
        {"another kind",          kFromVersion, frame("ADDED", R"({"apiVersion":"v1","kind":"Pod"})"), "at 100; failed: AnswerInvalid"},
        {"one without a name",    kFromVersion, frame("ADDED", no_name), "pass@101; at 101", 1},
        {"a name of no use",      kFromVersion, frame("ADDED", object("A", "101")), "pass@101; at 101", 1},
        {"no version",            kFromVersion, frame("ADDED", object("a", "1 0")), "at 100; failed: AnswerInvalid", 1},
        {"too large",             kFromVersion, a + frame("MODIFIED", object("a", "102", large)), "put a@101; delete a@102; at 102", 1},
        {"a deletion of nothing", kFromVersion, frame("DELETED", "{}"), "at 100", 1},
        {"a state",               kWithState,   a + frame("ADDED", object("b", "7")) + version_only("110", true), "state a; state b; complete at 110; at 110"},
        {"and what follows",      kWithState,   a + version_only("110", true) + frame("ADDED", object("b", "111")), "state a; complete at 110; put b@111; at 111"},
        {"a bookmark within it",  kWithState,   a + version_only("110"), "state a; at 100; failed: AnswerInvalid, a list instead"},
        {"an end without version", kWithState,  a + version_only("", true), "state a; at 100; failed: AnswerInvalid, a list instead"},
        {"a bookmark of nothing", kFromVersion, a + version_only("") + frame("BOOKMARK", R"({"metadata":null})") + version_only("0"), "put a@101; at 101"},
        {"two of one version",    kFromVersion, a + frame("ADDED", object("b", "101")), "put a@101; at 101; failed: AnswerInvalid"},
        {"a deletion of it",      kFromVersion, a + frame("DELETED", object("a", "101")), "put a@101; at 101; failed: AnswerInvalid"},
        {"that comes twice",      kFromVersion, frame("DELETED", object("a", "101")) + frame("DELETED", object("a", "101")), "delete a@101; at 101"},
        {"the list's own again",  kFromVersion, frame("ADDED", object("a", "100")), "at 100; doubtful"},
        {"its deletion",          kFromVersion, frame("DELETED", object("a", "100")), "at 100; doubtful"},
        {"an escaped name",       kFromVersion, frame("DELETED", object("\\u0061", "101")), "delete a@101; at 101"},
        {"a deletion within it",  kWithState,   a + frame("DELETED", object("a", "102")), "state a; at 100; failed: AnswerInvalid, a list instead"},
        {"too large within it",   kWithState,   frame("ADDED", object("a", "101", large)) + version_only("110", true), "complete at 110; at 110", 1},
        {"refused within it",     kWithState,   frame("ERROR", gone), "at 100; failed: Expired"},
    };
    // clang-format on
    for (const Row& row : rows) {
        SCOPED_TRACE(row.what);
        SkippedObjects skipped("c", "virtualmachinesnapshots");
        WatchReader reader(cluster::snapshots(), row.begin, "100", skipped);
        EXPECT_EQ(said(reader.feed(row.stream)), row.says);
        EXPECT_EQ(skipped.count(), row.skipped);
    }
}

TEST(WatchReader, AFrameMayComeInPieces) {
    SkippedObjects skipped("c", "virtualmachinesnapshots");
    WatchReader reader(cluster::snapshots(), kFromVersion, "100", skipped);
    const std::string stream = frame("ADDED", object("a", "101"));
    for (const char byte : stream.substr(0, stream.size() - 2))
        EXPECT_EQ(said(reader.feed({&byte, 1})), "at 100");
    EXPECT_EQ(reader.frames(), 0U);
    EXPECT_EQ(said(reader.feed("}\n")), "put a@101; at 101");
    EXPECT_EQ(reader.frames(), 1U);
}

TEST(WatchReader, WhatCanBeShownAgainIsSkippedNoMore) {
    SkippedObjects skipped("c", "virtualmachinesnapshots");
    WatchReader reader(cluster::snapshots(), kFromVersion, "100", skipped);
    static_cast<void>(reader.feed(frame("ADDED", object("A", "101"))));
    static_cast<void>(
        reader.feed(frame("MODIFIED", object("b", "102", std::string(3 << 20, 'x')))));
    EXPECT_EQ(skipped.count(), 2U);
    EXPECT_EQ(said(reader.feed(frame("MODIFIED", object("b", "103")))), "put b@103; at 103");
    EXPECT_EQ(said(reader.feed(frame("DELETED", object("A", "104")))), "pass@104; at 104");
    EXPECT_EQ(skipped.count(), 0U);
}

TEST(WatchReader, ARetryAfterIsBounded) {
    SkippedObjects skipped("c", "virtualmachinesnapshots");
    WatchReader reader(cluster::snapshots(), kFromVersion, "100", skipped);
    const auto piece = reader.feed(
        frame("ERROR", R"({"kind":"Status","code":429,"details":{"retryAfterSeconds":9999}})"));
    ASSERT_TRUE(piece.failed.has_value());
    EXPECT_EQ(piece.failed->next, Setback::Next::kSame);
    EXPECT_EQ(piece.failed->retry_after, std::chrono::seconds(300));
}

TEST(WatchQuery, SaysWhereAWatchBegins) {
    constexpr std::chrono::seconds kLength{300};
    const std::string common = "watch=1&allowWatchBookmarks=true&timeoutSeconds=300";
    const std::string state = common + "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan";
    EXPECT_EQ(watch_query(kFromVersion, "7 7", false, kLength), common + "&resourceVersion=7%207");
    EXPECT_EQ(watch_query(kFromVersion, "", false, kLength), common);
    EXPECT_EQ(watch_query(kWithState, "77", false, kLength), state + "&resourceVersion=77");
    EXPECT_EQ(watch_query(kWithState, "", false, kLength), state);
    EXPECT_EQ(watch_query(kWithState, "77", true, kLength), state);
}

TEST(WatchQuery, AWatchEndsBeforeItsSilenceIsTooLong) {
    using std::chrono::milliseconds;
    using std::chrono::seconds;
    for (int i = 0; i < 100; ++i) {
        const seconds length = random_watch_time(kFromVersion, milliseconds(45'000));
        EXPECT_GE(length, seconds(35));
        // A silent one is given up after 40.5 seconds at the earliest.
        EXPECT_LE(length, seconds(39));
        EXPECT_EQ(random_watch_time(kFromVersion, milliseconds(200)), seconds(2));
        const seconds with_state = random_watch_time(kWithState, milliseconds(45'000));
        EXPECT_GE(with_state, seconds(300));
        EXPECT_LE(with_state, seconds(600));
    }
}

}  // namespace
}  // namespace snapgate::mirror
