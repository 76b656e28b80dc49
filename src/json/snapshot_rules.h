#pragma once

#include <simdjson.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace snapgate::json {

// What the rules of a VirtualMachineSnapshot look at. Every field has its right type already; one
// that is absent or null is empty here.
struct SnapshotFacts {
    std::string_view name;
    std::string_view generate_name;
    std::string_view ns;
    std::string_view version;
    std::optional<simdjson::dom::object> labels;
    std::optional<simdjson::dom::object> annotations;
    std::optional<simdjson::dom::array> finalizers;
    std::optional<simdjson::dom::array> owners;
    bool has_source = false;
    std::optional<std::string_view> api_group;  // of spec.source, as the next two
    std::optional<std::string_view> source_kind;
    std::optional<std::string_view> source_name;
    std::optional<std::string_view> failure_deadline;
};

// Of a great many causes only these are kept.
constexpr size_t kMostCauses = 32;

// Appends what breaks a rule of Kubernetes' metadata (k8s.io/apimachinery's validation) or of
// KubeVirt's webhook, in their words.
void check_snapshot(const SnapshotFacts& facts, std::vector<base::Cause>& causes);

}  // namespace snapgate::json
