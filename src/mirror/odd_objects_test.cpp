#include "mirror/odd_objects.h"

#include <gtest/gtest.h>

#include <string>

namespace snapgate::mirror {
namespace {

bool is_odd(std::string_view item) {
    return is_odd_object(item, cluster::snapshots());
}

TEST(OddObjects, WhatIsNoObjectOrLacksWhatEveryObjectHas) {
    for (const std::string_view item :
         {"null", "true", "7", "\"text\"", "[]", "[{}]", "{}", R"({"metadata":null})",
          R"({"kind":"VirtualMachineSnapshot","metadata":{"name":"a b"}})",
          R"({"kind":null,"apiVersion":5,"metadata":7})",
          R"({"apiVersion":"snapshot.kubevirt.io/v1alpha1","metadata":{}})"})
        EXPECT_TRUE(is_odd(item)) << item;
}

TEST(OddObjects, WhatIsNestedTooDeepIsStillJson) {
    const std::string deep =
        R"({"spec":)" + std::string(100'000, '[') + std::string(100'000, ']') + "}";
    EXPECT_TRUE(is_odd(deep));
    EXPECT_FALSE(is_odd(deep.substr(0, deep.size() - 2)));
}

// Each in a value, a name of a member, and alone; what ends where it seems to is an object.
TEST(OddObjects, WhatNoReaderTakesIsPassedOverWhereItsEndIsPlain) {
    for (const std::string_view value : {"\"\xff\"", "\"\xc3\"", "\"\xed\xa0\x80\"", "\"\\ud800\"",
                                         "\"\\udc00\\ud800\"", "1e999", "-1e999", "[1e999]"}) {
        EXPECT_TRUE(is_odd(value)) << value;
        EXPECT_TRUE(is_odd(R"({"metadata":{"name":"a"},"spec":{"x":)" + std::string(value) + "}}"))
            << value;
        const auto taken = take_object(cluster::snapshots(),
                                       R"({"metadata":{"name":"a","namespace":"n","uid":"u",)"
                                       R"("resourceVersion":"7"},"spec":{"x":)" +
                                           std::string(value) + "}}");
        ASSERT_TRUE(taken.has_value()) << value;
        EXPECT_FALSE(taken->object.has_value()) << value;
    }
    EXPECT_TRUE(is_odd("{\"\xff\":1}"));
    // Its kind still counts, and so does its end.
    EXPECT_FALSE(is_odd("{\"kind\":\"Pod\",\"x\":\"\xff\"}"));
    for (const std::string_view broken :
         {"{\"a\":\xff}", "{\"a\":\"\xff\"}}", "{\"a\":\"\xff}", "{\"a\":\"\\ud8\"}",
          "{\"a\":\"\\x\"}", "{\"a\":\"\n\"}", "{\"a\":1e}", "{\"a\":\"\xff\"},{\"b\":1}",
          "{\"a\":[1e999}}"})
        EXPECT_FALSE(is_odd(broken)) << broken;
}

TEST(OddObjects, BrokenTextAndOtherKindsAreNone) {
    for (const std::string_view item :
         {"", "{", R"({"spec"::{}})", R"({"a":1}{)", R"({"kind":"Pod","apiVersion":"v1"})",
          R"({"kind":"VirtualMachineRestore"})", R"({"apiVersion":"apps/v1"})"})
        EXPECT_FALSE(is_odd(item)) << item;
}

TEST(OddObjects, AnObjectIsTakenOrOddOrNoAnswerOfACluster) {
    const auto take = [](std::string_view text) { return take_object(cluster::snapshots(), text); };
    const auto good = take(R"({"metadata":{"name":"a","namespace":"n","uid":"u",)"
                           R"("resourceVersion":"7"},"spec":{}})");
    ASSERT_TRUE(good.has_value());
    ASSERT_TRUE(good->object.has_value());
    EXPECT_EQ(good->object->version, "7");

    const auto odd = take(R"({"metadata":{"name":"a b"}})");
    ASSERT_TRUE(odd.has_value());
    EXPECT_FALSE(odd->object.has_value());
    EXPECT_NE(odd->odd, "");

    const auto wrong = take(R"({"kind":"Pod","apiVersion":"v1"})");
    ASSERT_FALSE(wrong.has_value());
    EXPECT_EQ(wrong.error().reason, "AnswerInvalid");
    EXPECT_EQ(wrong.error().next, Setback::Next::kRelist);
}

TEST(OddObjects, WhatCanBeKeptHasAWholeIdentity) {
    const auto head = [](std::string ns, std::string name, std::string uid, std::string version) {
        json::ObjectHead made;
        made.ns = std::move(ns);
        made.name = std::move(name);
        made.uid = std::move(uid);
        made.version = std::move(version);
        return made;
    };
    EXPECT_TRUE(can_be_kept(head("a", "b.c", "u", "7")));
    EXPECT_FALSE(can_be_kept(head("", "b", "u", "7")));
    EXPECT_FALSE(can_be_kept(head("a", "B", "u", "7")));
    EXPECT_FALSE(can_be_kept(head("a", "", "u", "7")));
    EXPECT_FALSE(can_be_kept(head("a.b", "b", "u", "7")));
    EXPECT_FALSE(can_be_kept(head("a", "b", "", "7")));
    EXPECT_FALSE(can_be_kept(head("a", "b", "u", "")));
    EXPECT_FALSE(can_be_kept(head("a", "b", "u", "7 8")));
}

}  // namespace
}  // namespace snapgate::mirror
