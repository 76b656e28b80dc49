#include "json/yaml_lines.h"

#include <gtest/gtest.h>

namespace snapgate::json {
namespace {

TEST(YamlLines, NameMembersAndElementsByTheirPlace) {
    const auto lines = yaml_lines(
        "history: 5m\n"
        "clusters:\n"
        "- name: a\n"
        "  uid: u\n"
        "\n"
        "- {name: b,\n"
        "   uid: v}\n"
        "- \n"
        "programs: [x,\n"
        "  y]\n");
    const std::map<std::string, size_t> wanted = {
        {"history", 1},          {"clusters", 2},        {"clusters[0]", 3},
        {"clusters[0].name", 3}, {"clusters[0].uid", 4}, {"clusters[1]", 6},
        {"clusters[1].name", 6}, {"clusters[1].uid", 7}, {"clusters[2]", 8},
        {"programs", 9},         {"programs[0]", 9},     {"programs[1]", 10},
    };
    auto found = lines;
    // Where yaml-cpp sees an element that is empty is its own matter.
    EXPECT_EQ(found.erase("clusters[2]"), 1U);
    auto rest = wanted;
    rest.erase("clusters[2]");
    EXPECT_EQ(found, rest);
}

TEST(YamlLines, AreThoseOfTheNearestValueThatHasOne) {
    const auto lines = yaml_lines("clusters:\n- name: a\n- name: b\n");
    EXPECT_EQ(line_of(lines, "clusters[1].uid"), 3U);
    EXPECT_EQ(line_of(lines, "clusters[7].uid"), 1U);
    EXPECT_EQ(line_of(lines, "projects[7].uid"), 0U);
    EXPECT_EQ(line_of(lines, ""), 0U);
}

TEST(YamlLines, StayBoundedWhateverTheTextIs) {
    std::string deep;
    for (int at = 0; at < 60; ++at) deep += "{a: [";
    EXPECT_LE(yaml_lines(deep).size(), 4U);
    const std::string long_key(5000, 'k');
    EXPECT_TRUE(yaml_lines(long_key + ": {a: 1}\n").empty());
    EXPECT_TRUE(yaml_lines("[[[").empty());
    EXPECT_TRUE(yaml_lines("").empty());
    EXPECT_TRUE(yaml_lines("- a: 1\n- b: 2\n").empty());
}

}  // namespace
}  // namespace snapgate::json
