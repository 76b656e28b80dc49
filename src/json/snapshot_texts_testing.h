#pragma once

#include <gmock/gmock.h>

#include <string>
#include <string_view>

#include "json/object.h"

// Texts and matchers that the tests of snapshots share.
namespace snapgate::json {

inline const Identity kFill{"11111111-2222-3333-4444-555555555555", "2026-11-04T14:19:06Z", 1};

// A snapshot with these texts put into its metadata, spec and top level.
inline std::string snapshot(std::string_view metadata = {}, std::string_view spec = {},
                            std::string_view top = {}) {
    std::string out =
        R"({"apiVersion":"snapshot.kubevirt.io/v1beta1","kind":"VirtualMachineSnapshot")";
    out += R"(,"metadata":{"name":"s1","namespace":"web","uid":"u","generation":2)";
    out += R"(,"creationTimestamp":"2026-01-02T03:04:05Z","resourceVersion":"77")";
    out += metadata;
    out += R"(},"spec":{"source":{"apiGroup":"kubevirt.io","kind":"VirtualMachine","name":"vm-1"})";
    out += spec;
    out += "}";
    out += top;
    return out + "}";
}

inline base::Error refused(std::string_view json) {
    auto prepared = prepare_snapshot(json, kFill);
    if (prepared) return {base::Code::kInternal, "was taken: " + prepared->object.text};
    return prepared.error();
}

MATCHER_P2(wrong_body, subject, message, "") {
    *result_listener << arg.message << " at " << arg.subject;
    return arg.code == base::Code::kInvalidBody && arg.subject == subject &&
           arg.message.find(message) != std::string::npos;
}

}  // namespace snapgate::json
