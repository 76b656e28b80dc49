#include "rules/managed_fields.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "rules/track_update.h"
#include "rules/values.h"

namespace snapgate::rules {
namespace {

json::Array entries_of(std::string_view text) {
    auto value = json::parse(text);
    EXPECT_TRUE(value) << text;
    return value ? value->get_array() : json::Array();
}

std::string entry(std::string_view manager, std::string_view time, std::string_view field,
                  std::string_view version = "v1", std::string_view operation = "Update",
                  std::string_view subresource = "") {
    std::string sub = subresource.empty() ? "" : fmt::format(R"("subresource":"{}",)", subresource);
    return fmt::format(R"({{"apiVersion":"{}","fieldsType":"FieldsV1","fieldsV1":{{"f:{}":{{}}}},)"
                       R"("manager":"{}","operation":"{}",{}"time":"{}"}})",
                       version, field, manager, operation, sub, time);
}

TEST(ManagedFields, AreWrittenSortedAsKubeApiserverSorts) {
    std::string late = "2026-01-01T00:00:09Z";
    std::string early = "2026-01-01T00:00:01Z";
    std::vector<std::string> sorted = {
        entry("z", late, "a", "v1", "Apply"),
        entry("z", early, "a"),
        entry("a", late, "a"),
        entry("a", late, "a", "v1", "Update", "status"),
        entry("a", late, "a", "v2"),
        entry("b", late, "a"),
    };
    std::string mixed = fmt::format("[{},{},{},{},{},{}]", sorted[5], sorted[3], sorted[0],
                                    sorted[2], sorted[4], sorted[1]);
    auto read = read_managed_fields(entries_of(mixed));
    ASSERT_TRUE(read);
    EXPECT_EQ(json::Value(write_managed_fields(*read)),
              *json::parse(fmt::format("[{}]", fmt::join(sorted, ","))));
}

TEST(ManagedFields, ReadTimesOfEveryZone) {
    EXPECT_EQ(read_time("1970-01-01T00:00:01Z"), 1);
    EXPECT_EQ(read_time("1970-01-01T01:00:00.9+01:00"), 0);
    EXPECT_EQ(read_time("1969-12-31T23:00:00-01:30"), 1800);
    EXPECT_EQ(read_time("2026-11-23T12:10:51Z"), 1795435851);
    EXPECT_EQ(read_time("2026-11-23 12:10:51Z"), std::nullopt);
    auto read =
        read_managed_fields(entries_of("[" + entry("a", "2026-01-01T01:00:00.5+01:00", "x") + "]"));
    ASSERT_TRUE(read);
    EXPECT_EQ(find_text(write_managed_fields(*read)[0].get_object(), "time"),
              "2026-01-01T00:00:00Z");
}

TEST(ManagedFields, RefuseWhatIsNoEntry) {
    for (std::string_view text :
         {R"([1])", R"([{"operation":"Patch"}])", R"([{"operation":"Update"}])",
          R"([{"operation":"Update","apiVersion":"v1"}])",
          R"([{"operation":"Update","apiVersion":"v1","fieldsType":"FieldsV2"}])",
          R"([{"operation":"Update","apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":[]}])",
          R"([{"operation":"Update","apiVersion":"v1","fieldsType":"FieldsV1","time":"now"}])"})
        EXPECT_FALSE(read_managed_fields(entries_of(text))) << text;
}

TEST(ManagedFields, AreResetByAnEmptyListOrAnEmptyEntry) {
    EXPECT_TRUE(is_reset(entries_of("[]")));
    EXPECT_TRUE(is_reset(entries_of("[{}]")));
    EXPECT_FALSE(is_reset(entries_of("[{},{}]")));
    EXPECT_FALSE(is_reset(entries_of(R"([{"manager":"m"}])")));
}

TEST(ManagedFields, MergeTheOldestUpdatesAboveTen) {
    std::string text = "[" + entry("applier", "2026-01-01T00:00:00Z", "z", "v1", "Apply");
    for (int i = 0; i < 12; ++i)
        text += "," + entry(fmt::format("m{:02}", i), fmt::format("2026-01-01T00:00:{:02}Z", i),
                            fmt::format("x{:02}", i), i == 1 ? "v2" : "v1");
    auto read = read_managed_fields(entries_of(text + "]"));
    ASSERT_TRUE(read);
    cap_updates(*read);
    json::Array written = write_managed_fields(*read);
    std::vector<std::string> managers;
    for (const json::Value& value : written)
        managers.emplace_back(find_text(value.get_object(), "manager"));
    EXPECT_THAT(managers, testing::ElementsAre("applier", "m01", "ancient-changes", "m04", "m05",
                                               "m06", "m07", "m08", "m09", "m10", "m11"));
    EXPECT_EQ(written[2].get_object().at("fieldsV1"),
              *json::parse(R"({"f:x00":{},"f:x02":{},"f:x03":{}})"));
    EXPECT_EQ(find_text(written[2].get_object(), "time"), "2026-01-01T00:00:03Z");

    // The next one goes into the same bucket.
    read->push_back(
        read_managed_fields(entries_of("[" + entry("m12", "2026-01-01T00:00:12Z", "x12") + "]"))
            ->front());
    cap_updates(*read);
    EXPECT_EQ(read->size(), 11U);
    json::Array again = write_managed_fields(*read);
    EXPECT_EQ(find_text(again[2].get_object(), "manager"), "ancient-changes");
    EXPECT_EQ(again[2].get_object().at("fieldsV1"),
              *json::parse(R"({"f:x00":{},"f:x02":{},"f:x03":{},"f:x04":{}})"));
}

TEST(ManagedFields, AreCappedHoweverManyThereAre) {
    auto versions_capped = [](bool one_version) {
        std::vector<ManagedEntry> entries;
        for (int i = 0; i < 30'000; ++i) {
            ManagedEntry entry{.manager = fmt::format("m{:06}", i),
                               .applied = false,
                               .api_version = one_version ? "v1" : fmt::format("v{}", i / 2),
                               .subresource = {},
                               .time = i,
                               .fields = {}};
            entry.fields.insert(std::vector<std::string>{fmt::format("f:{:06}", i)});
            entries.push_back(std::move(entry));
        }
        cap_updates(entries);
        return entries;
    };
    std::vector<ManagedEntry> one = versions_capped(true);
    ASSERT_EQ(one.size(), 10U);
    EXPECT_EQ(one.front().manager, "ancient-changes");
    EXPECT_EQ(one.front().fields.write().get_object().size(), 29'991U);
    std::vector<ManagedEntry> many = versions_capped(false);
    ASSERT_EQ(many.size(), 15'000U);
    EXPECT_EQ(many.front().fields.write().get_object().size(), 2U);
}

json::Object object(std::string_view metadata) {
    return json::parse(fmt::format(R"({{"metadata":{{{}}}}})", metadata))->get_object();
}

std::string tracked(std::string_view live, std::string_view now,
                    std::string_view subresource = "") {
    json::Object before = object(live);
    json::Object after = object(now);
    track_update(&before, after, model::kSnapshotSchema,
                 {"me", "v1", std::string(subresource), "2026-01-02T00:00:00Z"});
    const json::Object& metadata = after.at("metadata").get_object();
    const json::Value* entries = find(metadata, "managedFields");
    return entries == nullptr ? "none" : json::serialize(*entries);
}

std::string list(std::initializer_list<std::string> entries) {
    return json::serialize(*json::parse(fmt::format("[{}]", fmt::join(entries, ","))));
}

std::string label_entry(std::string_view manager, std::string_view label, std::string_view time) {
    return fmt::format(R"({{"apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":{{"f:metadata":)"
                       R"({{"f:labels":{{"f:{}":{{}}}}}}}},"manager":"{}","operation":"Update",)"
                       R"("time":"{}"}})",
                       label, manager, time);
}

TEST(TrackUpdate, TakesWhatChangesFromWhoeverHadIt) {
    std::string then = "2026-01-01T00:00:00Z";
    std::string now = "2026-01-02T00:00:00Z";
    std::string owned = fmt::format(R"("managedFields":[{}])", label_entry("you", "a", then));
    std::string both = fmt::format(R"("managedFields":[{},{}])", label_entry("me", "b", then),
                                   label_entry("you", "a", then));
    EXPECT_EQ(
        tracked(R"("labels":{"a":"1","b":"1"},)" + owned, R"("labels":{"a":"2","b":"1"},)" + owned),
        list({label_entry("me", "a", now)}));
    EXPECT_EQ(tracked(R"("labels":{"a":"1"},)" + owned, R"("labels":{"a":"1","b":"1"},)" + owned),
              list({label_entry("you", "a", then), label_entry("me", "b", now)}));
    // Taking something away gives it to nobody, and moves no time.
    EXPECT_EQ(tracked(R"("labels":{"a":"1","b":"1"},)" + both, R"("labels":{"b":"1"},)" + both),
              list({label_entry("me", "b", then)}));
    EXPECT_EQ(tracked(R"("labels":{"a":"1"},)" + owned, R"("labels":{"a":"1"},)" + owned),
              list({label_entry("you", "a", then)}));
    EXPECT_EQ(tracked(R"("labels":{"a":"1"},)" + owned, R"("labels":{})"), "none");
}

TEST(TrackUpdate, LooksAtTheRequestsEntriesAndAtTheLiveOnes) {
    std::string then = "2026-01-01T00:00:00Z";
    std::string owned = fmt::format(R"("managedFields":[{}])", label_entry("you", "a", then));
    std::string kept = list({label_entry("you", "a", then)});
    // None, or none that can be read: those of the live object.
    EXPECT_EQ(tracked(R"("labels":{"a":"1"},)" + owned, R"("labels":{"a":"1"})"), kept);
    EXPECT_EQ(tracked(R"("labels":{"a":"1"},)" + owned,
                      R"("labels":{"a":"1"},"managedFields":[{"operation":"x"}])"),
              kept);
    // The request's own.
    EXPECT_EQ(tracked(R"("labels":{"a":"1"})", R"("labels":{"a":"1"},)" + owned), kept);
    EXPECT_EQ(
        tracked(R"("labels":{"a":"1"},)" + owned, R"("labels":{"a":"1"},"managedFields":[{}])"),
        "none");
    EXPECT_EQ(tracked(R"("labels":{"a":"1"},)" + owned, R"("labels":{"a":"2"},"managedFields":[])"),
              "none");
    // Never on a subresource.
    EXPECT_EQ(tracked(R"("labels":{"a":"1"},)" + owned,
                      R"("labels":{"a":"1"},"managedFields":[{}])", "status"),
              kept);
    // What nobody tracked stays so.
    EXPECT_EQ(tracked(R"("labels":{"a":"1"})", R"("labels":{"a":"2"})"), "none");
}

}  // namespace
}  // namespace snapgate::rules
