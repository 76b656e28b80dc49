#include "json/splitter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <sstream>
#include <vector>

#include "json/value.h"

namespace snapgate::json {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// What a stream came to, as one text: items, envelope, error.
struct Outcome {
    std::vector<std::string> items;
    std::string envelope;
    std::string error;

    bool operator==(const Outcome&) const = default;
};

Outcome run(const std::vector<std::string_view>& chunks, size_t max_item_bytes = kMaxObjectBytes) {
    Outcome outcome;
    ItemSplitter splitter(
        [&](std::string_view item) -> base::Result<void> {
            EXPECT_EQ(splitter.items(), outcome.items.size());
            outcome.items.emplace_back(item);
            return {};
        },
        max_item_bytes);
    base::Result<void> result;
    for (std::string_view chunk : chunks) {
        // A copy of its own, so that a read beyond it is seen by the sanitizers.
        std::vector<char> copy(chunk.begin(), chunk.end());
        result = splitter.feed({copy.data(), copy.size()});
        if (!result) break;
    }
    if (result) result = splitter.finish();
    if (!result) outcome.error = result.error().message;
    if (result) outcome.envelope = splitter.envelope();
    EXPECT_EQ(splitter.items(), outcome.items.size());
    return outcome;
}

// Runs the text whole, byte by byte, and cut in two at every place; all must agree.
Outcome split(std::string_view text) {
    Outcome whole = run({text});
    std::vector<std::string_view> bytes;
    bytes.reserve(text.size());
    for (size_t i = 0; i < text.size(); ++i) bytes.push_back(text.substr(i, 1));
    EXPECT_EQ(run(bytes), whole) << "byte by byte: " << text;
    for (size_t i = 0; i <= text.size(); ++i)
        EXPECT_EQ(run({text.substr(0, i), text.substr(i)}), whole)
            << "cut at " << i << ": " << text;
    return whole;
}

std::vector<std::string> items_of(std::string_view text) {
    Outcome outcome = split(text);
    EXPECT_EQ(outcome.error, "") << text;
    return outcome.items;
}

TEST(ItemSplitter, TakesLists) {
    Outcome outcome = split(
        R"( {"kind":"List", "items" : [ {"a":1} , {"b":[{}]}] , "metadata":{"items":[{}]}} )");
    EXPECT_EQ(outcome.error, "");
    EXPECT_THAT(outcome.items, ElementsAre(R"({"a":1})", R"({"b":[{}]})"));
    EXPECT_EQ(outcome.envelope, R"({"kind":"List", "items" : [] , "metadata":{"items":[{}]}})");
}

TEST(ItemSplitter, TakesEmptyLists) {
    EXPECT_THAT(items_of(R"({"items":[]})"), IsEmpty());
    EXPECT_THAT(items_of(R"({"kind":"List","items":[ ],"x":1})"), IsEmpty());
    Outcome null = split(R"({"items":null,"kind":"List"})");
    EXPECT_EQ(null.error, "");
    EXPECT_THAT(null.items, IsEmpty());
    EXPECT_EQ(null.envelope, R"({"items":[],"kind":"List"})");
    EXPECT_THAT(items_of("[]"), IsEmpty());
    EXPECT_THAT(items_of(""), IsEmpty());
    EXPECT_THAT(items_of(" \n\t\r"), IsEmpty());
}

TEST(ItemSplitter, FindsItemsOnlyAtTheTopOfAnObject) {
    EXPECT_THAT(items_of(R"({"spec":{"items":[{"x":1}]}})"),
                ElementsAre(R"({"spec":{"items":[{"x":1}]}})"));
    EXPECT_THAT(items_of(R"({"a":"items","b":["items",{"items":[]}]})"),
                ElementsAre(R"({"a":"items","b":["items",{"items":[]}]})"));
    EXPECT_THAT(items_of(R"([{"items":[{"x":1}]}])"), ElementsAre(R"({"items":[{"x":1}]})"));
    EXPECT_THAT(items_of(R"({"items":{"x":1}})"), ElementsAre(R"({"items":{"x":1}})"));
    EXPECT_THAT(items_of(R"({"items":"[]"})"), ElementsAre(R"({"items":"[]"})"));
    EXPECT_THAT(items_of(R"({"items2":[1],"item":[2],"\\items":[3]})"),
                ElementsAre(R"({"items2":[1],"item":[2],"\\items":[3]})"));
}

TEST(ItemSplitter, KnowsTheKeyInEscapes) {
    EXPECT_THAT(items_of(R"({"\u0069tems":[{"x":1}]})"), ElementsAre(R"({"x":1})"));
    EXPECT_THAT(items_of(R"({"\u0069\u0074\u0065\u006D\u0073":[{"x":1},{}]})"),
                ElementsAre(R"({"x":1})", "{}"));
}

TEST(ItemSplitter, TakesObjectsInARow) {
    EXPECT_THAT(
        items_of("{\"a\":1}\n{\"b\":2}{}\r\n [{\"c\":3}] {\"items\":[{\"d\":4}]}{\"e\":5}"),
        ElementsAre(R"({"a":1})", R"({"b":2})", "{}", R"({"c":3})", R"({"d":4})", R"({"e":5})"));
}

TEST(ItemSplitter, IsNotFooledByStrings) {
    EXPECT_THAT(items_of(R"([{"a":"}]\"{","\\":"\\\\"},{"b":"\\"}])"),
                ElementsAre(R"({"a":"}]\"{","\\":"\\\\"})", R"({"b":"\\"})"));
    EXPECT_THAT(items_of(R"({"}":"\"","k\"":["]"],"items":[{"[":"\u005d"}]})"),
                ElementsAre(R"({"[":"\u005d"})"));
}

TEST(ItemSplitter, KeepsTheNewestEnvelope) {
    Outcome outcome = split(R"({"items":[],"n":1}{"n":2,"items":[{}]}{"n":3})");
    EXPECT_EQ(outcome.error, "");
    EXPECT_EQ(outcome.envelope, R"({"n":2,"items":[]})");
    EXPECT_THAT(outcome.items, ElementsAre("{}", R"({"n":3})"));
}

TEST(ItemSplitter, WhatIsNoObjectIsAnItemOfAList) {
    EXPECT_THAT(items_of(R"([{},null , "a,]\"}" ,[1,[2]],-1.5e3,true])"),
                ElementsAre("{}", "null", R"("a,]\"}")", "[1,[2]]", "-1.5e3", "true"));
    EXPECT_THAT(items_of(R"({"items":["x",7]})"), ElementsAre(R"("x")", "7"));
}

TEST(ItemSplitter, SaysWhatIsWrong) {
    EXPECT_THAT(split("[{},]").error, HasSubstr("expected an item, found ']'"));
    EXPECT_THAT(split("[,{}]").error, HasSubstr("item 0, byte 1: expected an item"));
    EXPECT_THAT(split("[{}{}]").error, HasSubstr("comma"));
    EXPECT_THAT(split("{},{}").error, HasSubstr("an object or a list"));
    EXPECT_THAT(split("x").error, HasSubstr("item 0, byte 0"));
    EXPECT_THAT(split("\xff").error, HasSubstr("0xff"));
    EXPECT_THAT(split("{\"a\"}").error, HasSubstr("colon"));
    EXPECT_THAT(split("{a:1}").error, HasSubstr("a key"));
    EXPECT_THAT(split(R"({"a":})").error, HasSubstr("a value"));
    EXPECT_THAT(split(R"({"a":1 "b":2})").error, HasSubstr("comma"));
    EXPECT_THAT(split(R"({"items":[{}],"items":[{}]})").error, HasSubstr("not two"));
    EXPECT_THAT(split(R"({"items":{},"items":[{}]})").error, HasSubstr("not two"));
    EXPECT_THAT(split(R"({"items":nul})").error, HasSubstr("null"));
    EXPECT_THAT(split(R"({"items":[{}],"a":tru})").error, HasSubstr("around its items"));
    EXPECT_THAT(split(R"({"items":[],"a":[}})").error, HasSubstr("around its items"));
}

TEST(ItemSplitter, SeesACutOffStream) {
    for (std::string_view text : {"{", "[", "[{}", "[{},", "{\"items\":[{}]", "{\"items\":nul",
                                  "{\"a\":\"x", "{\"a\":\"\\", "{} {\"a\"", "{\"items\":[{}],"})
        EXPECT_THAT(split(text).error, HasSubstr("cut off")) << text;
}

TEST(ItemSplitter, CapsItemsAndEnvelope) {
    std::string big = R"({"a":")" + std::string(100, 'x') + "\"}";
    for (const std::string& text :
         {big, "[{}," + big + "]", R"({"m":)" + big + R"(,"items":[]})",
          R"({"items":[],"m":)" + big + "}", std::string("{\"items\":[") + big + "]}"}) {
        std::string_view view = text;
        EXPECT_THAT(run({view}, 90).error, HasSubstr("larger than 90 bytes")) << text;
        EXPECT_THAT(run({view.substr(0, 97), view.substr(97)}, 90).error,
                    HasSubstr("larger than 90 bytes"))
            << text;
        EXPECT_EQ(run({view}, 200).error, "") << text;
    }
    // A value that never ends is refused long before memory ends.
    ItemSplitter endless([](std::string_view) { return base::Result<void>(); }, 1000);
    ASSERT_TRUE(endless.feed("[{\"a\":\""));
    std::string more(600, 'x');
    ASSERT_TRUE(endless.feed(more));
    auto refused = endless.feed(more);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, base::Code::kTooLarge);
    EXPECT_FALSE(endless.feed("\"}]"));
    EXPECT_FALSE(endless.finish());
}

TEST(ItemSplitter, CapsTheEnvelopeBelowAnItem) {
    const std::string item = R"({"a":")" + std::string(64 << 10, 'x') + "\"}";
    EXPECT_EQ(run({std::string_view(item)}, 1 << 20).error, "");
    for (const std::string& text :
         {R"({"m":)" + item + R"(,"items":[]})", R"({"items":[],"m":)" + item + "}"}) {
        EXPECT_THAT(run({std::string_view(text)}, 1 << 20).error,
                    HasSubstr("what the list has around its items is larger than 65536 bytes"));
    }
}

TEST(ItemSplitter, EndsWithTheErrorOfTheSink) {
    size_t calls = 0;
    ItemSplitter splitter([&](std::string_view) -> base::Result<void> {
        if (++calls == 2) return base::Error{base::Code::kConflict, "no more"};
        return {};
    });
    auto result = splitter.feed("[{},{},{}]");
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, base::Code::kConflict);
    EXPECT_EQ(calls, 2);
    EXPECT_EQ(splitter.items(), 1);
    EXPECT_FALSE(splitter.feed("{}"));
    EXPECT_EQ(calls, 2);
}

TEST(ItemSplitter, PassesOverWhatIsTooLargeIfAskedTo) {
    const std::string large = "{\"name\":\"" + std::string(100, 'x') + "\",\"more\":[{}]}";
    for (const std::string& text :
         {"{\"kind\":\"L\",\"items\":[{\"a\":1}," + large + ",{\"b\":2}]}",
          "[{\"a\":1}," + large + ",{\"b\":2}]", "{\"a\":1}\n" + large + "\n{\"b\":2}"}) {
        for (size_t chunk = 1; chunk <= text.size(); ++chunk) {
            std::vector<std::string> items;
            std::vector<std::string> beginnings;
            ItemSplitter splitter(
                [&](std::string_view item) -> base::Result<void> {
                    items.emplace_back(item);
                    return {};
                },
                60);
            splitter.pass_over_too_large([&](std::string_view beginning) -> base::Result<void> {
                beginnings.emplace_back(beginning);
                return {};
            });
            std::string_view rest = text;
            while (!rest.empty()) {
                const std::vector<char> copy(
                    rest.begin(),
                    rest.begin() + static_cast<ptrdiff_t>(std::min(chunk, rest.size())));
                ASSERT_TRUE(splitter.feed({copy.data(), copy.size()})) << chunk;
                rest.remove_prefix(copy.size());
            }
            ASSERT_TRUE(splitter.finish());
            EXPECT_THAT(items, ElementsAre("{\"a\":1}", "{\"b\":2}")) << chunk;
            ASSERT_EQ(beginnings.size(), 1U) << chunk;
            EXPECT_EQ(beginnings[0], large.substr(0, 60)) << chunk;
        }
    }
}

TEST(ItemSplitter, CutsTheSampleDumpAtAnyChunkSize) {
    std::ifstream file(SNAPGATE_SOURCE_DIR "/samples/kubectl-get-vmsnapshots.json");
    std::string text((std::istreambuf_iterator<char>(file)), {});
    ASSERT_FALSE(text.empty());
    Outcome whole = run({text});
    EXPECT_EQ(whole.error, "");
    EXPECT_EQ(whole.items.size(), 300);
    for (const std::string& item : whole.items) EXPECT_TRUE(parse(item));
    EXPECT_TRUE(parse(whole.envelope));

    std::mt19937 random(7);
    for (size_t largest : {7U, 100U, 5000U}) {
        std::vector<std::string_view> chunks;
        std::string_view rest = text;
        while (!rest.empty()) {
            size_t size = std::min<size_t>(rest.size(), 1 + random() % largest);
            chunks.push_back(rest.substr(0, size));
            rest.remove_prefix(size);
        }
        EXPECT_EQ(run(chunks), whole);
    }
}

}  // namespace
}  // namespace snapgate::json
