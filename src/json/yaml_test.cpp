#include "json/yaml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

#include "json/object.h"
#include "json/splitter.h"
#include "json/yaml_scalar.h"

namespace snapgate::json {
namespace {

using ::testing::HasSubstr;

base::Result<std::string> convert(const std::string& yaml) {
    std::istringstream in(yaml);
    std::string json;
    auto result = yaml_to_json(in, [&json](std::string_view part) {
        json += part;
        return base::Result<void>();
    });
    if (!result) return result.error();
    return json;
}

std::string converted(const std::string& yaml) {
    auto json = convert(yaml);
    return json ? *json : "error: " + json.error().message;
}

std::string refusal(const std::string& yaml) {
    auto json = convert(yaml);
    if (json) return "(taken) " + *json;
    EXPECT_EQ(json.error().code, base::Code::kInvalidBody);
    return json.error().message;
}

TEST(YamlToJson, WritesMapsAndLists) {
    EXPECT_EQ(converted("a: 1\nb:\n- x\n- y: z\n  w: []\n- - 1\n  - 2\nc: {d: e, f: [g, 'h']}\n"),
              R"({"a":1,"b":["x",{"y":"z","w":[]},[1,2]],"c":{"d":"e","f":["g","h"]}})"
              "\n");
    EXPECT_EQ(converted("{\"a\": [1, {\"b\": null}], \"c\": \"\\u00e4\\n\"}"),
              "{\"a\":[1,{\"b\":null}],\"c\":\"ä\\n\"}\n");
    EXPECT_EQ(converted("a: |\n  x"), "{\"a\":\"x\\n\"}\n");
    EXPECT_EQ(converted("a: |+\n  x\n\n"), "{\"a\":\"x\\n\\n\"}\n");
    EXPECT_EQ(converted("a: x"), "{\"a\":\"x\"}\n");
    EXPECT_EQ(converted("a:\nb: ~\n"), "{\"a\":null,\"b\":null}\n");
}

TEST(YamlToJson, WritesAtEachAliasWhatItsAnchorStandsFor) {
    EXPECT_EQ(converted("a: &x 1\nb: *x\n"), "{\"a\":1,\"b\":1}\n");
    EXPECT_EQ(converted("a: &x {b: [1, &y two]}\nc: *x\nd: [*y, *x]\n"),
              R"({"a":{"b":[1,"two"]},"c":{"b":[1,"two"]},"d":["two",{"b":[1,"two"]}]})"
              "\n");
    EXPECT_EQ(converted("- &x\n  a: b\n- *x\n"), "[{\"a\":\"b\"},{\"a\":\"b\"}]\n");
    EXPECT_EQ(converted("a: &n\nb: *n\nc: &k key\n*k : d\n"),
              "{\"a\":null,\"b\":null,\"c\":\"key\",\"key\":\"d\"}\n");
    EXPECT_EQ(converted("a: &x 1\nb: &x 2\nc: *x\n"), "{\"a\":1,\"b\":2,\"c\":2}\n");
    // Longer than what is handed on at once.
    const std::string text(100'000, 'x');
    EXPECT_EQ(converted("a: &x [" + text + "]\nb: *x\n"),
              "{\"a\":[\"" + text + "\"],\"b\":[\"" + text + "\"]}\n");
    // An anchor is of its document.
    EXPECT_THAT(refusal("a: &x 1\n---\nb: *x\n"), HasSubstr("line 3"));
}

TEST(YamlToJson, BoundsWhatAnchorsStandFor) {
    // Ten of ten of ten ...
    std::string laughs = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n";
    for (int i = 1; i < 12; ++i) {
        const std::string last = "*a" + std::to_string(i - 1);
        laughs += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last;
        for (int j = 1; j < 10; ++j) laughs += ", " + last;
        laughs += "]\n";
    }
    EXPECT_THAT(refusal(laughs), HasSubstr("stand for"));
    EXPECT_THAT(refusal("a: &x [" + std::string(1 << 20, 'x') + "]\n"), HasSubstr("anchors stand"));
    EXPECT_THAT(refusal("a: &x " + std::string(700'000, 'x') + "\nb: &y " +
                        std::string(700'000, 'y') + "\n"),
                HasSubstr("anchors stand"));
    std::string deep = "a: &d0 [1]\n";
    for (int i = 1; i < 80; ++i)
        deep += "a" + std::to_string(i) + ": &d" + std::to_string(i) + " [*d" +
                std::to_string(i - 1) + "]\n";
    EXPECT_THAT(refusal(deep), HasSubstr("nested deeper"));
}

TEST(YamlToJson, WritesDocumentsOneAfterAnother) {
    EXPECT_EQ(converted("a: 1\n---\nb: 2\n...\n---\n- 3\n"), "{\"a\":1}\n{\"b\":2}\n[3]\n");
    EXPECT_EQ(converted(""), "");
    EXPECT_EQ(converted("# nothing\n"), "");
    EXPECT_EQ(converted("---\n---\na: 1\n---\n"), "{\"a\":1}\n");
    EXPECT_EQ(converted("\xef\xbb\xbf"
                        "a: 1\r\nb: 2\r\n"),
              "{\"a\":1,\"b\":2}\n");
}

TEST(YamlToJson, TypesPlainScalars) {
    struct Case {
        std::string_view plain;
        std::string_view json;
    };
    const Case cases[] = {
        {"true", "true"},
        {"FALSE", "false"},
        {"yes", R"("yes")"},
        {"off", R"("off")"},
        {"null", "null"},
        {"Null", "null"},
        {"~", "null"},
        {"0", "0"},
        {"-0", "0"},
        {"+7", "7"},
        {"007", "7"},
        {"-12", "-12"},
        {"0x1F", "31"},
        {"0o17", "15"},
        {"123456789012345678901234567890", "123456789012345678901234567890"},
        {"1.5", "1.5"},
        {"1.", "1.0"},
        {".5", "0.5"},
        {"-.5e1", "-5.0"},
        {"1e3", "1000.0"},
        {"1e-400", "0.0"},
        {".", R"(".")"},
        {"1.2.3", R"("1.2.3")"},
        {"1_000", R"("1_000")"},
        {"0b11", R"("0b11")"},
        {"0x", R"("0x")"},
        {"1e", R"("1e")"},
        {"-", R"([null])"},
        {"2026-11-08T22:09:28Z", R"("2026-11-08T22:09:28Z")"},
        {"2026-11-08", R"("2026-11-08")"},
        {"12:30:45", R"("12:30:45")"},
        {"'1'", R"("1")"},
        {"\"true\"", R"("true")"},
        {"''", R"("")"},
        {"!!str 1", R"("1")"},
        {"! 1", R"("1")"},
        {"!!int 1", "1"},
        {"!!float 1", "1"},
        {"!!null ~", "null"},
        {"!!bool true", "true"},
        {"a b  c", R"("a b  c")"},
        {"|\n  x\n   y\n\n", R"("x\n y\n")"},
        {"|-\n  x: y\n", R"("x: y")"},
        {">\n  x\n  y\n\n  z\n", R"("x y\nz\n")"},
        {"\"a\\tb\\x07\\u263a\\U0001F600\\\n   c\"", R"("a\tb\u0007☺😀c")"},
    };
    for (const Case& test : cases)
        EXPECT_EQ(converted("a:\n  " + std::string(test.plain) + "\n"),
                  "{\"a\":" + std::string(test.json) + "}\n")
            << test.plain;
}

TEST(YamlToJson, TakesKubectlsManagedFields) {
    EXPECT_EQ(converted("f:labels:\n"
                        "  .: {}\n"
                        "  k:{\"uid\":\"e4\"}: {}\n"
                        "  v:\"snapshot.kubevirt.io/vmsnapshot-protection\": {}\n"
                        "  f:app.kubernetes.io/part-of: {}\n"
                        "  ? v:\"a long key\"\n"
                        "  : {}\n"
                        "  \"1\": {}\n"),
              R"({"f:labels":{".":{},"k:{\"uid\":\"e4\"}":{},)"
              R"("v:\"snapshot.kubevirt.io/vmsnapshot-protection\"":{},)"
              R"("f:app.kubernetes.io/part-of":{},"v:\"a long key\"":{},"1":{}}})"
              "\n");
}

TEST(YamlToJson, RefusesWhatJsonHasNot) {
    EXPECT_THAT(refusal("a: &x {b: 1}\nc: {<<: *x}\n"), HasSubstr("line 2: merge keys"));
    EXPECT_THAT(refusal("a: &x [*x]\n"), HasSubstr("line 1: an alias stands within"));
    EXPECT_THAT(refusal("a: *none\n"), HasSubstr("line 1"));
    EXPECT_THAT(refusal("a: &x 7\n*x : 1\n"), HasSubstr("line 2: a key is no text"));
    EXPECT_THAT(refusal("a: 1\nb: *x\n"), HasSubstr("line 2"));
    EXPECT_THAT(refusal("a: !thing 1\n"), HasSubstr("tag"));
    EXPECT_THAT(refusal("a: !!binary aGk=\n"), HasSubstr("tag"));
    EXPECT_THAT(refusal("a: !!int x\n"), HasSubstr("tag"));
    EXPECT_THAT(refusal("a: !!set {b}\n"), HasSubstr("tag"));
    EXPECT_THAT(refusal("a: 1\n1: b\n"), HasSubstr("line 2: a key is no text"));
    EXPECT_THAT(refusal("true: b\n"), HasSubstr("a key is no text"));
    EXPECT_THAT(refusal("~: b\n"), HasSubstr("a key is no text"));
    EXPECT_THAT(refusal("? [a]\n: b\n"), HasSubstr("a key is no text"));
    EXPECT_THAT(refusal("<<: {a: 1}\n"), HasSubstr("merge keys"));
    EXPECT_EQ(converted("'<<': 1\n"), "{\"<<\":1}\n");
    EXPECT_THAT(refusal("a: .inf\n"), HasSubstr("no number that JSON has"));
    EXPECT_THAT(refusal("a: .nan\n"), HasSubstr("no number that JSON has"));
    EXPECT_THAT(refusal("a: 1e999\n"), HasSubstr("no number that JSON has"));
    EXPECT_THAT(refusal("a: 0xfffffffffffffffff\n"), HasSubstr("no number that JSON has"));
    EXPECT_THAT(refusal("a: b: c\n"), HasSubstr("line 1"));
    EXPECT_THAT(refusal("a: 1\n b: 2\n"), HasSubstr("line 2"));
    EXPECT_THAT(refusal("a: [1\n"), HasSubstr("the YAML is wrong in line"));
    EXPECT_THAT(refusal("a: \"x\n"), HasSubstr("the YAML is wrong in line"));
    EXPECT_THAT(refusal("[a],b]\n"), HasSubstr("line 1: this is not where it can stand"));
    EXPECT_THAT(refusal("[a]]\n"), HasSubstr("line 1: "));
    EXPECT_THAT(refusal("a: 1\n---\n{a: b}\n}\n"), HasSubstr("line 4"));
    EXPECT_THAT(refusal("a: 1\nb: \x04\nc: 3\n"),
                HasSubstr("line 2: it has the control character 0x04"));
    EXPECT_THAT(refusal("a: \xff\n"), HasSubstr("not UTF-8"));
    EXPECT_THAT(refusal("\xff\xfe"), HasSubstr("not UTF-8"));
}

TEST(YamlToJson, RefusesAKeyThatIsGivenTwice) {
    EXPECT_EQ(refusal("a: 1\nb: {c: 1}\na: 2\n"),
              "the YAML is wrong in line 3: the key \"a\" is there twice");
    EXPECT_EQ(refusal("a:\n- b: 1\n  c:\n    d: 1\n    d: 2\n"),
              "the YAML is wrong in line 5: the key \"d\" is there twice");
    EXPECT_EQ(refusal("a: 1\n'a': 2\n"),
              "the YAML is wrong in line 2: the key \"a\" is there twice");
    EXPECT_EQ(refusal("&x a: 1\n*x : 2\n"),
              "the YAML is wrong in line 2: the key \"a\" is there twice");
    EXPECT_EQ(refusal("kind: A\nname: a\nkind: B\nname: b\n"),
              "the YAML is wrong in line 3: the key \"kind\" is there twice; between two documents "
              "stands a line with ---");
    EXPECT_EQ(converted("kind: A\n---\nkind: B\n"), "{\"kind\":\"A\"}\n{\"kind\":\"B\"}\n");
    EXPECT_EQ(converted("a: {b: 1}\nc: {b: 1}\n"), "{\"a\":{\"b\":1},\"c\":{\"b\":1}}\n");
    // The rules of a write say what becomes of one in a request.
    EXPECT_EQ(yaml_document_to_json("a: 1\na: 2\n").value(), "{\"a\":1,\"a\":2}\n");
}

TEST(YamlToJson, CapsTheDepth) {
    auto nested = [](size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    EXPECT_EQ(converted(nested(64)), nested(64) + "\n");
    EXPECT_THAT(refusal(nested(65)), HasSubstr("deeper than 64"));
    EXPECT_THAT(refusal(std::string(100000, '[')), HasSubstr("line 1: "));
    std::string map;
    for (size_t i = 0; i < 70; ++i) map += std::string(i, ' ') + "a:\n";
    EXPECT_THAT(refusal(map), HasSubstr("line 65: it is nested deeper"));
}

TEST(YamlToJson, EndsWithTheErrorOfTheSink) {
    std::istringstream in("a: 1\n");
    auto result = yaml_to_json(in, [](std::string_view) -> base::Result<void> {
        return base::Error{base::Code::kConflict, "no more"};
    });
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, base::Code::kConflict);
}

TEST(YamlToJson, CutsCharactersAtNoBlock) {
    // Characters of two to four bytes at every place around the input's blocks of 64 KiB.
    for (size_t pad = 0; pad < 4; ++pad) {
        std::string text(pad, 'x');
        while (text.size() < (160 << 10)) text += "ä€😀";
        EXPECT_EQ(converted("a: " + text + "\n"), "{\"a\":\"" + text + "\"}\n") << pad;
    }
    EXPECT_THAT(refusal("a: " + std::string(70'000, 'x') + "\xe2\x82"), HasSubstr("not UTF-8"));
}

std::map<std::string, model::PreparedObject> prepared_objects(
    const std::function<void(ItemSplitter&)>& feed) {
    std::map<std::string, model::PreparedObject> objects;
    ItemSplitter splitter([&](std::string_view item) -> base::Result<void> {
        SNAPGATE_ASSIGN(Prepared prepared, prepare_snapshot(item, {}));
        objects[prepared.object.ns + "/" + prepared.object.name] = prepared.object;
        return {};
    });
    feed(splitter);
    EXPECT_TRUE(splitter.finish());
    return objects;
}

TEST(YamlToJson, GivesTheSameObjectsAsJson) {
    std::ifstream json_file(SNAPGATE_SOURCE_DIR "/samples/kubectl-get-vmsnapshots.json");
    auto from_json = prepared_objects([&](ItemSplitter& splitter) {
        std::string text((std::istreambuf_iterator<char>(json_file)), {});
        auto result = splitter.feed(text);
        ASSERT_TRUE(result) << result.error().message;
    });
    std::ifstream yaml_file(SNAPGATE_SOURCE_DIR "/samples/kubectl-get-vmsnapshots-lab.yaml");
    auto from_yaml = prepared_objects([&](ItemSplitter& splitter) {
        auto result =
            yaml_to_json(yaml_file, [&](std::string_view part) { return splitter.feed(part); });
        ASSERT_TRUE(result) << result.error().message;
    });
    EXPECT_EQ(from_json.size(), 300);
    EXPECT_GT(from_yaml.size(), 20);
    for (const auto& [key, object] : from_yaml) {
        ASSERT_TRUE(from_json.contains(key)) << key;
        const model::PreparedObject& other = from_json[key];
        EXPECT_EQ(object.text, other.text);
        EXPECT_EQ(object.marks, other.marks);
        EXPECT_EQ(object.version, other.version);
        EXPECT_EQ(object.vm, other.vm);
    }
}

TEST(ParseYaml, ReadsOneSmallDocument) {
    auto value = parse_yaml("listen: 127.0.0.1:8080\nthreads: 4\nnested:\n  a: [1, x]\n");
    ASSERT_TRUE(value) << value.error().message;
    EXPECT_EQ(json::serialize(*value),
              R"({"listen":"127.0.0.1:8080","threads":4,"nested":{"a":[1,"x"]}})");
    EXPECT_TRUE(parse_yaml("")->is_null());
    EXPECT_TRUE(parse_yaml("# only a comment\n---\n")->is_null());
    EXPECT_THAT(parse_yaml("a: 1\n---\nb: 2\n").error().message, HasSubstr("2 documents"));
    EXPECT_THAT(parse_yaml("a:\n  b: 1\n  c: 2\n  b: 3\n").error().message,
                HasSubstr("line 4: the key \"b\" is there twice"));
    EXPECT_TRUE(parse_yaml("a: {b: 1}\nc: {b: 1}\n"));
    EXPECT_THAT(parse_yaml("a: [\n").error().message, HasSubstr("the YAML is wrong in line"));
}

TEST(ToYaml, PrintsAsKubectlDoes) {
    auto value =
        parse(R"({"b":[],"a":{"z":{},"y":[1,{"k":"v","l":[{"m":null}]},["x",["y"]],true]},)"
              R"("c":"two\nlines","d":"ends\n","e":1.5,"t":"2026-11-08T22:09:28Z","v":"1",)"
              R"("k:{\"uid\":\"e4\"}":{},".":{}})");
    ASSERT_TRUE(value);
    EXPECT_EQ(to_yaml(*value), R"(.: {}
a:
  "y":
  - 1
  - k: v
    l:
    - m: null
  - - x
    - - "y"
  - true
  z: {}
b: []
c: |-
  two
  lines
d: |
  ends
e: 1.5
k:{"uid":"e4"}: {}
t: "2026-11-08T22:09:28Z"
v: "1"
)");
    EXPECT_EQ(to_yaml(Value("x")), "x\n");
    EXPECT_EQ(to_yaml(Value()), "null\n");
    EXPECT_EQ(to_yaml(Value(Object())), "{}\n");
}

TEST(ToYaml, QuotesWhatWouldBeSomethingElse) {
    for (std::string_view text : {"",
                                  "~",
                                  "null",
                                  "true",
                                  "False",
                                  "y",
                                  "N",
                                  "yes",
                                  "On",
                                  "off",
                                  "1",
                                  "-1",
                                  "+1",
                                  "1.5",
                                  "1e3",
                                  ".5",
                                  "0x1f",
                                  "0o7",
                                  "0b11",
                                  "1_000",
                                  "-0x10",
                                  ".inf",
                                  ".NaN",
                                  "12:30:45",
                                  "2026-11-08",
                                  "2026-11-08T22:09:28Z",
                                  "2026-1-2 3:4:5",
                                  "<<",
                                  "="})
        EXPECT_TRUE(looks_like_other_type(text)) << text;
    for (std::string_view text : {"yess", "nul", "a1", "1a", "1.2.3", "-", "--", "0s", "1h0m0s",
                                  "5m", "2026-11", "2026-11-08x", "v1.2", "e5", "Truee"})
        EXPECT_FALSE(looks_like_other_type(text)) << text;
}

TEST(ToYaml, EscapesWhatCannotBeSeen) {
    const std::string override_mark = std::string("\xe2\x80") + "\xae";  // right to left from here
    const std::string isolate = std::string("\xe2\x81") + "\xa6";
    Object object;
    object["a" + override_mark] = "b" + isolate + "c\xc2\x9b";
    object["tag"] = "\xf3\xa0\x81\x81";
    object["two"] = "x\ny\xe2\x80\x8b";
    const std::string yaml = to_yaml(object);
    EXPECT_EQ(yaml,
              "\"a\\u202e\": \"b\\u2066c\\u009b\"\n"
              "tag: \"\\U000e0041\"\n"
              "two: \"x\\ny\\u200b\"\n");
    EXPECT_EQ(*parse_yaml(yaml), Value(object));
}

TEST(ToYaml, IsReadBackAsTheSame) {
    std::vector<std::string> texts{"",
                                   " ",
                                   "a",
                                   "a: b",
                                   "a #b",
                                   "#a",
                                   "- a",
                                   "-a",
                                   "? a",
                                   ": a",
                                   "a:",
                                   "'",
                                   "\"",
                                   "\\",
                                   "a'b",
                                   "%a",
                                   "@a",
                                   "`a",
                                   "!a",
                                   "&a",
                                   "*a",
                                   "|",
                                   ">",
                                   "[a",
                                   "{a",
                                   "]",
                                   "}",
                                   ",a",
                                   "---",
                                   "...",
                                   "--- a",
                                   "a\n",
                                   "\na",
                                   "a\n\n",
                                   "a\nb",
                                   " a\nb",
                                   "a \nb",
                                   "a\n b\n",
                                   "a\n\nb\n\n\n",
                                   "\n",
                                   "\t",
                                   "a\tb",
                                   "a\r\nb",
                                   "\x01",
                                   "\x7f",
                                   "\xc2\x85",
                                   "\xc2\xa0",
                                   "\xe2\x80\xa8",
                                   "\xef\xbb\xbfx",
                                   "ä€😀",
                                   "null",
                                   "yes",
                                   "1",
                                   "0o7",
                                   "a\n---\nb",
                                   "a\n# b\n",
                                   "key: |\n  x",
                                   std::string(300, 'x'),
                                   std::string(2000, 'y') + " z",
                                   std::string("nul\0x", 5)};
    Array list;
    Object map;
    for (const std::string& text : texts) {
        list.emplace_back(boost::json::string_view(text));
        Object inner;
        inner[boost::json::string_view(text)] = text;
        map[boost::json::string_view(text)] = inner;
    }
    EXPECT_EQ(parse_yaml(to_yaml(Value("a\n\nb")))->as_string(), "a\n\nb");
    for (const Value& value :
         {Value(list), Value(map), Value({{"a", list}, {"b", {map, map}}}), Value(1), Value(-1.25),
          Value(2.0), Value(1e300), Value(true), Value(nullptr), Value(UINT64_MAX)}) {
        auto again = parse_yaml(to_yaml(value));
        ASSERT_TRUE(again) << again.error().message << "\n" << to_yaml(value);
        EXPECT_EQ(*again, value) << to_yaml(value);
    }
    std::ifstream file(SNAPGATE_SOURCE_DIR "/samples/kubectl-get-vmsnapshots.json");
    auto sample = parse(std::string((std::istreambuf_iterator<char>(file)), {}));
    ASSERT_TRUE(sample);
    auto again = parse_yaml(to_yaml(*sample));
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(*again, *sample);
}

YamlEnd end_of(const std::string& text) {
    std::istringstream in(text);
    auto end = yaml_to_json(in, [](std::string_view) { return base::Result<void>(); });
    EXPECT_TRUE(end) << text;
    return end.value_or(YamlEnd());
}

TEST(YamlEnd, AListThatHasSomethingBehindItsItemsCameWhole) {
    for (const char* text :
         {"apiVersion: v1\nitems:\n- a: 1\nkind: List\nmetadata:\n  resourceVersion: ''\n",
          "apiVersion: v1\nitems: []\nkind: List\n", "items:\nkind: VirtualMachineSnapshotList",
          "kind: List\nitems:\n- a: 1\nmetadata: {}\n", "kind: List\nitems: [{a: 1}]\n",
          "---\nitems:\n- a: 1\nkind: List\n---\nitems:\n- a: 1\nkind: List\n", "# x\n[{a: 1}]",
          "{a: 1}", "{kind: List, items: [{a: 1}]}"}) {
        YamlEnd end = end_of(text);
        EXPECT_FALSE(end.cut) << *end.cut << text;
        EXPECT_FALSE(end.open) << text;
        EXPECT_FALSE(end.ends_in_line) << text;
    }
}

TEST(YamlEnd, AListWithoutAKindOrWithSomethingElseBehindItWasCut) {
    for (auto [text, where] :
         {std::pair("apiVersion: v1\nitems:\n- a: 1\n- b: 1\n", "item 1"),
          std::pair("apiVersion: v1\nitems:\n", "before any"),
          std::pair("items: []\n", "before any"), std::pair("items:\n- a: 1\nkind: Lis", "item 0"),
          std::pair("items:\n- a: 1\nkind:", "item 0"),
          std::pair("items:\n- a: 1\nError from server: x\nkind: List\n", "Error from server"),
          std::pair("kind: List\nitems:\n- a: 1\nerror: x\n", "\"error\""),
          std::pair("items:\n- a: 1\n---\nitems:\n- a: 1\nkind: List\n", "line 1")}) {
        YamlEnd end = end_of(text);
        ASSERT_TRUE(end.cut) << text;
        EXPECT_THAT(*end.cut, HasSubstr(where)) << text;
    }
}

TEST(YamlEnd, WhatHasNoEndIsOpen) {
    for (const char* text : {"kind: List\nitems:\n- a: 1\n", "a: 1\n", "- a: 1\n",
                             "kind: List\nitems:\n", "a: 1\n---\n[]\n"}) {
        YamlEnd end = end_of(text);
        EXPECT_FALSE(end.cut) << text;
        EXPECT_TRUE(end.open) << text;
        EXPECT_FALSE(end.ends_in_line) << text;
    }
    EXPECT_TRUE(end_of("a: 1").ends_in_line);
    EXPECT_TRUE(end_of("kind: List\nitems:\n- a: 1").ends_in_line);
    EXPECT_FALSE(end_of("a: 1\n---\nitems:\n- a: 1\nkind: List").ends_in_line);
    EXPECT_EQ(end_of("# nothing\n---\n# here\n").documents, 0U);
}

}  // namespace
}  // namespace snapgate::json
