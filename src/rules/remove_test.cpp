#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "rules/snapshot_texts_testing.h"

namespace snapgate::rules {
namespace {

using ::testing::HasSubstr;
using Effect = Change::Effect;
using Propagation = DeleteOptions::Propagation;

constexpr std::string_view kNow = "2026-01-05T00:00:00Z";

DeleteOptions with(Propagation propagation) {
    DeleteOptions options;
    options.propagation = propagation;
    return options;
}

json::Object finalized(std::string_view finalizers, bool deleting = false) {
    std::string metadata = ",\"finalizers\":" + std::string(finalizers);
    if (deleting)
        metadata += R"(,"deletionTimestamp":"2026-01-04T00:00:00Z","deletionGracePeriodSeconds":0)";
    return stored(metadata);
}

struct Case {
    json::Object live;
    DeleteOptions options;
    Effect effect;
    std::string_view finalizers;
};

TEST(Remove, LeavesTheLargestGeneration) {
    json::Object live = finalized(R"(["a/b"])");
    auto generation = [&live] {
        auto change = remove(live, {}, kNow);
        return change ? change->object.at("metadata")
                            .get_object()
                            .at("generation")
                            .to_number<int64_t>()
                      : 0;
    };
    EXPECT_EQ(generation(), 2);
    constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
    live.at("metadata").get_object()["generation"] = kMost - 1;
    EXPECT_EQ(generation(), kMost);
    live.at("metadata").get_object()["generation"] = kMost;
    EXPECT_EQ(generation(), kMost);
}

TEST(Remove, LooksAtAnyNumberOfFinalizersOnce) {
    json::Array finalizers{"orphan"};
    for (int i = 0; i < 100'000; ++i) finalizers.push_back(boost::json::string(std::to_string(i)));
    json::Object live = stored();
    live.at("metadata").get_object()["finalizers"] = finalizers;
    auto change = remove(live, with(Propagation::kOrphan), kNow);
    ASSERT_TRUE(change);
    EXPECT_EQ(change->object.at("metadata").get_object().at("finalizers"), json::Value(finalizers));
}

TEST(Remove, MindsFinalizersAndThePropagation) {
    const Case cases[] = {
        {stored(), {}, Effect::kRemove, ""},
        {stored(), with(Propagation::kBackground), Effect::kRemove, ""},
        {stored(), with(Propagation::kForeground), Effect::kStore, R"(["foregroundDeletion"])"},
        {stored(), with(Propagation::kOrphan), Effect::kStore, R"(["orphan"])"},
        {finalized(R"(["a/b"])"), {}, Effect::kStore, R"(["a/b"])"},
        {finalized(R"(["a/b"])"), with(Propagation::kForeground), Effect::kStore,
         R"(["a/b","foregroundDeletion"])"},
        {finalized(R"(["orphan","a/b"])"), {}, Effect::kStore, R"(["orphan","a/b"])"},
        {finalized(R"(["orphan","a/b"])"), with(Propagation::kBackground), Effect::kStore,
         R"(["a/b"])"},
        {finalized(R"(["orphan"])"), with(Propagation::kBackground), Effect::kRemove, ""},
        {finalized(R"(["a/b"])", true), {}, Effect::kNone, R"(["a/b"])"},
        {finalized(R"(["foregroundDeletion"])", true),
         {},
         Effect::kNone,
         R"(["foregroundDeletion"])"},
        {finalized(R"(["foregroundDeletion"])", true), with(Propagation::kBackground),
         Effect::kRemove, ""},
        {finalized(R"(["a/b"])", true), with(Propagation::kOrphan), Effect::kStore,
         R"(["a/b","orphan"])"},
    };
    for (const Case& test : cases) {
        auto change = remove(test.live, test.options, kNow);
        std::string shown = json::serialize(test.live);
        ASSERT_TRUE(change) << shown;
        EXPECT_EQ(change->effect, test.effect) << shown;
        const json::Object& metadata = change->object.at("metadata").get_object();
        if (test.effect == Effect::kRemove) {
            EXPECT_EQ(json::Value(change->object), json::Value(test.live));
            continue;
        }
        EXPECT_EQ(metadata.at("finalizers"), *json::parse(test.finalizers)) << shown;
        bool was_deleting =
            find(test.live.at("metadata").get_object(), "deletionTimestamp") != nullptr;
        EXPECT_EQ(find_text(metadata, "deletionTimestamp"),
                  was_deleting ? "2026-01-04T00:00:00Z" : kNow);
        EXPECT_EQ(metadata.at("deletionGracePeriodSeconds"), 0);
        EXPECT_EQ(metadata.at("generation"), was_deleting ? 1 : 2);
    }
}

TEST(Remove, MindsPreconditions) {
    DeleteOptions options;
    options.uid = "u1";
    options.resource_version = "7";
    EXPECT_TRUE(remove(stored(), options, kNow));
    options.resource_version = "6";
    base::Error version = error_of(remove(stored(), options, kNow));
    EXPECT_EQ(version.code, base::Code::kConflict);
    EXPECT_EQ(version.message,
              "Operation cannot be fulfilled on VirtualMachineSnapshot.snapshot.kubevirt.io "
              "\"s1\": the ResourceVersion in the precondition (6) does not match the "
              "ResourceVersion in record (7). The object might have been modified");
    options.uid = "u2";
    EXPECT_THAT(
        error_of(remove(stored(), options, kNow)).message,
        HasSubstr("the UID in the precondition (u2) does not match the UID in record (u1)"));
}

TEST(DeleteOptionsBody, IsRead) {
    auto none = read_delete_options("", false);
    ASSERT_TRUE(none);
    EXPECT_FALSE(none->propagation || none->dry_run);
    auto all = read_delete_options(
        R"({"apiVersion":"v1","kind":"DeleteOptions","gracePeriodSeconds":0,"dryRun":["All"],)"
        R"("preconditions":{"uid":"u","resourceVersion":"5"},"propagationPolicy":"Orphan"})",
        false);
    ASSERT_TRUE(all) << all.error().message;
    EXPECT_EQ(all->uid, "u");
    EXPECT_EQ(all->resource_version, "5");
    EXPECT_TRUE(all->dry_run);
    EXPECT_EQ(all->propagation, Propagation::kOrphan);
    auto yaml = read_delete_options("kind: DeleteOptions\norphanDependents: false\n", true);
    ASSERT_TRUE(yaml) << yaml.error().message;
    EXPECT_EQ(yaml->propagation, Propagation::kBackground);
    auto nulls = read_delete_options(
        R"({"preconditions":null,"propagationPolicy":null,"dryRun":null,"kind":null})", false);
    EXPECT_TRUE(nulls) << nulls.error().message;
}

TEST(DeleteOptionsBody, IsRefused) {
    auto refused = [](std::string_view text, bool yaml = false) {
        auto options = read_delete_options(text, yaml);
        return options ? base::Error(base::Code::kInternal, "it was taken") : options.error();
    };
    const std::pair<std::string_view, std::string_view> broken[] = {
        {"{", ""},
        {"[]", ""},
        {R"({"kind":"Pod"})", "kind"},
        {R"({"kind":1})", "kind"},
        {R"({"apiVersion":1})", "apiVersion"},
        {R"({"apiVersion":"v2","kind":"DeleteOptions"})", "apiVersion"},
        {R"({"apiVersion":"snapshot.kubevirt.io/v1"})", "apiVersion"},
        {R"({"gracePeriodSeconds":"0"})", "gracePeriodSeconds"},
        {R"({"gracePeriodSeconds":1.5})", "gracePeriodSeconds"},
        {R"({"gracePeriodSeconds":18446744073709551615})", "gracePeriodSeconds"},
        {R"({"preconditions":[]})", "preconditions"},
        {R"({"preconditions":{"uid":1}})", "preconditions.uid"},
        {R"({"preconditions":{"resourceVersion":7}})", "preconditions.resourceVersion"},
        {R"({"dryRun":"All"})", "dryRun"},
        {R"({"dryRun":[1]})", "dryRun"},
        {R"({"orphanDependents":"x"})", "orphanDependents"},
        {R"({"propagationPolicy":{}})", "propagationPolicy"},
    };
    for (auto [text, field] : broken) {
        EXPECT_EQ(refused(text).code, base::Code::kInvalidBody) << text;
        EXPECT_EQ(refused(text).subject, field) << text;
    }
    for (std::string_view version : {"v1", "meta.k8s.io/v1", "snapshot.kubevirt.io/v1beta1",
                                     "snapshot.kubevirt.io/v1alpha1"}) {
        json::Object body;
        set_text(body, "apiVersion", version);
        body["gracePeriodSeconds"] = 30;
        EXPECT_TRUE(read_delete_options(json::serialize(body), false)) << version;
    }
    EXPECT_EQ(refused("a: *x", true).code, base::Code::kInvalidBody);
    EXPECT_EQ(refused(R"({"propagationPolicy":"Now"})").message,
              "DeleteOptions.meta.k8s.io \"\" is invalid: propagationPolicy: Unsupported value: "
              "\"Now\": supported values: \"Foreground\", \"Background\", \"Orphan\", \"nil\"");
    EXPECT_THAT(refused(R"({"propagationPolicy":"Orphan","orphanDependents":true})").message,
                HasSubstr("orphanDependents and deletionPropagation cannot be both set"));
    EXPECT_THAT(refused(R"({"dryRun":["None"]})").message,
                HasSubstr("dryRun: Unsupported value: \"None\": supported values: \"All\""));
}

}  // namespace
}  // namespace snapgate::rules
