#include "rules/field_set.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace snapgate::rules {
namespace {

using Path = std::vector<std::string>;
using Model = std::set<Path>;

FieldSet read(std::string_view text) {
    auto value = json::parse(text);
    auto set = FieldSet::read(value ? *value : json::Value());
    EXPECT_TRUE(set) << text;
    return set ? *set : FieldSet();
}

FieldSet set_of(const Model& paths) {
    FieldSet set;
    for (const Path& path : paths) set.insert(path);
    return set;
}

TEST(FieldSet, IsWrittenAsItWasRead) {
    for (std::string_view text :
         {R"({})", R"({"f:spec":{".":{},"f:source":{}}})", R"({"f:a":{"f:b":{"f:c":{}}}})",
          R"({"f:l":{".":{},"v:\"x\"":{},"k:{\"uid\":\"1\"}":{".":{},"f:n":{}},"i:3":{}}})"})
        EXPECT_EQ(read(text).write(), *json::parse(text)) << text;
}

TEST(FieldSet, ReadsOneElementInWhateverTextItComes) {
    EXPECT_EQ(read(R"({"k:{\"b\":1,\"a\":2}":{}})"), read(R"({"k:{\"a\":2, \"b\":1}":{}})"));
    EXPECT_EQ(read(R"({"v:\"a<b\"":{}})").write(), *json::parse(R"({"v:\"a\\u003cb\"":{}})"));
    EXPECT_EQ(read(R"({"v:\"\\u0061\"":{},"v:\"a\"":{"f:x":{}}})"),
              read(R"({"v:\"a\"":{".":{},"f:x":{}}})"));
    // Of a kind that nobody knows, and the root itself.
    EXPECT_TRUE(read(R"({"x:a":{},".":{}})").empty());
}

// Each once, however often it is there: in one pass.
TEST(FieldSet, ReadsEndlessTextsOfOneElement) {
    json::Object same;
    json::Object different;
    for (int i = 0; i < 100'000; ++i) {
        std::string text = "v:";
        for (int bit = 0; bit < 17; ++bit) text += (i >> bit & 1) != 0 ? ' ' : '\t';
        same[text + "1"] = json::Object();
        json::Object below;
        below[fmt::format("f:{:06}", i * 37 % 100'000)] = json::Object();
        different[text + "2"] = std::move(below);
    }
    same["v:2"] = json::Object();
    EXPECT_EQ(read(json::serialize(same)).write(), *json::parse(R"({"v:1":{},"v:2":{}})"));
    json::Value written = read(json::serialize(different)).write();
    ASSERT_EQ(written.get_object().size(), 1U);
    EXPECT_EQ(written.get_object().at("v:2").get_object().size(), 100'000U);
}

TEST(FieldSet, TakesALargeSetFromManySmallOnes) {
    FieldSet large;
    for (int i = 0; i < 50'000; ++i)
        large.insert(std::vector<std::string>{fmt::format("f:{:06}", i)});
    for (int i = 0; i < 20'000; ++i) {
        FieldSet small;
        small.insert(std::vector<std::string>{fmt::format("f:{:06}", i * 5)});
        small.insert(std::vector<std::string>{fmt::format("f:{:06}", i * 5 + 1)});
        small.subtract(large);
        ASSERT_EQ(small.empty(), i < 10'000) << i;
    }
}

TEST(FieldSet, RefusesWhatIsNone) {
    for (std::string_view text :
         {R"([])", R"("f:a")", R"(null)", R"({"f:a":1})", R"({"f:a":null})", R"({"spec":{}})",
          R"({"":{}})", R"({"v:x":{}})", R"({"k:1":{}})", R"({"k:{":{}})", R"({"i:x":{}})",
          R"({"i:1x":{}})", R"({"f:a":{"b":{}}})"}) {
        auto set = FieldSet::read(*json::parse(text));
        ASSERT_FALSE(set) << text;
        EXPECT_EQ(set.error().code, base::Code::kInvalidBody);
    }
}

TEST(FieldSet, TakesPartsOfWhatIsAtomicForTheWhole) {
    FieldSet set =
        read(R"({"f:spec":{"f:source":{"f:name":{},"f:kind":{}},"f:deletionPolicy":{}},)"
             R"("f:status":{"f:conditions":{"i:0":{}},"f:indications":{"v:\"a\"":{}}},)"
             R"("f:metadata":{"f:labels":{"f:a":{"f:b":{}}},)"
             R"("f:ownerReferences":{"k:{\"uid\":\"1\"}":{"f:name":{}}}},"f:unknown":{"f:x":{}}})");
    set.fit_to(model::kSnapshotSchema);
    EXPECT_EQ(set,
              read(R"({"f:spec":{"f:source":{},"f:deletionPolicy":{}},)"
                   R"("f:status":{"f:conditions":{},"f:indications":{"v:\"a\"":{}}},)"
                   R"("f:metadata":{"f:labels":{"f:a":{}},)"
                   R"("f:ownerReferences":{"k:{\"uid\":\"1\"}":{}}},"f:unknown":{"f:x":{}}})"));
}

// Against sets of whole paths.
TEST(FieldSet, IsASet) {
    std::mt19937 random(20261104);
    auto below = [&random](size_t end) {
        return std::uniform_int_distribution<size_t>(0, end - 1)(random);
    };
    auto some_paths = [&] {
        Model paths;
        size_t count = below(12);
        for (size_t i = 0; i < count; ++i) {
            Path path;
            size_t length = 1 + below(4);
            for (size_t j = 0; j < length; ++j) path.push_back(fmt::format("f:{}", below(3)));
            paths.insert(path);
        }
        return paths;
    };
    auto minus = [](const Model& a, const Model& b) {
        Model left;
        for (const Path& path : a)
            if (!b.contains(path)) left.insert(path);
        return left;
    };
    for (int round = 0; round < 3000; ++round) {
        Model a = some_paths();
        Model b = some_paths();
        FieldSet set = set_of(a);
        FieldSet other = set_of(b);
        EXPECT_EQ(set.empty(), a.empty());
        for (const Path& path : b) EXPECT_EQ(set.contains(path), a.contains(path));
        EXPECT_EQ(read(json::serialize(set.write())), set);

        FieldSet united = set;
        united.unite(other);
        Model both = a;
        both.insert(b.begin(), b.end());
        EXPECT_EQ(united, set_of(both));

        FieldSet left = set;
        left.subtract(other);
        EXPECT_EQ(left, set_of(minus(a, b)));

        FieldSet common = set;
        common.intersect(other);
        EXPECT_EQ(common, set_of(minus(a, minus(a, b))));
        ASSERT_FALSE(HasFailure()) << json::serialize(set.write()) << "\n"
                                   << json::serialize(other.write());
    }
}

}  // namespace
}  // namespace snapgate::rules
