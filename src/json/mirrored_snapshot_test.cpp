// Objects as a connected cluster keeps them: what comes in is what goes out.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "json/object.h"
#include "json/splitter.h"
#include "json/value.h"

namespace snapgate::json {
namespace {

using base::Code;
using ::testing::HasSubstr;

std::vector<Value> sample_objects() {
    std::ifstream file(SNAPGATE_SOURCE_DIR "/samples/kubectl-get-vmsnapshots.json",
                       std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    std::vector<Value> objects;
    ItemSplitter splitter([&](std::string_view item) -> base::Result<void> {
        SNAPGATE_ASSIGN(Value value, parse(item));
        objects.push_back(std::move(value));
        return {};
    });
    EXPECT_TRUE(splitter.feed(text) && splitter.finish());
    EXPECT_FALSE(objects.empty());
    return objects;
}

// What a reader of the Kubernetes API gets of it.
Value shown_again(const model::PreparedObject& object) {
    const std::string value = model::encode_object(object, object.version);
    auto stored = model::decode_object(value);
    EXPECT_TRUE(stored);
    EXPECT_EQ(read_uid(*stored), object.uid);
    std::string out;
    auto done = append_kubernetes_form(*stored, out);
    EXPECT_TRUE(done) << done.error().message;
    auto parsed = parse(out);
    EXPECT_TRUE(parsed) << out;
    return parsed ? *parsed : Value();
}

class Junk {
  public:
    explicit Junk(uint32_t seed) : random_(seed) {}

    size_t below(size_t end) { return random_() % end; }

    Value value(size_t depth) {
        switch (below(depth > 2 ? 6 : 8)) {
            case 0:
                return nullptr;
            case 1:
                return true;
            case 2:
                return static_cast<int64_t>(random_()) - (1LL << 31);
            case 3:
                return 0.5 + static_cast<double>(below(100));
            case 4:
                return "";
            case 5:
                return "a \"text\" \n <&> é";
            case 6: {
                Array list;
                for (size_t count = below(3); count > 0; --count) list.push_back(value(depth + 1));
                return list;
            }
            default: {
                Object object;
                for (const char* key : {"Raw", "uid", "name", "x"})
                    if (below(2) == 0) object[key] = value(depth + 1);
                return object;
            }
        }
    }

    // Puts junk in some places, but leaves who it is alone.
    void spoil(Value& value, bool metadata = false) {
        if (value.is_array()) {
            for (Value& element : value.get_array()) spoil(element);
        }
        if (!value.is_object()) return;
        for (auto& [key, member] : value.get_object()) {
            if (metadata &&
                (key == "name" || key == "namespace" || key == "uid" || key == "resourceVersion"))
                continue;
            if (below(12) == 0 && key != "metadata" && key != "apiVersion" && key != "kind") {
                member = this->value(0);
            } else {
                spoil(member, key == "metadata");
            }
        }
        if (below(8) == 0) value.get_object()["added"] = this->value(0);
        if (metadata && below(4) == 0) value.get_object()["selfLink"] = "/apis/x";
    }

  private:
    std::mt19937 random_;
};

constexpr std::string_view kMetadata =
    R"({"name":"a","namespace":"ns","uid":"u-1","resourceVersion":"7"})";

std::string object_with(std::string_view metadata, std::string_view rest = "") {
    return R"({"apiVersion":"snapshot.kubevirt.io/v1beta1","kind":"VirtualMachineSnapshot",)"
           R"("metadata":)" +
           std::string(metadata) + std::string(rest) + "}";
}

TEST(MirroredSnapshot, TheSamplesComeBackAsTheyCame) {
    for (const Value& object : sample_objects()) {
        auto prepared = prepare_mirrored_snapshot(json::serialize(object));
        ASSERT_TRUE(prepared) << prepared.error().message;
        EXPECT_EQ(shown_again(*prepared), object);
        const Object& metadata = object.at("metadata").as_object();
        EXPECT_EQ(prepared->uid, std::string_view(metadata.at("uid").get_string()));
        EXPECT_EQ(prepared->version, std::string_view(metadata.at("resourceVersion").get_string()));
        EXPECT_EQ(prepared->vm,
                  std::string_view(object.at_pointer("/spec/source/name").as_string()));
    }
}

TEST(MirroredSnapshot, WhateverElseIsInItComesBackAsItCame) {
    const std::vector<Value> samples = sample_objects();
    Junk junk(20261123);
    for (size_t i = 0; i < 2000; ++i) {
        Value object = samples[i % samples.size()];
        junk.spoil(object);
        const std::string text = json::serialize(object);
        auto prepared = prepare_mirrored_snapshot(text);
        ASSERT_TRUE(prepared) << prepared.error().message << "\n" << text;
        ASSERT_EQ(shown_again(*prepared), object) << text;
    }
}

TEST(MirroredSnapshot, WhatItsListLeavesOutIsPutIn) {
    auto prepared = prepare_mirrored_snapshot(R"({"metadata":)" + std::string(kMetadata) + "}");
    ASSERT_TRUE(prepared) << prepared.error().message;
    EXPECT_EQ(prepared->text,
              R"({"apiVersion":"snapshot.kubevirt.io/v1beta1","kind":"VirtualMachineSnapshot",)"
              R"("metadata":{"name":"a","namespace":"ns","resourceVersion":"","uid":"u-1"}})");
    EXPECT_EQ(prepared->ns, "ns");
    EXPECT_EQ(prepared->name, "a");
    EXPECT_EQ(prepared->uid, "u-1");
    EXPECT_EQ(prepared->version, "7");
    EXPECT_EQ(prepared->vm, "");
}

TEST(MirroredSnapshot, AnOldVersionIsKeptAsTheNewOne) {
    auto prepared = prepare_mirrored_snapshot(
        R"({"apiVersion":"snapshot.kubevirt.io/v1alpha1","kind":"VirtualMachineSnapshot",)"
        R"("metadata":)" +
        std::string(kMetadata) + R"(,"spec":{"source":{"name":""}}})");
    ASSERT_TRUE(prepared) << prepared.error().message;
    EXPECT_THAT(prepared->text, HasSubstr("snapshot.kubevirt.io/v1beta1"));
    EXPECT_EQ(prepared->vm, "");
}

TEST(MirroredSnapshot, WhoItIsMustBeKnown) {
    const std::pair<const char*, const char*> cases[] = {
        {R"({"namespace":"ns","uid":"u","resourceVersion":"7"})", "metadata.name"},
        {R"({"name":"A_b","namespace":"ns","uid":"u","resourceVersion":"7"})", "metadata.name"},
        {R"({"name":7,"namespace":"ns","uid":"u","resourceVersion":"7"})", "metadata.name"},
        {R"({"name":"a","uid":"u","resourceVersion":"7"})", "metadata.namespace"},
        {R"({"name":"a","namespace":"a.b","uid":"u","resourceVersion":"7"})", "metadata.namespace"},
        {R"({"name":"a","namespace":"ns","uid":"","resourceVersion":"7"})", "metadata.uid"},
        {R"({"name":"a","namespace":"ns","uid":"a b","resourceVersion":"7"})", "metadata.uid"},
        {R"({"name":"a","namespace":"ns","uid":"u"})", "metadata.resourceVersion"},
        {R"({"name":"a","namespace":"ns","uid":"u","resourceVersion":7})",
         "metadata.resourceVersion"},
        {R"({"name":"a","namespace":"ns","uid":"u","resourceVersion":"a\"b"})",
         "metadata.resourceVersion"},
        {"[]", "metadata.name"},
        {"null", "metadata.name"},
    };
    for (const auto& [metadata, field] : cases) {
        auto refused = prepare_mirrored_snapshot(object_with(metadata));
        ASSERT_FALSE(refused) << metadata;
        EXPECT_EQ(refused.error().code, Code::kInvalidBody) << metadata;
        EXPECT_EQ(refused.error().subject, field) << metadata;
    }
    for (const char* text : {"", "[]", "{", "{}", R"({"kind":"Pod","metadata":{}})",
                             R"({"apiVersion":"v1","metadata":{}})", R"({"kind":7})"}) {
        auto refused = prepare_mirrored_snapshot(text);
        ASSERT_FALSE(refused) << text;
        EXPECT_EQ(refused.error().code, Code::kInvalidBody) << text;
    }
}

TEST(MirroredSnapshot, NoObjectIsTooLargeOrTooDeep) {
    const std::string large =
        object_with(kMetadata, R"(,"x":")" + std::string(2 << 20, 'x') + "\"");
    EXPECT_EQ(prepare_mirrored_snapshot(large).error().code, Code::kTooLarge);
    const std::string deep =
        object_with(kMetadata, ",\"x\":" + std::string(500, '[') + "1" + std::string(500, ']'));
    EXPECT_EQ(prepare_mirrored_snapshot(deep).error().code, Code::kInvalidBody);
}

TEST(ReadUid, IsFoundBehindWhateverStandsBeforeIt) {
    auto prepared = prepare_mirrored_snapshot(object_with(
        R"({"name":"a","namespace":"ns","uid":"u-1","resourceVersion":"7",)"
        R"("s":{"uid":"other"},"t":[",\"uid\":\"no\""],"selfLink":",\"uid\":\"no\""})"));
    ASSERT_TRUE(prepared) << prepared.error().message;
    const std::string value = model::encode_object(*prepared, "12345");
    EXPECT_EQ(read_uid(*model::decode_object(value)), "u-1");
    model::PreparedObject none;
    none.text = R"({"metadata":{"resourceVersion":""},"spec":{"z":1,"uid":"no"}})";
    none.version_offset = 33;
    const std::string other = model::encode_object(none, "1");
    EXPECT_EQ(read_uid(*model::decode_object(other)), "");
}

}  // namespace
}  // namespace snapgate::json
