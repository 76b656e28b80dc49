#include <gmock/gmock.h>

#include "json/object.h"
#include "json/snapshot_texts_testing.h"

namespace snapgate::json {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

base::Result<std::vector<std::pair<std::string, std::string>>> labels_of(
    std::string_view metadata, std::string_view spec = {}) {
    auto prepared = prepare_snapshot(snapshot(metadata, spec), kFill);
    EXPECT_TRUE(prepared);
    const std::string bytes = model::encode_object(prepared->object, "77");
    auto stored = model::decode_object(bytes);
    return read_labels(*stored);
}

TEST(LabelsTest, AreReadInOrder) {
    EXPECT_THAT(*labels_of(R"(,"labels":{"tier":"gold","a.b/c":"","app":"web"})"),
                ElementsAre(Pair("a.b/c", ""), Pair("app", "web"), Pair("tier", "gold")));
    EXPECT_THAT(*labels_of(""), IsEmpty());
    EXPECT_THAT(*labels_of(R"(,"labels":{})"), IsEmpty());
    EXPECT_THAT(*labels_of(R"(,"labels":null)"), IsEmpty());
}

TEST(PhaseTest, IsTheNamespacesOwn) {
    const auto phase_of = [](const model::PreparedObject& ns) {
        const std::string bytes = model::encode_object(ns, "77");
        return std::string(read_phase(*model::decode_object(bytes)));
    };
    model::PreparedObject ns = make_namespace("web", kFill);
    EXPECT_EQ(phase_of(ns), "Active");
    ns.text.replace(ns.text.rfind("Active"), 6, "Terminating");
    EXPECT_EQ(phase_of(ns), "Terminating");
    ns.text.resize(ns.text.rfind(R"(,"status")"));
    ns.text += '}';
    EXPECT_EQ(phase_of(ns), "");
}

TEST(LabelsTest, OnlyTheObjectsOwnCount) {
    EXPECT_THAT(*labels_of("", R"(,"labels":{"tier":"gold"})"), IsEmpty());
    EXPECT_THAT(*labels_of(R"(,"annotations":{"note":"\"labels\":{\"a\":\"b\"}"})"), IsEmpty());
    EXPECT_THAT(*labels_of(R"(,"annotations":{"labels":"x"},"labels":{"a":"b"})",
                           R"(,"metadata":{"labels":{"c":"d"}})"),
                ElementsAre(Pair("a", "b")));
}

TEST(LabelsTest, NamespacesHaveTheirName) {
    const std::string bytes = model::encode_object(make_namespace("web", kFill), "5");
    EXPECT_THAT(*read_labels(*model::decode_object(bytes)),
                ElementsAre(Pair("kubernetes.io/metadata.name", "web")));
}

TEST(LabelsTest, WhatIsNotWhatWasStoredIsCorrupt) {
    model::StoredObject broken;
    broken.text = R"({"metadata":{"labels":{"a":1}}})";
    EXPECT_EQ(read_labels(broken).error().code, base::Code::kCorrupt);
    broken.text = R"({"metadata":{"labels":{"a":)";
    EXPECT_EQ(read_labels(broken).error().code, base::Code::kCorrupt);
}

}  // namespace
}  // namespace snapgate::json
