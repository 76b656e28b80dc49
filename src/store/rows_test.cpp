#include "store/rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "facts/facts.h"
#include "store/keys.h"
#include "store/log_row.h"

namespace snapgate::store {
namespace {

using base::Code;

TEST(KeysTest, ObjectsSortByNamespaceNameAndNewestFirst) {
    std::vector<std::string> keys;
    auto add = [&keys](const Key& key) { keys.emplace_back(key.view()); };
    add(object_key(1, Kind::kSnapshot, "a", "x", 9));
    add(object_key(1, Kind::kSnapshot, "a", "x", 2));
    add(object_key(1, Kind::kSnapshot, "a", "x-1", 5));
    add(object_key(1, Kind::kSnapshot, "a", "xx", 5));
    add(object_key(1, Kind::kSnapshot, "a-b", "a", 5));
    add(object_key(1, Kind::kSnapshot, "b", "a", 5));
    add(object_key(1, Kind::kNamespace, "", "a", 5));
    add(object_key(2, Kind::kSnapshot, "a", "a", 5));
    add(object_key(256, Kind::kSnapshot, "a", "a", 5));
    EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end()));
}

TEST(KeysTest, ObjectKeysComeApart) {
    for (Revision revision : {Revision(0), Revision(0xff00ff00), UINT64_MAX}) {
        Key key = object_key(7, Kind::kSnapshot, "ns", "a.b", revision);
        auto address = parse_object_key(key.view());
        ASSERT_TRUE(address);
        EXPECT_EQ(address->ns, "ns");
        EXPECT_EQ(address->name, "a.b");
        EXPECT_EQ(address->revision, revision);
    }
    Key key = index_key(7, 0, "ns", "a.b");
    auto hint = parse_index_key(key.view());
    ASSERT_TRUE(hint);
    EXPECT_EQ(hint->ns, "ns");
    EXPECT_EQ(hint->name, "a.b");
    for (std::string_view broken : {"", "short", "no zero bytes in it at all, but long"}) {
        EXPECT_FALSE(parse_object_key(broken));
        EXPECT_FALSE(parse_index_key(broken));
    }
}

TEST(KeysTest, TheLongestNamesFit) {
    std::string ns(kMaxNamespace, 'n');
    std::string name(kMaxName, 'x');
    EXPECT_TRUE(fits_key(ns, name));
    EXPECT_FALSE(fits_key(ns + "n", name));
    EXPECT_FALSE(fits_key(ns, name + "x"));
    EXPECT_FALSE(fits_key(std::string_view("a\0b", 3), name));
    EXPECT_LE(object_key(1, Kind::kSnapshot, ns, name, 1).size(), 511U);
    EXPECT_LE(record_key(1, std::string(kMaxRecordId, 'x')).size(), 511U);
}

TEST(RowsTest, ClusterRowsComeBack) {
    ClusterRow row;
    row.head = {42, "42", 1'700'000'000'000};
    row.floor = 17;
    row.stage = Stage::kOpen;
    auto back = decode_cluster(encode(row));
    ASSERT_TRUE(back);
    EXPECT_EQ(back->head.revision, 42U);
    EXPECT_EQ(back->head.version, "42");
    EXPECT_EQ(back->head.since_ms, row.head.since_ms);
    EXPECT_EQ(back->floor, 17U);
    EXPECT_EQ(back->stage, Stage::kOpen);
    EXPECT_TRUE(back->head.decimal);
    row.head.decimal = false;
    row.head.version = "opaque";
    back = decode_cluster(encode(row));
    EXPECT_EQ(back->head.version, "opaque");
    EXPECT_FALSE(back->head.decimal);
}

TEST(RowsTest, BrokenRowsAreCorrupt) {
    EXPECT_EQ(decode_cluster("short").error().code, Code::kCorrupt);
    EXPECT_EQ(decode_cluster(std::string(25, '\x7f')).error().code, Code::kCorrupt);
    EXPECT_EQ(decode_head("short").error().code, Code::kCorrupt);
    EXPECT_EQ(decode_sequence("short").error().code, Code::kCorrupt);
    EXPECT_EQ(decode_number("short").error().code, Code::kCorrupt);
}

TEST(RowsTest, AListVersionThatFitsIntoNoKeyIsCorrupt) {
    ClusterRow cluster;
    cluster.head.decimal = false;
    cluster.head.version = std::string(kMaxListVersion, 'v');
    EXPECT_TRUE(decode_cluster(encode(cluster)));
    EXPECT_TRUE(decode_head(encode(HeadRow{1, cluster.head.version})));
    cluster.head.version += 'v';
    EXPECT_EQ(decode_cluster(encode(cluster)).error().code, Code::kCorrupt);
    EXPECT_EQ(decode_head(encode(HeadRow{1, cluster.head.version})).error().code, Code::kCorrupt);
}

LogEntry entry(Revision revision, Revision previous, LogEntry::Op op, std::string ns,
               std::string name) {
    return {revision, previous, op, Kind::kSnapshot, {std::move(ns), std::move(name)}};
}

std::vector<LogEntry> read_all(std::string_view value) {
    std::vector<LogEntry> entries;
    LogRowReader reader(value);
    auto more = reader.next();
    for (; more && *more; more = reader.next()) entries.push_back(reader.entry());
    EXPECT_TRUE(more);
    return entries;
}

TEST(LogRowTest, EntriesComeBack) {
    using Op = LogEntry::Op;
    std::vector<LogEntry> entries{
        entry(1'000'000, 0, Op::kCreated, "ns", "a"),
        entry(1'000'001, 5, Op::kUpdated, "ns", "a-long-name"),
        entry(2'000'000, 1'000'001, Op::kDeleted, "nsa", "-long-name"),
        entry(2'000'001, 0, Op::kCreated, "", std::string(255, 'x')),
        entry(2'000'002, 0, Op::kCreated, std::string(128, 'n'), "x"),
    };
    entries[3].kind = Kind::kNamespace;
    LogRowBuilder builder;
    EXPECT_TRUE(builder.empty());
    for (const LogEntry& one : entries) builder.add(one);
    EXPECT_EQ(builder.last(), 2'000'002U);
    auto back = read_all(builder.value());
    ASSERT_EQ(back.size(), entries.size());
    for (size_t i = 0; i < back.size(); ++i) {
        EXPECT_EQ(back[i].revision, entries[i].revision);
        EXPECT_EQ(back[i].previous, entries[i].previous);
        EXPECT_EQ(back[i].op, entries[i].op);
        EXPECT_EQ(back[i].kind, entries[i].kind);
        EXPECT_EQ(back[i].key, entries[i].key);
    }
    builder.clear();
    EXPECT_TRUE(builder.empty());
}

TEST(LogRowTest, RowsAreBounded) {
    for (size_t length : {size_t(1), size_t(30), kMaxName}) {
        LogRowBuilder builder;
        size_t entries = 0;
        while (!builder.full()) {
            std::string name(length, static_cast<char>('a' + entries % 26));
            builder.add(entry(++entries, 0, LogEntry::Op::kCreated, "ns", name));
        }
        EXPECT_LE(builder.value().size(), 990U);
        EXPECT_LE(entries, LogRowBuilder::kMaxEntries);
        EXPECT_GT(entries, 1U);
    }
}

TEST(LogRowTest, BrokenRowsAreCorruptAndNeverReadBeyond) {
    LogRowBuilder builder;
    builder.add(entry(7, 0, LogEntry::Op::kCreated, "ns", "name"));
    builder.add(entry(8, 7, LogEntry::Op::kUpdated, "ns", "name"));
    const std::string& whole = builder.value();
    size_t failed = 0;
    for (size_t cut = 0; cut < whole.size(); ++cut) {
        std::string piece = whole.substr(0, cut);
        LogRowReader reader(piece);
        auto more = reader.next();
        while (more && *more) more = reader.next();
        if (!more) ++failed;
    }
    // Cut between two entries a row is whole.
    EXPECT_EQ(failed, whole.size() - 2);
}

TEST(LogRowTest, EntriesThatNobodyWritesAreCorrupt) {
    using Op = LogEntry::Op;
    const std::string long_name(kMaxName + 1, 'n');
    for (const LogEntry& wrong :
         {entry(0, 0, Op::kCreated, "ns", "a"), entry(7, 7, Op::kUpdated, "ns", "a"),
          entry(7, 8, Op::kDeleted, "ns", "a"), entry(7, 0, Op(0), "ns", "a"),
          entry(7, 0, Op::kCreated, "ns", long_name),
          entry(7, 0, Op::kCreated, "ns", std::string("a\0b", 3))}) {
        LogRowBuilder builder;
        builder.add(wrong);
        const auto read = LogRowReader(builder.value()).next();
        ASSERT_FALSE(read) << wrong.revision << " " << wrong.previous << " " << wrong.key.name;
        EXPECT_EQ(read.error().code, Code::kCorrupt);
    }
}

model::StoredObject stored_with(std::string_view facts, std::string& value) {
    model::PreparedObject object;
    object.ns = "ns";
    object.name = "a";
    object.text = R"({"resourceVersion":""})";
    object.version_offset = 20;
    begin_live_version(facts, value);
    model::encode_object(object, "7", value);
    const auto decoded = decode_version(value);
    EXPECT_TRUE(decoded && *decoded);
    return **decoded;
}

TEST(VersionTest, FactsStandBesideTheObject) {
    std::string value;
    EXPECT_EQ(stored_with("facts", value).facts, "facts");
    std::string without;
    EXPECT_EQ(stored_with("", without).facts, "");
    // Another layout: they have to be derived anew, and the object is as it was.
    value[1] = static_cast<char>(facts::kLayout + 1);
    const auto decoded = decode_version(value);
    ASSERT_TRUE(decoded && *decoded);
    EXPECT_EQ((*decoded)->facts, "");
    EXPECT_EQ((*decoded)->text, R"({"resourceVersion":"7"})");
}

}  // namespace
}  // namespace snapgate::store
