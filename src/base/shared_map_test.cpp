#include "base/shared_map.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/environment_testing.h"

namespace snapgate::base {
namespace {

using Model = std::map<std::string, int>;

Model entries_of(const SharedMap<int>& map) {
    Model entries;
    for (const auto& [key, value] : map) EXPECT_TRUE(entries.emplace(key, value).second) << key;
    return entries;
}

TEST(SharedMapTest, AnEmptyOneHasNothing) {
    const SharedMap<int> map;
    EXPECT_TRUE(map.empty());
    EXPECT_EQ(map.begin(), map.end());
    EXPECT_EQ(map.find("a"), map.end());
    EXPECT_FALSE(map.contains("a"));
}

TEST(SharedMapTest, OfTheSameKeyTheFirstCounts) {
    const SharedMap<int> map(std::vector<std::pair<std::string, int>>{{"a", 1}, {"a", 2}});
    EXPECT_EQ(map.size(), 1U);
    EXPECT_EQ(map.at("a"), 1);
}

// A random history of copies and changes, each compared with an ordinary map: no change is seen in
// a copy that was made before.
TEST(SharedMapTest, CopiesAreApart) {
    const uint64_t seed = environment_number("SNAPGATE_SEED", std::random_device()());
    SCOPED_TRACE("run again with SNAPGATE_SEED=" + std::to_string(seed));
    std::mt19937_64 random(seed);
    std::vector<std::pair<std::string, int>> first;
    Model model;
    for (int i = 0; i < 700; ++i) {
        first.emplace_back("key-" + std::to_string(i), i);
        model.emplace(first.back());
    }
    std::vector<std::pair<SharedMap<int>, Model>> copies;
    copies.emplace_back(SharedMap<int>(first), model);
    for (int step = 0; step < 600; ++step) {
        const size_t from = random() % copies.size();
        auto [map, expected] = copies[from];
        for (uint64_t changes = random() % 5; changes > 0; --changes) {
            const std::string key = "key-" + std::to_string(random() % 1000);
            if (random() % 2 == 0) {
                map.put(key, step);
                expected[key] = step;
            } else {
                map.erase(key);
                expected.erase(key);
            }
            EXPECT_EQ(map.contains(key), expected.contains(key));
        }
        ASSERT_EQ(map.size(), expected.size());
        copies.emplace_back(std::move(map), std::move(expected));
        if (copies.size() > 20) copies.erase(copies.begin() + static_cast<int>(random() % 20));
    }
    for (const auto& [map, expected] : copies) EXPECT_EQ(entries_of(map), expected);
}

TEST(SharedMapTest, TheLastEntryMayGo) {
    SharedMap<int> map{{"a", 1}};
    map.erase("b");
    EXPECT_EQ(map.size(), 1U);
    map.erase("a");
    EXPECT_TRUE(map.empty());
    EXPECT_EQ(map.begin(), map.end());
}

}  // namespace
}  // namespace snapgate::base
