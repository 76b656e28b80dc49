#pragma once

#include <gmock/gmock.h>

#include <string>
#include <string_view>

#include "rules/object_rules.h"
#include "rules/values.h"

// Objects and matchers that the tests of the rules share.
namespace snapgate::rules {

inline json::Object object_of(std::string_view text) {
    auto value = json::parse(text);
    EXPECT_TRUE(value) << text;
    return value ? value->get_object() : json::Object();
}

// A snapshot with these texts put into its metadata, spec and top level.
inline json::Object snapshot(std::string_view metadata = {}, std::string_view spec = {},
                             std::string_view top = {}) {
    std::string out =
        R"({"apiVersion":"snapshot.kubevirt.io/v1beta1","kind":"VirtualMachineSnapshot")";
    out += R"(,"metadata":{"name":"s1","namespace":"web")";
    out += metadata;
    out += R"(},"spec":{"source":{"apiGroup":"kubevirt.io","kind":"VirtualMachine","name":"vm-1"})";
    out += spec;
    out += "}";
    out += top;
    return object_of(out + "}");
}

// One that has been stored: with what the server gave it.
inline json::Object stored(std::string_view metadata = {}, std::string_view spec = {},
                           std::string_view top = {}) {
    std::string given = R"(,"uid":"u1","resourceVersion":"7","generation":1)"
                        R"(,"creationTimestamp":"2026-01-01T00:00:00Z")";
    given += metadata;
    return snapshot(given, spec, top);
}

inline const Target kNew{"web", "", false};
inline const Target kMain{"web", "s1", false};
inline const Target kStatus{"web", "s1", true};

inline Writer writer(FieldValidation validation = FieldValidation::kWarn) {
    Writer writer;
    writer.manager = "test";
    writer.validation = validation;
    writer.now = "2026-01-02T00:00:00Z";
    return writer;
}

inline base::Result<Change> created(json::Object object, const Writer& by = writer()) {
    return create({std::move(object), {}}, kNew, "u2", by);
}

inline base::Result<Change> updated(const json::Object& live, json::Object object,
                                    const Target& target = kMain, const Writer& by = writer()) {
    return update(live, {std::move(object), {}}, target, by);
}

inline base::Error error_of(const base::Result<Change>& change) {
    if (change) return {base::Code::kInternal, "it was taken: " + json::serialize(change->object)};
    return change.error();
}

// "reason field: message" of each cause.
inline std::vector<std::string> causes_of(const base::Error& error) {
    std::vector<std::string> causes;
    causes.reserve(error.causes.size() + 1);
    for (const base::Cause& cause : error.causes)
        causes.push_back(cause.reason + " " + cause.field + ": " + cause.message);
    if (error.code != base::Code::kInvalid) causes.push_back(error.message);
    return causes;
}

}  // namespace snapgate::rules
