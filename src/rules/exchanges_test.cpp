// Requests and answers of a kube-apiserver 1.26 with KubeVirt's CRD, from testdata/exchanges.json:
// the rules make the same of the same. What only a server can know is taken from the answer: uids,
// times, versions, generated names.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "rules/decode.h"
#include "rules/object_rules.h"
#include "rules/values.h"

namespace snapgate::rules {
namespace {

const json::Array& exchanges() {
    static const json::Value all = [] {
        std::ifstream file(SNAPGATE_SOURCE_DIR "/src/rules/testdata/exchanges.json");
        std::stringstream text;
        text << file.rdbuf();
        auto parsed = json::parse(text.str());
        return parsed ? *parsed : json::Value(json::Array());
    }();
    return all.get_array();
}

// The time of the newest of what the answer says was done.
std::string newest_time(const json::Object& answer) {
    const json::Object* metadata = find_object(answer, "metadata");
    if (metadata == nullptr) return "2026-11-23T12:00:00Z";
    std::string newest(find_text(*metadata, "creationTimestamp"));
    newest = std::max(newest, std::string(find_text(*metadata, "deletionTimestamp")));
    if (const json::Array* entries = find_array(*metadata, "managedFields"))
        for (const json::Value& entry : *entries)
            newest = std::max(newest, std::string(find_text(entry.get_object(), "time")));
    return newest;
}

struct Exchange {
    explicit Exchange(const json::Object& given)
        : name(find_text(given, "name")),
          method(find_text(given, "method")),
          patch(find_text(given, "patch")),
          body(find_text(given, "body")),
          force(find(given, "force") != nullptr),
          is_namespace(find_text(given, "kind") == "Namespace"),
          code(given.at("code").to_number<unsigned>()),
          answer(given.at("answer").get_object()) {
        if (const json::Object* object = find_object(given, "live")) live = *object;
        target.ns = find_text(given, "namespace");
        target.name = find_text(given, "object");
        target.status = find(given, "status") != nullptr;
        writer.manager = find_text(given, "manager");
        if (std::string_view version = find_text(given, "version"); !version.empty())
            writer.version = version;
        if (find_text(given, "fieldValidation") == "Strict")
            writer.validation = FieldValidation::kStrict;
        writer.patch = !patch.empty() && patch != "apply";
        writer.now = newest_time(answer);
    }

    base::Result<Change> run() const {
        if (method == "POST") {
            SNAPGATE_ASSIGN(Body decoded,
                            decode_object(body, Media::kJson,
                                          is_namespace ? "Namespace" : "VirtualMachineSnapshot"));
            const json::Object* metadata = find_object(answer, "metadata");
            std::string uid(find_text(*metadata, "uid"));
            return is_namespace ? create_namespace(std::move(decoded), uid, writer)
                                : create(std::move(decoded), target, uid, writer);
        }
        if (method == "DELETE") {
            SNAPGATE_ASSIGN(DeleteOptions options, read_delete_options(body, false));
            return remove(live, options, writer.now);
        }
        Body changed;
        if (patch == "apply") {
            SNAPGATE_ASSIGN(changed, decode_applied(body));
            const json::Object* metadata = find_object(answer, "metadata");
            if (live.empty())
                return apply_new(changed, target, std::string(find_text(*metadata, "uid")), writer);
            return apply(live, changed, target, writer, force);
        }
        if (method == "PATCH") {
            SNAPGATE_ASSIGN(
                changed,
                patched_body(live, patch == "json" ? PatchType::kJson : PatchType::kMerge, body));
        } else {
            SNAPGATE_ASSIGN(changed, decode_object(body, Media::kJson, "VirtualMachineSnapshot"));
        }
        return update(live, std::move(changed), target, writer);
    }

    std::string name;
    std::string method;
    std::string patch;
    std::string body;
    bool force;
    bool is_namespace;
    unsigned code;
    json::Object answer;
    json::Object live;
    Target target;
    Writer writer;
};

unsigned code_of(base::Code code) {
    switch (code) {
        case base::Code::kInvalidBody:
            return 400;
        case base::Code::kConflict:
            return 409;
        case base::Code::kInvalid:
            return 422;
        default:
            return 500;
    }
}

json::Value details_of(const base::Error& error) {
    json::Object details;
    auto add = [&details](std::string_view name, const std::string& text) {
        if (!text.empty()) set_text(details, name, text);
    };
    if (error.about) {
        add("name", error.about->name);
        add("group", error.about->group);
        add("kind", error.about->kind);
    }
    json::Array causes;
    for (const base::Cause& cause : error.causes)
        causes.push_back(
            {{"reason", cause.reason}, {"message", cause.message}, {"field", cause.field}});
    if (!causes.empty()) details["causes"] = std::move(causes);
    return details;
}

void expect_refusal(const Exchange& exchange, const base::Error& error) {
    // A client's mistake for which the recorded server blamed itself.
    bool recorded_500 = exchange.code == 500;
    EXPECT_EQ(code_of(error.code), recorded_500 ? 400 : exchange.code) << error.message;
    EXPECT_EQ(error.message, find_text(exchange.answer, "message"));
    const json::Value* details = find(exchange.answer, "details");
    EXPECT_EQ(error.about.has_value() || !error.causes.empty(), details != nullptr);
    if (details != nullptr) {
        EXPECT_EQ(json::serialize(details_of(error)), json::serialize(*details));
    }
}

void expect_object(const Exchange& exchange, json::Object object) {
    json::Object expected = exchange.answer;
    // First: it may move the members.
    if (!exchange.is_namespace) set_text(expected, "apiVersion", "snapshot.kubevirt.io/v1beta1");
    json::Object& metadata = expected.at("metadata").get_object();
    erase(metadata, "resourceVersion");
    json::Object& made = object.at("metadata").get_object();
    erase(made, "resourceVersion");
    if (find(made, "name") == nullptr) give_name(object, find_text(metadata, "name"));
    EXPECT_EQ(json::Value(object), json::Value(expected)) << json::serialize(object) << "\n"
                                                          << json::serialize(expected);
}

// What the recordings show by the versions of the answers, and by what is there afterwards.
Change::Effect effect_of(std::string_view name) {
    if (name == "067-update-main-ignores-status" || name == "078-merge-patch-status")
        return Change::Effect::kNone;
    if (name == "108-delete" || name == "114-remove-last-finalizer" || name == "117-delete-dry-run")
        return Change::Effect::kRemove;
    return Change::Effect::kStore;
}

class Exchanges : public ::testing::TestWithParam<size_t> {};

TEST_P(Exchanges, AreAnsweredAsKubeApiserverDoes) {
    Exchange exchange(exchanges()[GetParam()].get_object());
    SCOPED_TRACE(exchange.name);
    auto change = exchange.run();
    if (!change) {
        expect_refusal(exchange, change.error());
        return;
    }
    ASSERT_LT(exchange.code, 300U);
    EXPECT_EQ(change->effect, effect_of(exchange.name));
    if (exchange.answer.at("kind") != "Status") expect_object(exchange, change->object);
    bool warned = exchange.name.find("unknown-field") != std::string::npos;
    std::vector<std::string> warnings;
    if (warned) warnings.emplace_back("unknown field \"spec.colour\"");
    EXPECT_EQ(change->warnings, warnings);
}

INSTANTIATE_TEST_SUITE_P(Recorded, Exchanges, ::testing::Range<size_t>(0, exchanges().size()),
                         [](const auto& test) {
                             std::string name(
                                 find_text(exchanges()[test.param].get_object(), "name"));
                             for (char& c : name)
                                 if (c == '-') c = '_';
                             return name;
                         });

TEST(ExchangesFile, HasThemAll) {
    EXPECT_EQ(exchanges().size(), 56U);
}

}  // namespace
}  // namespace snapgate::rules
