#include "json/snapshot_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/quote.h"
#include "json/compact.h"
#include "json/text_formats.h"
#include "model/name_faults.h"
#include "model/names.h"

namespace snapgate::json {
namespace {

constexpr size_t kMostAnnotationBytes = 256 << 10;
constexpr size_t kMostVersionBytes = 128;
constexpr std::string_view kInvalid = "FieldValueInvalid";
constexpr std::string_view kRequired = "FieldValueRequired";

std::string too_long(size_t most) {
    return fmt::format("must be no more than {} characters", most);
}

class Rules {
  public:
    explicit Rules(std::vector<base::Cause>& causes) : causes_(causes) {}

    void check_names(const SnapshotFacts& facts) {
        if (facts.name.empty()) {
            add(kRequired, "Required value: name is required", "metadata.name");
        } else {
            check_subdomain("metadata.name", facts.name, facts.name);
        }
        if (!facts.generate_name.empty()) {
            // What comes behind it is not there yet: a '-' at its end is good.
            std::string prefix(facts.generate_name);
            if (prefix.size() > 1 && prefix.back() == '-') prefix.back() = 'a';
            check_subdomain("metadata.generateName", facts.generate_name, prefix);
        }
        if (!facts.ns.empty())
            invalid_all("metadata.namespace", facts.ns, model::label_faults(facts.ns));
    }

    void check_version(std::string_view version) {
        if (version.size() > kMostVersionBytes)
            invalid("metadata.resourceVersion", version, too_long(kMostVersionBytes));
        else if (!std::ranges::all_of(
                     version, [](char c) { return c > 0x20 && c < 0x7f && c != '"' && c != '\\'; }))
            invalid("metadata.resourceVersion", version,
                    "must consist of printable characters without blanks, quotes and backslashes");
    }

    void check_labels(const simdjson::dom::object& labels) {
        for (const Member& label : members_of(labels)) {
            if (full()) return;
            if (label.value.is_null()) continue;
            std::string_view value = label.value.get_string().value_unsafe();
            invalid_all("metadata.labels", label.key, model::qualified_name_faults(label.key));
            invalid_all("metadata.labels", value, model::label_value_faults(value));
        }
    }

    void check_annotations(const simdjson::dom::object& annotations) {
        size_t bytes = 0;
        std::string lower;
        for (const Member& annotation : members_of(annotations)) {
            if (full()) return;
            if (annotation.value.is_null()) continue;
            bytes += annotation.key.size() + annotation.value.get_string().value_unsafe().size();
            if (model::is_qualified_name(annotation.key)) continue;
            lower = annotation.key;
            for (char& c : lower)
                if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
            invalid_all("metadata.annotations", annotation.key,
                        model::qualified_name_faults(lower));
        }
        if (bytes > kMostAnnotationBytes)
            add("FieldValueTooLong",
                fmt::format("Too long: must have at most {} bytes", kMostAnnotationBytes),
                "metadata.annotations");
    }

    void check_finalizers(const simdjson::dom::array& finalizers) {
        bool orphan = false;
        bool foreground = false;
        for (auto finalizer : finalizers) {
            if (full()) return;
            std::string_view name = finalizer.get_string().value_unsafe();
            invalid_all("metadata.finalizers", name, model::qualified_name_faults(name));
            orphan = orphan || name == "orphan";
            foreground = foreground || name == "foregroundDeletion";
        }
        if (orphan && foreground)
            invalid("metadata.finalizers", "orphan",
                    "finalizer orphanDependents and foregroundDeletion cannot be both set");
    }

    void check_owners(const simdjson::dom::array& owners) {
        size_t controllers = 0;
        for (auto owner : owners) {
            if (full()) return;
            // In the order in which Kubernetes looks at them, with the words that it has for each.
            std::array<std::string_view, 4> values;
            bool controller = false;
            for (const Member& field : members_of(owner.get_object().value_unsafe())) {
                if (field.key == "controller") {
                    controller = field.value.is_bool() && field.value.get_bool().value_unsafe();
                    continue;
                }
                auto known = std::ranges::find(kOwnerFields, field.key);
                if (known == kOwnerFields.end()) continue;
                values[static_cast<size_t>(known - kOwnerFields.begin())] =
                    field.value.is_null() ? std::string_view()
                                          : field.value.get_string().value_unsafe();
            }
            if (controller) ++controllers;
            for (size_t i = 0; i < values.size(); ++i)
                if (values[i].empty())
                    invalid(fmt::format("metadata.ownerReferences.{}", kOwnerFields[i]), "",
                            fmt::format("{} must not be empty", kOwnerWords[i]));
        }
        if (controllers > 1)
            invalid("metadata.ownerReferences", fmt::format("{} owners", controllers),
                    "Only one reference can have Controller set to true");
    }

    // vmsnapshot-admitter.go of KubeVirt, and a name, without which the snapshot belongs to no VM.
    void check_source(const SnapshotFacts& facts) {
        if (!facts.has_source) return;  // its absence is a cause already
        if (!facts.api_group) {
            add("FieldValueNotFound", "missing apigroup", "spec.source.apiGroup");
        } else if (*facts.api_group != "kubevirt.io") {
            add(kInvalid, "invalid apiGroup", "spec.source.apiGroup");
        } else if (facts.source_kind && *facts.source_kind != "VirtualMachine") {
            add(kInvalid, "invalid kind", "spec.source.kind");
        }
        if (facts.source_name && facts.source_name->empty())
            add(kRequired, "Required value", "spec.source.name");
    }

    void check_deadline(std::string_view deadline) {
        if (!is_go_duration(deadline))
            invalid("spec.failureDeadline", deadline,
                    "must be a duration such as 5m0s, 1h30m or 0s");
    }

  private:
    static constexpr std::array<std::string_view, 4> kOwnerFields{"apiVersion", "kind", "name",
                                                                  "uid"};
    static constexpr std::array<std::string_view, 4> kOwnerWords{"version", "kind", "name", "uid"};

    // Good until the next call.
    const std::vector<Member>& members_of(const simdjson::dom::object& object) {
        members_.clear();
        for (auto field : object) members_.push_back({field.key, field.value, {}});
        sort_members(members_, 0);
        return members_;
    }

    bool full() const { return causes_.size() >= kMostCauses; }

    void add(std::string_view reason, std::string message, std::string field) {
        if (!full()) causes_.push_back({std::string(reason), std::move(message), std::move(field)});
    }

    void invalid(std::string field, std::string_view value, std::string_view rule) {
        add(kInvalid, fmt::format("Invalid value: {}: {}", base::quote(value), rule),
            std::move(field));
    }

    void invalid_all(std::string_view field, std::string_view value,
                     const std::vector<std::string>& rules) {
        for (const std::string& rule : rules) invalid(std::string(field), value, rule);
    }

    void check_subdomain(std::string_view field, std::string_view value, std::string_view checked) {
        invalid_all(field, value, model::subdomain_faults(checked));
    }

    std::vector<base::Cause>& causes_;
    std::vector<Member> members_;
};

}  // namespace

void check_snapshot(const SnapshotFacts& facts, std::vector<base::Cause>& causes) {
    Rules rules(causes);
    rules.check_names(facts);
    rules.check_version(facts.version);
    if (facts.labels) rules.check_labels(*facts.labels);
    if (facts.annotations) rules.check_annotations(*facts.annotations);
    if (facts.finalizers) rules.check_finalizers(*facts.finalizers);
    if (facts.owners) rules.check_owners(*facts.owners);
    rules.check_source(facts);
    if (facts.failure_deadline) rules.check_deadline(*facts.failure_deadline);
    if (causes.size() > kMostCauses) causes.resize(kMostCauses);
}

}  // namespace snapgate::json
