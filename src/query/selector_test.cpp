#include "query/selector.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace snapgate::query {
namespace {

const Labels kGold{
    {"app.kubernetes.io/name", "web"}, {"in", "x"}, {"tier", "gold"}, {"weight", "20"}};

bool selects(std::string_view labels, std::string_view fields, const Labels& of = kGold) {
    auto selector = Selector::parse(model::Kind::kSnapshot, labels, fields);
    EXPECT_TRUE(selector) << labels << " " << fields << ": " << selector.error().message;
    return selector && selector->matches("web", "snap-1", of, "");
}

std::string refusal(std::string_view labels, std::string_view fields) {
    auto selector = Selector::parse(model::Kind::kSnapshot, labels, fields);
    EXPECT_FALSE(selector) << labels << " " << fields;
    if (selector) return {};
    EXPECT_EQ(selector.error().code, base::Code::kInvalidParameter);
    return selector.error().message;
}

TEST(SelectorTest, LabelsThatMatch) {
    for (const char* labels : {"",
                               " ",
                               "tier",
                               "tier=gold",
                               "tier==gold",
                               "tier = gold",
                               "tier in (gold)",
                               "tier in (silver,gold)",
                               "tier in ( silver , gold )",
                               "tier notin (silver)",
                               "tier!=silver",
                               "!absent",
                               "! absent",
                               "absent!=x",
                               "absent notin (x,y)",
                               "weight>19",
                               "weight<21",
                               "weight > 19, weight < 21",
                               "tier=gold,app.kubernetes.io/name=web",
                               "tier,!absent",
                               "in",
                               "in=x",
                               "in in (x)",
                               "in notin (in)",
                               "tier\tin\n(gold)",
                               "absent notin (,)",
                               "tier,in,!notin"})
        EXPECT_TRUE(selects(labels, "")) << labels;
}

TEST(SelectorTest, LabelsThatDoNot) {
    for (const char* labels :
         {"!tier", "tier=silver", "tier=", "absent", "absent=", "absent in (gold)", "absent>1",
          "tier notin (gold)", "tier!=gold", "tier in (,)", "tier in (silver,,bronze)", "tier>1",
          "tier<1", "weight>20", "weight<20", "tier=gold,absent"})
        EXPECT_FALSE(selects(labels, "")) << labels;
    EXPECT_TRUE(selects("tier in (a,,b)", "", {{"tier", ""}}));
    EXPECT_TRUE(selects("tier=", "", {{"tier", ""}}));
}

TEST(SelectorTest, Fields) {
    for (const char* fields :
         {"", "metadata.name=snap-1", "metadata.name==snap-1", "metadata.name!=snap-2",
          "metadata.namespace=web", "metadata.namespace=web,metadata.name=snap-1", ",,",
          "metadata.namespace!=db,,metadata.name!=x\\,y\\=z\\\\"})
        EXPECT_TRUE(selects("", fields)) << fields;
    for (const char* fields :
         {"metadata.name=snap-2", "metadata.name=", "metadata.name!=snap-1",
          "metadata.namespace=db", "metadata.name=snap-1,metadata.name=snap-2"})
        EXPECT_FALSE(selects("", fields)) << fields;
    EXPECT_FALSE(selects("tier=silver", "metadata.name=snap-1"));
    EXPECT_FALSE(selects("tier=gold", "metadata.name=snap-2"));
}

TEST(SelectorTest, WhatIsToBeRead) {
    EXPECT_TRUE(Selector().everything());
    EXPECT_TRUE(Selector::parse(model::Kind::kSnapshot, " ", ",")->everything());
    auto labels = Selector::parse(model::Kind::kSnapshot, "tier", "");
    EXPECT_FALSE(labels->everything());
    EXPECT_TRUE(labels->reads_labels());
    EXPECT_EQ(labels->only_name(), std::nullopt);
    auto fields = Selector::parse(model::Kind::kSnapshot, "",
                                  "metadata.name!=a,metadata.name=b,metadata.namespace=web");
    EXPECT_FALSE(fields->everything());
    EXPECT_FALSE(fields->reads_labels());
    EXPECT_EQ(fields->only_name(), "b");
    EXPECT_EQ(fields->only_namespace(), "web");
    EXPECT_EQ(Selector::parse(model::Kind::kSnapshot, "", "metadata.name!=a")->only_name(),
              std::nullopt);
}

TEST(SelectorTest, FieldsOfNamespaces) {
    const auto selects = [](std::string_view fields, std::string_view phase) {
        auto selector = Selector::parse(model::Kind::kNamespace, "", fields);
        EXPECT_TRUE(selector) << fields;
        return selector && selector->matches("", "web", {}, phase);
    };
    EXPECT_TRUE(selects("status.phase=Active", "Active"));
    EXPECT_FALSE(selects("status.phase=Active", "Terminating"));
    EXPECT_TRUE(selects("status.phase!=Active", "Terminating"));
    EXPECT_TRUE(selects("metadata.name=web,status.phase=Active", "Active"));
    EXPECT_FALSE(selects("metadata.name=db,status.phase=Active", "Active"));
    auto refused = Selector::parse(model::Kind::kNamespace, "", "metadata.namespace=web");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message, "field label not supported: metadata.namespace");
}

TEST(SelectorTest, WhatNoNameCanBe) {
    const auto nothing = [](const std::string& fields) {
        return Selector::parse(model::Kind::kSnapshot, "", fields)->nothing();
    };
    EXPECT_FALSE(nothing(""));
    EXPECT_FALSE(nothing("metadata.name=" + std::string(253, 'n')));
    EXPECT_TRUE(nothing("metadata.name=" + std::string(254, 'n')));
    EXPECT_FALSE(nothing("metadata.name!=" + std::string(254, 'n')));
    EXPECT_FALSE(nothing("metadata.namespace=" + std::string(63, 'n')));
    EXPECT_TRUE(nothing("metadata.namespace=" + std::string(64, 'n')));
    EXPECT_TRUE(nothing(std::string("metadata.name=a\0b", 17)));
    EXPECT_TRUE(nothing("metadata.name=a,metadata.namespace=\x1f"));
}

TEST(SelectorTest, ErrorsInKubernetesWords) {
    struct Case {
        const char* labels;
        const char* fields;
        const char* message;
    };
    const std::string name_rule =
        "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
        "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for "
        "validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
    const std::string value_rule =
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or "
        "'.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or "
        "'my_value',  or '12345', regex used for validation is "
        "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
    const std::array cases{
        Case{"a b c", "",
             "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"},
        Case{"=a", "", "found '=', expected: !, identifier, or 'end of string'"},
        Case{"a,", "", "found '', expected: identifier after ','"},
        Case{"a,=", "", "found '=', expected: identifier after ','"},
        Case{"!a=b", "", "found '=', expected: ',' or 'end of string'"},
        Case{"a=b c", "", "found 'c', expected: ',' or 'end of string'"},
        Case{"!", "", "unable to parse requirement: found '', expected: identifier"},
        Case{"a===b", "", "unable to parse requirement: found '=', expected: identifier"},
        Case{"a in b", "", "unable to parse requirement: found 'b' expected: '('"},
        Case{"a in", "", "unable to parse requirement: found '' expected: '('"},
        Case{"a in (b", "", "unable to parse requirement: found '', expected: ',' or ')'"},
        Case{"a in (", "",
             "unable to parse requirement: found '', expected: ',', ')' or identifier"},
        Case{"a in (b,!)", "",
             "unable to parse requirement: found '!', expected: ',', or identifier"},
        Case{"a in ()", "",
             "unable to parse requirement: values: Invalid value: []string{}: for 'in', 'notin' "
             "operators, values set can't be empty"},
        Case{"a>x", "",
             "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' "
             "operators, the value must be an integer"},
        Case{"a>99999999999999999999", "",
             "unable to parse requirement: values[0]: Invalid value: \"99999999999999999999\": for "
             "'Gt', 'Lt' operators, the value must be an integer"},
        Case{"", "metadata.name",
             "invalid selector: 'metadata.name'; can't understand 'metadata.name'"},
        Case{"", "spec.source.name=db-1", "field label not supported: spec.source.name"},
        Case{"", "status.phase!=x,metadata.name=a", "field label not supported: status.phase"},
        Case{"", "metadata.name=a=b", "invalid field selector: unescaped character in value: 61"},
        Case{"", "metadata.name=a\\b", "invalid field selector: invalid escape sequence: \\b"},
        Case{"", "metadata.name=a\\", "invalid field selector: invalid escape sequence: \\"},
    };
    for (const Case& one : cases) EXPECT_EQ(refusal(one.labels, one.fields), one.message);

    const std::string unable = "unable to parse requirement: ";
    EXPECT_EQ(refusal("a@b", ""), unable + "<nil>: Invalid value: \"a@b\": name part " + name_rule);
    EXPECT_EQ(refusal("x/y/z", ""), unable + "<nil>: Invalid value: \"x/y/z\": a qualified name " +
                                        name_rule +
                                        " with an optional DNS subdomain prefix and '/' (e.g. "
                                        "'example.com/MyName')");
    EXPECT_EQ(refusal("/y", ""),
              unable + "<nil>: Invalid value: \"/y\": prefix part must be non-empty");
    EXPECT_EQ(refusal("x/", ""), unable +
                                     "<nil>: Invalid value: \"x/\": name part must be non-empty; "
                                     "name part " +
                                     name_rule);
    EXPECT_EQ(refusal("a=b\"", ""),
              unable + "values[0][a]: Invalid value: \"b\\\"\": " + value_rule);
    const std::string longer(64, 'v');
    EXPECT_EQ(refusal("a=" + longer, ""), unable + "values[0][a]: Invalid value: \"" + longer +
                                              "\": must be no more than 63 characters");
    EXPECT_EQ(refusal("a in (@,-)", ""),
              unable + "[values[0][a]: Invalid value: \"-\": " + value_rule +
                  ", values[1][a]: Invalid value: \"@\": " + value_rule + "]");
}

TEST(SelectorTest, HasAtMostTwoHundredTerms) {
    std::string labels = "k";
    std::string fields = "metadata.name!=a";
    for (size_t i = 1; i < kMostSelectorTerms; ++i) {
        labels += ",k";
        fields += ",metadata.name!=a";
    }
    EXPECT_TRUE(Selector::parse(model::Kind::kSnapshot, labels, fields));
    const auto more_labels = Selector::parse(model::Kind::kSnapshot, labels + ",k", fields);
    ASSERT_FALSE(more_labels);
    EXPECT_EQ(more_labels.error().subject, "labelSelector");
    const auto more_fields =
        Selector::parse(model::Kind::kSnapshot, labels, fields + ",metadata.name!=a");
    ASSERT_FALSE(more_fields);
    EXPECT_EQ(more_fields.error().subject, "fieldSelector");
}

TEST(SelectorTest, HasAtMostAThousandValuesInAllTerms) {
    const auto values = [](size_t count) {
        std::string text = "(";
        for (size_t i = 0; i < count; ++i) text += fmt::format("{}v{}", i == 0 ? "" : ",", i);
        return text + ")";
    };
    const std::string half = "a in " + values(kMostSelectorValues / 2) + ",b notin ";
    EXPECT_TRUE(
        Selector::parse(model::Kind::kSnapshot, half + values(kMostSelectorValues / 2), ""));
    EXPECT_EQ(refusal(half + values(kMostSelectorValues / 2 + 1), ""),
              "unable to parse requirement: a selector has at most 1000 values");
}

TEST(SelectorTest, ARefusalOfALongSelectorIsShort) {
    std::string many = "a in (~0";
    for (int i = 1; i < 900; ++i) many += fmt::format(",~{}", i);
    const std::string faults = refusal(many + ")", "");
    EXPECT_NE(faults.find("values[9][a]"), std::string::npos);
    EXPECT_EQ(faults.find("values[10][a]"), std::string::npos);
    const std::string longer(60000, '~');
    for (const std::string& selector :
         {longer, "!" + longer, "a=" + longer, "a in (" + longer + ")", "a>" + longer,
          "a " + longer, "a in " + longer, "a in (b " + longer + ")"}) {
        EXPECT_LT(refusal(selector, "").size(), 2048U) << selector.substr(0, 8);
    }
    for (const std::string& selector :
         {longer, longer + "=a", longer + "!=a", "metadata.name=\\" + longer})
        EXPECT_LT(refusal("", selector).size(), 2048U) << selector.substr(0, 8);
}

TEST(SelectorTest, PrefixesOfKeys) {
    for (const char* key : {"example.com/a", "a-b.c/d", "x/y"})
        EXPECT_FALSE(selects(key, "")) << key;
    for (const char* key :
         {"Example.com/a", "a..b/c", "-a/b", "a-/b", "a.-b/c", "a-.b/c", "a./b"}) {
        EXPECT_NE(refusal(key, "").find("prefix part a lowercase RFC 1123 subdomain must"),
                  std::string::npos)
            << key;
    }
    EXPECT_NE(refusal(std::string(254, 'a') + "/b", "")
                  .find("prefix part must be no more than 253 characters"),
              std::string::npos);
}

}  // namespace
}  // namespace snapgate::query
