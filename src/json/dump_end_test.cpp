#include "json/dump_end.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace snapgate::json {
namespace {

using testing::HasSubstr;

// Whether a dump of these streams has an end, and what it says that is missing.
struct Outcome {
    size_t values = 0;
    bool closed = false;
    std::string missing;
};

Outcome read(const std::vector<std::string>& streams) {
    DumpEnd end;
    for (const std::string& stream : streams) {
        ItemSplitter splitter([](std::string_view) { return base::Result<void>(); });
        end.follow(splitter);
        EXPECT_TRUE(splitter.feed(stream)) << stream;
        EXPECT_TRUE(splitter.finish()) << stream;
        end.end_stream(splitter.items());
    }
    return {end.values(), end.closed(), end.missing().value_or("")};
}

TEST(DumpEnd, ListsHaveOne) {
    for (const std::string& stream :
         {R"({"items":[]})", R"({"items":null,"kind":"List"})", "[]", "[{},{}]",
          R"({"kind":"List","items":[{}]}{"kind":"VirtualMachineSnapshotList","items":[{}]})",
          R"({"items":[],"metadata":{"continue":"","resourceVersion":"7"}})",
          R"({"items":[],"metadata":{"continue":null}})"}) {
        Outcome outcome = read({stream});
        EXPECT_GT(outcome.values, 0U) << stream;
        EXPECT_TRUE(outcome.closed) << stream;
        EXPECT_EQ(outcome.missing, "") << stream;
    }
}

TEST(DumpEnd, ObjectsOutsideAListHaveNone) {
    for (const std::string& stream : {"{}", "{}{}", R"({"items":[]}{"a":1})", "{\"a\":1}\n[]"}) {
        EXPECT_GT(read({stream}).values, 0U) << stream;
        EXPECT_FALSE(read({stream}).closed) << stream;
        EXPECT_FALSE(read({"[]", stream, "[]"}).closed) << stream;
    }
}

TEST(DumpEnd, NothingIsNoDump) {
    EXPECT_EQ(read({""}).values, 0U);
    EXPECT_EQ(read({" \n"}).values, 0U);
}

TEST(DumpEnd, PagesAreAllThereOrNot) {
    const std::string first =
        R"({"items":[{},{}],"metadata":{"continue":"x","remainingItemCount":3}})";
    const std::string second =
        R"({"metadata":{"continue":"y","remainingItemCount":1},"items":[{},{}]})";
    const std::string last = R"({"items":[{}],"metadata":{"resourceVersion":"7"}})";
    EXPECT_EQ(read({first + second + last}).missing, "");
    EXPECT_EQ(read({first, second, last}).missing, "");
    EXPECT_EQ(read({"[{}]", first, second, last}).missing, "");
    EXPECT_THAT(read({first}).missing, HasSubstr("more follow"));
    EXPECT_THAT(read({first, second}).missing, HasSubstr("more follow"));
    EXPECT_THAT(read({first, last, second}).missing, HasSubstr("more follow"));
    EXPECT_THAT(read({first + last}).missing, HasSubstr("it has 3 objects"));
    // Without a count, as where they were filtered, only the last one tells.
    EXPECT_THAT(read({R"({"items":[{}],"metadata":{"continue":"x"}})"}).missing,
                HasSubstr("more follow"));
    EXPECT_THAT(read({R"({"items":[{}],"metadata":{"remainingItemCount":1}})"}).missing,
                HasSubstr("more follow"));
    EXPECT_THAT(read({R"({"items":[{}],"metadata":{"continue":{}}})"}).missing,
                HasSubstr("more follow"));
}

TEST(DumpEnd, AListOfSomethingElseIsNone) {
    EXPECT_THAT(read({R"({"kind":"PodList","items":[]})"}).missing, HasSubstr("PodList"));
    EXPECT_THAT(read({R"({"kind":7,"items":[]})"}).missing, HasSubstr("7"));
}

}  // namespace
}  // namespace snapgate::json
