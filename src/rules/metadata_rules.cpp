#include "rules/metadata_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "base/quote.h"
#include "model/name_faults.h"
#include "rules/values.h"

namespace snapgate::rules {
namespace {

constexpr size_t kMostAnnotationBytes = 256 << 10;

using FaultsOf = std::vector<std::string> (*)(std::string_view);

void invalid_all(std::string_view field, std::string_view value,
                 const std::vector<std::string>& details, Faults& faults) {
    for (const std::string& detail : details) faults.invalid(field, base::quote(value), detail);
}

// The members of a map of strings by their keys.
std::vector<std::pair<std::string_view, std::string_view>> sorted(const json::Object& map) {
    std::vector<std::pair<std::string_view, std::string_view>> members;
    members.reserve(map.size());
    for (const auto& member : map) members.emplace_back(key_of(member), text_of(&member.value()));
    std::ranges::sort(members);
    return members;
}

void check_names(const json::Object& metadata, const MetadataRules& rules, Faults& faults) {
    FaultsOf faults_of =
        rules.name == NameRule::kLabel ? model::label_faults : model::subdomain_faults;
    std::string prefix(find_text(metadata, "generateName"));
    std::string_view name = find_text(metadata, "name");
    if (!prefix.empty()) {
        // What comes behind it is not there yet: a '-' at its end is good.
        std::string checked = prefix;
        if (checked.size() > 1 && checked.back() == '-') checked.back() = 'a';
        invalid_all("metadata.generateName", prefix, faults_of(checked), faults);
    }
    if (!name.empty())
        invalid_all("metadata.name", name, faults_of(name), faults);
    else if (prefix.empty())
        faults.required("metadata.name", "name or generateName is required");
    if (!rules.namespaced) return;
    std::string_view ns = find_text(metadata, "namespace");
    if (ns.empty())
        faults.required("metadata.namespace");
    else
        invalid_all("metadata.namespace", ns, model::label_faults(ns), faults);
}

void check_labels(const json::Object& metadata, Faults& faults) {
    const json::Object* labels = find_object(metadata, "labels");
    if (labels == nullptr) return;
    for (auto [key, value] : sorted(*labels)) {
        invalid_all("metadata.labels", key, model::qualified_name_faults(key), faults);
        invalid_all("metadata.labels", value, model::label_value_faults(value), faults);
    }
}

void check_annotations(const json::Object& metadata, Faults& faults) {
    const json::Object* annotations = find_object(metadata, "annotations");
    if (annotations == nullptr) return;
    size_t bytes = 0;
    std::string lower;
    for (auto [key, value] : sorted(*annotations)) {
        bytes += key.size() + value.size();
        lower = key;
        for (char& c : lower)
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
        invalid_all("metadata.annotations", key, model::qualified_name_faults(lower), faults);
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

void check_owners(const json::Object& metadata, Faults& faults) {
    const json::Array* owners = find_array(metadata, "ownerReferences");
    if (owners == nullptr) return;
    const std::string field = "metadata.ownerReferences";
    std::string first_controller;
    for (const json::Value& element : *owners) {
        const json::Object& owner = element.get_object();
        std::string_view version = find_text(owner, "apiVersion");
        std::string_view kind = find_text(owner, "kind");
        std::string_view name = find_text(owner, "name");
        if (version_of(version).empty())
            faults.invalid(field + ".apiVersion", base::quote(version),
                           "version must not be empty");
        if (kind.empty()) faults.invalid(field + ".kind", "\"\"", "kind must not be empty");
        if (name.empty()) faults.invalid(field + ".name", "\"\"", "name must not be empty");
        if (find_text(owner, "uid").empty())
            faults.invalid(field + ".uid", "\"\"", "uid must not be empty");
        if (version == "v1" && kind == "Event")
            faults.invalid(field, base::quote(fmt::format("{} {}", kind, name)),
                           "/v1, Kind=Event is disallowed from being an owner");
        const json::Value* controller = find(owner, "controller");
        if (controller == nullptr || !controller->is_bool() || !controller->get_bool()) continue;
        std::string shown = fmt::format("{}/{}", kind, name);
        if (first_controller.empty())
            first_controller = shown;
        else
            faults.invalid(field, fmt::format("{} owners", owners->size()),
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

std::vector<std::string_view> finalizers_of(const json::Object& metadata) {
    std::vector<std::string_view> names;
    if (const json::Array* finalizers = find_array(metadata, "finalizers"))
        for (const json::Value& finalizer : *finalizers) names.push_back(text_of(&finalizer));
    return names;
}

void check_finalizers(const json::Object& metadata, Faults& faults) {
    std::vector<std::string_view> names = finalizers_of(metadata);
    for (std::string_view name : names)
        invalid_all("metadata.finalizers", name, model::qualified_name_faults(name), faults);
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

void check_no_new_finalizers(const json::Object& metadata, const json::Object& live,
                             Faults& faults) {
    if (find(live, "deletionTimestamp") == nullptr) return;
    std::vector<std::string_view> old_names = finalizers_of(live);
    std::set<std::string_view> before(old_names.begin(), old_names.end());
    std::set<std::string_view> extra;
    for (std::string_view name : finalizers_of(metadata))
        if (!before.contains(name)) extra.insert(name);
    if (extra.empty()) return;
    faults.forbidden("metadata.finalizers",
                     "no new finalizers can be added if the object is being deleted, found new "
                     "finalizers " +
                         shown_list({extra.begin(), extra.end()}));
}

}  // namespace

void check_metadata(const json::Object& metadata, const MetadataRules& rules, Faults& faults) {
    check_names(metadata, rules, faults);
    check_labels(metadata, faults);
    check_annotations(metadata, faults);
    check_owners(metadata, faults);
    check_finalizers(metadata, faults);
}

void check_metadata_update(const json::Object& metadata, const json::Object& live, Faults& faults) {
    check_no_new_finalizers(metadata, live, faults);
    for (std::string_view name : {"name", "namespace", "uid", "creationTimestamp",
                                  "deletionTimestamp", "deletionGracePeriodSeconds"})
        check_immutable(name, metadata, live, faults);
    check_labels(metadata, faults);
    check_annotations(metadata, faults);
    check_owners(metadata, faults);
}

}  // namespace snapgate::rules
