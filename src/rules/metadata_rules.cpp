#include "rules/metadata_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "base/ascii.h"
#include "base/quote.h"
#include "model/name_faults.h"
#include "model/names.h"
#include "rules/values.h"

namespace snapgate::rules {
namespace {

using model::MetadataFacts;
using FaultsOf = std::vector<std::string> (*)(std::string_view);

void invalid_all(std::string_view field, std::string_view value,
                 const std::vector<std::string>& details, Faults& faults) {
    for (const std::string& detail : details) faults.invalid(field, base::quote(value), detail);
}

void check_names(const MetadataFacts& facts, const MetadataRules& rules, Faults& faults) {
    FaultsOf faults_of =
        rules.name == NameRule::kLabel ? model::label_faults : model::subdomain_faults;
    if (!facts.generate_name.empty()) {
        // Random characters will follow a generateName, so it may end with '-'.
        std::string checked(facts.generate_name);
        if (checked.size() > 1 && checked.back() == '-') checked.back() = 'a';
        invalid_all("metadata.generateName", facts.generate_name, faults_of(checked), faults);
    }
    if (!facts.name.empty())
        invalid_all("metadata.name", facts.name, faults_of(facts.name), faults);
    else if (!rules.generated_name)
        faults.required("metadata.name", "name is required");
    else if (facts.generate_name.empty())
        faults.required("metadata.name", "name or generateName is required");
    if (!rules.namespaced) return;
    if (facts.ns.empty())
        faults.required("metadata.namespace");
    else
        invalid_all("metadata.namespace", facts.ns, model::label_faults(facts.ns), faults);
}

void check_labels(const MetadataFacts& facts, Faults& faults) {
    for (const auto& [key, value] : facts.labels) {
        if (faults.full()) return;
        invalid_all("metadata.labels", key, model::qualified_name_faults(key), faults);
        invalid_all("metadata.labels", value, model::label_value_faults(value), faults);
    }
}

void check_annotations(const MetadataFacts& facts, Faults& faults) {
    size_t bytes = 0;
    for (const auto& [key, value] : facts.annotations) {
        if (faults.full()) return;
        bytes += key.size() + value.size();
        if (model::is_qualified_name(key)) continue;
        invalid_all("metadata.annotations", key, model::qualified_name_faults(base::to_lower(key)),
                    faults);
    }
    if (bytes > kMostAnnotationBytes) faults.too_long("metadata.annotations", kMostAnnotationBytes);
}

// The version of "group/version" or "version"; "" if there is none.
std::string_view version_of(std::string_view api_version) {
    size_t slash = api_version.find('/');
    if (slash == std::string_view::npos) return api_version;
    std::string_view version = api_version.substr(slash + 1);
    return version.find('/') == std::string_view::npos ? version : std::string_view();
}

void check_owners(const MetadataFacts& facts, Faults& faults) {
    const std::string_view field = "metadata.ownerReferences";
    auto empty = [&](std::string_view name, std::string_view value, std::string_view word) {
        faults.invalid(fmt::format("{}.{}", field, name), base::quote(value),
                       fmt::format("{} must not be empty", word));
    };
    std::string first_controller;
    for (const MetadataFacts::Owner& owner : facts.owners) {
        if (faults.full()) return;
        if (version_of(owner.api_version).empty())
            empty("apiVersion", owner.api_version, "version");
        if (owner.kind.empty()) empty("kind", {}, "kind");
        if (owner.name.empty()) empty("name", {}, "name");
        if (owner.uid.empty()) empty("uid", {}, "uid");
        if (owner.api_version == "v1" && owner.kind == "Event")
            faults.invalid(field, base::quote(fmt::format("{} {}", owner.kind, owner.name)),
                           "/v1, Kind=Event is disallowed from being an owner");
        if (!owner.controller) continue;
        std::string shown = fmt::format("{}/{}", owner.kind, owner.name);
        if (first_controller.empty())
            first_controller = shown;
        else
            faults.invalid(field, fmt::format("{} owners", facts.owners.size()),
                           fmt::format("Only one reference can have Controller set to true. Found "
                                       "\"true\" in references for {} and {}",
                                       first_controller, shown));
    }
}

std::string shown_list(const std::vector<std::string_view>& texts) {
    std::string list;
    for (std::string_view text : texts) {
        if (!list.empty()) list += ", ";
        list += base::quote(text);
    }
    return fmt::format("[]string{{{}}}", list);
}

void check_finalizers(const MetadataFacts& facts, Faults& faults) {
    const std::vector<std::string_view>& names = facts.finalizers;
    for (std::string_view name : names) {
        if (faults.full()) return;
        invalid_all("metadata.finalizers", name, model::qualified_name_faults(name), faults);
    }
    if (std::ranges::count(names, "orphan") > 0 &&
        std::ranges::count(names, "foregroundDeletion") > 0)
        faults.invalid("metadata.finalizers", shown_list(names),
                       "finalizer orphan and foregroundDeletion cannot be both set");
}

// How Go shows a value: texts and times as they are, a missing one as "null".
std::string shown_value(const json::Value* value) {
    if (value == nullptr) return "\"null\"";
    return value->is_string() ? base::quote(text_of(value)) : json::serialize(*value);
}

void check_immutable(std::string_view name, const json::Object& metadata, const json::Object& live,
                     Faults& faults) {
    const json::Value* now = find(metadata, name);
    const json::Value* before = find(live, name);
    if (now == nullptr && before == nullptr) return;
    if (now != nullptr && before != nullptr && *now == *before) return;
    faults.invalid(fmt::format("metadata.{}", name), shown_value(now), "field is immutable");
}

void check_no_new_finalizers(const MetadataFacts& facts, const json::Object& live, Faults& faults) {
    if (find(live, "deletionTimestamp") == nullptr) return;
    std::set<std::string_view> extra(facts.finalizers.begin(), facts.finalizers.end());
    if (const json::Array* before = find_array(live, "finalizers"))
        for (const json::Value& name : *before) extra.erase(text_of(&name));
    if (extra.empty()) return;
    faults.forbidden("metadata.finalizers",
                     "no new finalizers can be added if the object is being deleted, found new "
                     "finalizers " +
                         shown_list({extra.begin(), extra.end()}));
}

}  // namespace

void check_metadata(const MetadataFacts& facts, const MetadataRules& rules, Faults& faults) {
    check_names(facts, rules, faults);
    check_labels(facts, faults);
    check_annotations(facts, faults);
    check_owners(facts, faults);
    check_finalizers(facts, faults);
}

void check_metadata_update(const json::Object& metadata, const json::Object& live,
                           const MetadataFacts& facts, Faults& faults) {
    check_no_new_finalizers(facts, live, faults);
    for (std::string_view name : {"name", "namespace", "uid", "creationTimestamp",
                                  "deletionTimestamp", "deletionGracePeriodSeconds"})
        check_immutable(name, metadata, live, faults);
    check_labels(facts, faults);
    check_annotations(facts, faults);
    check_owners(facts, faults);
}

}  // namespace snapgate::rules
