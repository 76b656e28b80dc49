// The facts of whole snapshots, by the cases in testdata/facts.txt.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "base/clock.h"
#include "base/text_cases_testing.h"
#include "json/object.h"
#include "json/snapshot_texts_testing.h"

namespace snapgate::json {
namespace {

std::string time_of(facts::Seconds seconds) {
    return seconds == 0 ? "none" : base::format_rfc3339(int64_t{seconds} * 1000);
}

std::string describe(const facts::Facts& facts) {
    std::string out =
        fmt::format("{}{}{}, {}\n", name_of(facts.state), facts.good() ? ", good" : "",
                    facts.of_clone ? ", of a clone" : "", name_of(facts.consistency));
    out += fmt::format("created {}, taken {}, finished {}, stuck {}\n", time_of(facts.created),
                       time_of(facts.taken), time_of(facts.finished), time_of(facts.stuck_at));
    if (!facts.cause.empty()) out += fmt::format("{}\n{}\n", facts.cause, facts.cause_class);
    return out;
}

// A snapshot's JSON without its apiVersion and kind. The facts that were stored beside it must be
// those that are derived from the stored object.
std::string facts_of(const std::string& json) {
    const std::string snapshot =
        R"({"apiVersion":"snapshot.kubevirt.io/v1beta1","kind":"VirtualMachineSnapshot",)" +
        json.substr(1);
    const auto prepared = prepare_snapshot(snapshot, kFill);
    if (!prepared) return prepared.error().message + "\n";
    const std::string value = model::encode_object(prepared->object, "7");
    auto stored = model::decode_object(value);
    EXPECT_TRUE(stored);
    std::string buffer;
    const auto later = read_facts(*stored, buffer);
    EXPECT_TRUE(later);
    EXPECT_EQ(buffer, prepared->object.facts);
    // They are the same in the form that Kubernetes gives to the object.
    std::string kubernetes_form;
    EXPECT_TRUE(append_kubernetes_form(*stored, kubernetes_form));
    EXPECT_EQ(derive_facts_of_text(kubernetes_form).value_or(""), prepared->object.facts);
    stored->facts = prepared->object.facts;
    std::string unused;
    const auto facts = read_facts(*stored, unused);
    EXPECT_TRUE(facts);
    EXPECT_TRUE(unused.empty());
    return describe(*facts);
}

TEST(FactsOfSnapshots, AreThoseOfTheCases) {
    base::run_text_cases(SNAPGATE_SOURCE_DIR "/src/json/testdata/facts.txt", facts_of);
}

// A cluster may keep anything in these fields.
TEST(FactsOfSnapshots, PassOverWhatHasAnotherType) {
    const auto prepared = prepare_mirrored_snapshot(
        R"({"metadata":{"name":"a","namespace":"b","uid":"u","resourceVersion":"7",)"
        R"("creationTimestamp":7,"finalizers":{},"ownerReferences":["x"]},"spec":[],)"
        R"("status":{"phase":1,"readyToUse":"true","conditions":[1,{"type":2}],"error":[],)"
        R"("indications":"Online","sourceIndications":[[]],"snapshotVolumes":true}})");
    ASSERT_TRUE(prepared) << prepared.error().message;
    const auto facts = facts::read(prepared->facts);
    ASSERT_TRUE(facts);
    EXPECT_EQ(describe(*facts),
              "Pending, unknown\ncreated none, taken none, finished none, stuck none\n");
}

}  // namespace
}  // namespace snapgate::json
