#include "model/object.h"

#include <gtest/gtest.h>

namespace snapgate::model {
namespace {

PreparedObject sample() {
    PreparedObject object;
    object.ns = "web";
    object.name = "a";
    object.text = R"({"metadata":{"resourceVersion":""},"spec":{"source":{"name":"vm-1"}}})";
    object.version_offset = static_cast<uint32_t>(object.text.find("\"\"") + 1);
    object.vm = "vm-1";
    object.vm_offset = static_cast<uint32_t>(object.text.find("vm-1"));
    object.marks.push_back({PatchMark::Type::kInsert, 1, 0, "\"a\":null,"});
    object.marks.push_back({PatchMark::Type::kUnwrap, object.vm_offset, 4, ""});
    return object;
}

TEST(ObjectTest, TheVersionIsSplicedInAndOffsetsFollow) {
    PreparedObject object = sample();
    std::string value = encode_object(object, "12345");
    auto stored = decode_object(value);
    ASSERT_TRUE(stored);
    EXPECT_EQ(stored->text,
              R"({"metadata":{"resourceVersion":"12345"},"spec":{"source":{"name":"vm-1"}}})");
    EXPECT_EQ(stored->version, "12345");
    EXPECT_EQ(stored->vm, "vm-1");
    auto marks = decode_marks(*stored);
    ASSERT_TRUE(marks);
    ASSERT_EQ(marks->size(), 2U);
    EXPECT_EQ((*marks)[0], object.marks[0]);
    EXPECT_EQ((*marks)[1].offset, object.vm_offset + 5);
}

TEST(ObjectTest, SameButVersion) {
    PreparedObject object = sample();
    std::string value = encode_object(object, "12345");
    EXPECT_TRUE(same_but_version(*decode_object(value), object));
    PreparedObject other = object;
    other.text[other.text.size() - 5] = '2';
    EXPECT_FALSE(same_but_version(*decode_object(value), other));
    other = object;
    // A null field that is absent.
    other.marks.erase(other.marks.begin());
    EXPECT_TRUE(same_but_version(*decode_object(value), other));
}

TEST(ObjectTest, EveryCutIsNoticed) {
    std::string value = encode_object(sample(), "7");
    for (size_t size = 0; size < value.size(); ++size) {
        std::string_view cut = std::string_view(value).substr(0, size);
        auto stored = decode_object(cut);
        // A cut between marks leaves a shorter list of them, which only its length can tell.
        if (stored) EXPECT_EQ(stored->text.size(), sample().text.size() + 1);
    }
    value[0] = 9;
    EXPECT_EQ(decode_object(value).error().code, base::Code::kCorrupt);
}

}  // namespace
}  // namespace snapgate::model
