#include "output/json_path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "output/custom_columns.h"

namespace snapgate::cli {
namespace {

using testing::HasSubstr;

constexpr const char* kList = R"({"kind":"List","items":[
  {"metadata":{"name":"a","labels":{"app.kubernetes.io/name":"shop","tier":"web"}},
   "status":{"phase":"Failed","ready":false,"size":3,"share":1.5,"error":null,"parts":["x","y","z"]}},
  {"metadata":{"name":"b"},"status":{"phase":"Succeeded","ready":true,"size":10,"parts":[]}},
  {"metadata":{"name":"c"},"status":{"phase":"Failed","size":20,"parts":["w"]}}]})";

json::Value list() {
    return *json::parse(kList);
}

std::string printed(std::string_view text) {
    auto path = JsonPath::parse(text);
    if (!path) return "ERROR " + path.error().message;
    auto out = path->print(list());
    return out ? *out : "ERROR " + out.error().message;
}

TEST(JsonPathTest, MembersAreNamedByDotsAndInBrackets) {
    EXPECT_EQ(printed("{.kind}"), "List");
    EXPECT_EQ(printed("{$.kind}{@.kind}"), "ListList");
    EXPECT_EQ(printed("{['kind']}"), "List");
    EXPECT_EQ(printed("{$['items'][0][\"metadata\"]['name']}"), "a");
    EXPECT_EQ(printed("{.items[0].metadata.labels['app.kubernetes.io/name']}"), "shop");
    EXPECT_EQ(printed(R"({.items[0].metadata.labels['app\.kubernetes\.io/name']})"), "shop");
    EXPECT_EQ(printed(R"({.items[0].metadata.labels.app\.kubernetes\.io/name})"), "shop");
    EXPECT_EQ(printed("{ .items[0] .metadata .name }"), "a");
}

TEST(JsonPathTest, ElementsAreChosenByNumberSliceAndUnion) {
    EXPECT_EQ(printed("{.items[*].metadata.name}"), "a b c");
    EXPECT_EQ(printed("{.items[-1].metadata.name}"), "c");
    EXPECT_EQ(printed("{.items[0:2].metadata.name}"), "a b");
    EXPECT_EQ(printed("{.items[1:].metadata.name}"), "b c");
    EXPECT_EQ(printed("{.items[:-1].metadata.name}"), "a b");
    EXPECT_EQ(printed("{.items[::2].metadata.name}"), "a c");
    EXPECT_EQ(printed("{.items[0,2].metadata.name}"), "a c");
    EXPECT_EQ(printed("{.items[0].status['phase','size']}"), "Failed 3");
    EXPECT_EQ(printed("{.items[0].status.parts[*]}"), "x y z");
    EXPECT_EQ(printed("{.items[1].status.parts[*]}"), "");
    EXPECT_EQ(printed("{.items[*].status.parts[*]}"), "x y z w");
    EXPECT_EQ(printed("{.items[2].metadata.*}"), "c");
}

TEST(JsonPathTest, MembersAreFoundAtAnyDepth) {
    EXPECT_EQ(printed("{..name}"), "a b c");
    EXPECT_EQ(printed("{.items[0]..tier}"), "web");
    EXPECT_EQ(printed("{..metadata.name}"), "a b c");
}

TEST(JsonPathTest, FiltersCompareOneValue) {
    EXPECT_EQ(printed(R"({.items[?(@.status.phase=="Failed")].metadata.name})"), "a c");
    EXPECT_EQ(printed(R"({.items[?(@.status.phase!='Failed')].metadata.name})"), "b");
    EXPECT_EQ(printed("{.items[?(@.status.size>3)].metadata.name}"), "b c");
    EXPECT_EQ(printed("{.items[?(@.status.size >= 10.0)].metadata.name}"), "b c");
    EXPECT_EQ(printed("{.items[?(@.status.size<10)].metadata.name}"), "a");
    EXPECT_EQ(printed("{.items[?(@.status.size<=-1)].metadata.name}"), "");
    EXPECT_EQ(printed("{.items[?(@.status.ready==true)].metadata.name}"), "b");
    EXPECT_EQ(printed("{.items[?(@.status.ready)].metadata.name}"), "a b");
    EXPECT_EQ(printed("{.items[?(@.metadata.labels.tier)].metadata.name}"), "a");
    EXPECT_EQ(printed("{.items[?(@.status.phase==@.status.phase)].metadata.name}"), "a b c");
    EXPECT_EQ(printed(R"({.items[*].status.parts[?(@=="y")]})"), "y");
    EXPECT_EQ(printed("{.items[?(@.metadata.name==\"it's )\")].kind}"), "");
}

TEST(JsonPathTest, TextAndRangesArePrintedAroundValues) {
    EXPECT_EQ(printed(R"(n: {.kind}{"\n"})"), "n: List\n");
    EXPECT_EQ(printed(R"({range .items[*]}{.metadata.name}{"\t"}{.status.phase}{"\n"}{end}.)"),
              "a\tFailed\nb\tSucceeded\nc\tFailed\n.");
    EXPECT_EQ(
        printed(R"({range .items[*]}{.metadata.name}={range .status.parts[*]}<{@}>{end};{end})"),
        "a=<x><y><z>;b=;c=<w>;");
    EXPECT_EQ(printed("{range .nothing[*]}x{end}y"), "y");
    EXPECT_EQ(printed("{range .items[*]}{.metadata.name},"), "a,b,c,");
    EXPECT_EQ(printed(R"({"\u00e4\"\\'"}{'"\''})"), "\xc3\xa4\"\\'\"'");
}

TEST(JsonPathTest, ValuesArePrintedAsTheyAre) {
    EXPECT_EQ(printed("{.items[0].status.ready}"), "false");
    EXPECT_EQ(printed("{.items[0].status.size}"), "3");
    EXPECT_EQ(printed("{.items[0].status.share}"), "1.5");
    EXPECT_EQ(printed("{.items[2].metadata}"), R"({"name":"c"})");
    EXPECT_EQ(printed("{.items[0].status.parts}"), R"(["x","y","z"])");
    EXPECT_EQ(printed("{.items[0].status.error}"), "null");
    EXPECT_EQ(printed("{.nothing.of.the.kind}"), "");
    EXPECT_EQ(printed("{.kind.of}"), "");
}

TEST(JsonPathTest, ATemplateWithoutBracesIsOneExpression) {
    EXPECT_EQ(printed(".kind"), "List");
    EXPECT_EQ(printed("kind"), "List");
    EXPECT_EQ(printed(".items[1].metadata.name"), "b");
    EXPECT_EQ(printed("['kind']"), "List");
}

TEST(JsonPathTest, AnErrorSaysWhere) {
    const std::pair<const char*, const char*> wrong[] = {
        {"", "the template is empty"},
        {"{", "at the end of the template"},
        {"{.a", "expected } at the end of the expression"},
        {"{.a}{.b", "expected }"},
        {"{.}}", ""},
        {"{..}", ""},
        {"{...a}", "expected a name after .., at character 4: .a}"},
        {"{.a[}", "at character 5: }"},
        {"{.a[x]}", "expected a number, *, a slice, 'a name' or ?(a filter), at character 5: x]}"},
        {"{.a[1:2:0]}", "the step of a slice must be above 0"},
        {"{.a[99999999999999999999]}", "the number is too large"},
        {"{.a['b}", "the quoted text has no end, at character 5: 'b}"},
        {"{.a[?(@.b=~'x')]}", "expected ==, !=, <, <=, > or >=, at character 10: =~"},
        {"{.a[?(@.b==x)]}", "expected \"text\", a number, true, false, null or @.member"},
        {"{.a[?(@.b==1 && @.c==2)]}", "expected ) at the end of the filter"},
        {"{.a[?(1==1)]}", "expected @ in a filter"},
        {"{.a[?(@.b)}", "expected ]"},
        {"{.a b}", "an expression has members"},
        {"{foo}", "an expression has members like .name"},
        {"{end}", "there is no range that {end} could end"},
        {"{range .a}{end}{end}", "there is no range"},
        {"{range .a}{end x}", "expected } after end"},
        {R"({"\u12"})", "four hexadecimal digits"},
        {R"({"\ud800"})", "half of a character"},
        {"{.a\n}", "an expression has members"}};
    for (const auto& [text, said] : wrong) {
        auto path = JsonPath::parse(text);
        if (*said == '\0') continue;
        ASSERT_FALSE(path) << text;
        EXPECT_EQ(path.error().code, base::Code::kInvalidParameter);
        EXPECT_THAT(path.error().message, HasSubstr(said)) << text;
    }
    EXPECT_FALSE(JsonPath::parse(std::string(JsonPath::kMostBytes + 1, 'a')));
    std::string deep;
    for (int i = 0; i < 100; ++i) deep += "{range .a[*]}";
    EXPECT_THAT(JsonPath::parse(deep).error().message, HasSubstr("nested too deeply"));
    deep = "{";
    for (int i = 0; i < 100; ++i) deep += ".a[?(@";
    EXPECT_THAT(JsonPath::parse(deep).error().message, HasSubstr("nested too deeply"));
}

TEST(JsonPathTest, AValueThatDoesNotFitIsToldWithTheExpression) {
    EXPECT_EQ(printed("{.items[3]}"),
              "ERROR jsonpath {.items[3]}: index 3 is beyond an array of 3");
    EXPECT_EQ(printed("{.items[-4]}"),
              "ERROR jsonpath {.items[-4]}: index -4 is beyond an array of 3");
    EXPECT_EQ(printed("{.items[1:9]}"),
              "ERROR jsonpath {.items[1:9]}: the slice is beyond an array of 3");
    EXPECT_EQ(printed("{.items[2:1]}"),
              "ERROR jsonpath {.items[2:1]}: the slice ends before it begins");
    EXPECT_THAT(printed("{.kind[0]}"), HasSubstr("a text has no elements by number"));
    EXPECT_THAT(printed("{.kind[?(@.x)]}"), HasSubstr("a text has no elements to filter"));
    EXPECT_THAT(printed("{.items[?(@.status.size=='3')]}"),
                HasSubstr("a number cannot be compared with a text"));
    EXPECT_THAT(printed("{.items[?(@.status.parts[*]=='x')]}"), HasSubstr("compares one value"));
}

TEST(JsonPathTest, AShortTemplateCannotAskForEndlesslyMuch) {
    const auto deep = json::parse(std::string(60, '[') + "1" + std::string(60, ']'));
    ASSERT_TRUE(deep) << deep.error().message;
    std::string many = "{";
    for (int i = 0; i < 20; ++i) many += "..*";
    const auto walked = JsonPath::parse(many + "}")->print(*deep);
    ASSERT_FALSE(walked);
    EXPECT_THAT(walked.error().message, HasSubstr("looks at more than 50000000 values"));
    std::string ranges;
    for (int i = 0; i < 20; ++i) ranges += "{range $..*}";
    const auto ranged = JsonPath::parse(ranges)->print(*deep);
    ASSERT_FALSE(ranged);
    EXPECT_THAT(ranged.error().message, HasSubstr("looks at more than 50000000 values"));
    const auto twice = JsonPath::parse("{.a}{.a}");
    const auto text = json::parse(R"({"a":"1234567890"})");
    EXPECT_EQ(*twice->print(*text, 21), "12345678901234567890");
    const auto printed_too_much = twice->print(*text, 19);
    ASSERT_FALSE(printed_too_much);
    EXPECT_THAT(printed_too_much.error().message,
                HasSubstr("{.a}: this prints more than 19 bytes"));
}

std::string row(std::string_view columns, const char* object) {
    auto parsed = CustomColumns::parse(columns);
    if (!parsed) return "ERROR " + parsed.error().message;
    auto cells = parsed->row(*json::parse(object));
    if (!cells) return "ERROR " + cells.error().message;
    std::string out;
    for (size_t i = 0; i < cells->size(); ++i)
        out += parsed->columns()[i].title + "=" + (*cells)[i] + ";";
    return out;
}

TEST(CustomColumnsTest, EachHasATitleAndAnExpression) {
    const char* object =
        R"({"metadata":{"name":"a","x":null},"status":{"parts":["p","q"],"of":{"n":1}}})";
    EXPECT_EQ(row("NAME:.metadata.name,PARTS:.status.parts[*]", object), "NAME=a;PARTS=p,q;");
    EXPECT_EQ(row("N:metadata.name,M:{.metadata.name}", object), "N=a;M=a;");
    EXPECT_EQ(row("NONE:.status.nothing,NULL:.metadata.x", object), "NONE=<none>;NULL=<none>;");
    EXPECT_EQ(row("OF:.status.of", object), R"(OF={"n":1};)");
    EXPECT_EQ(row("TWO:.status.parts[0,1],F:.status.parts[?(@==\"q\")]", object), "TWO=p,q;F=q;");
}

TEST(CustomColumnsTest, AnErrorNamesTheColumn) {
    EXPECT_THAT(row("", "{}"), HasSubstr("names no column"));
    EXPECT_THAT(row("NAME", "{}"), HasSubstr("\"NAME\" is no TITLE:EXPRESSION"));
    EXPECT_THAT(row("A:.a,:b", "{}"), HasSubstr("\":b\" is no TITLE:EXPRESSION"));
    EXPECT_THAT(row("A:.a,B:", "{}"), HasSubstr("\"B:\" is no"));
    EXPECT_THAT(row("A:.a[", "{}"), HasSubstr("column A: jsonpath"));
    EXPECT_THAT(row("A:.a[0]", R"({"a":[]})"), HasSubstr("index 0 is beyond"));
}

TEST(CustomColumnsTest, AFileHasTitlesAboveExpressions) {
    auto parsed = CustomColumns::parse_lines("NAME  UID\r\nmetadata.name   .metadata.uid\n\n");
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_EQ(parsed->columns().size(), 2U);
    EXPECT_EQ(parsed->columns()[1].title, "UID");
    for (const char* text : {"", "NAME", "NAME\n", "NAME UID\n.a\n", "\n.a\n"})
        EXPECT_FALSE(CustomColumns::parse_lines(text)) << text;
}

}  // namespace
}  // namespace snapgate::cli
