// Whatever is let through is JSON without null fields; its stored form and its Kubernetes form,
// sent back, give the same bytes again.

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "check.h"
#include "input.h"
#include "json/object.h"
#include "json/owners.h"
#include "json/value.h"
#include "rules/import_rules.h"
#include "snapshot_input.h"

namespace snapgate::fuzz {
namespace {

const json::Identity kFill{"11111111-2222-3333-4444-555555555555", "2026-11-04T14:19:06Z", 1};

bool has_null_fields(const json::Value& value) {
    if (const auto* object = value.if_object()) {
        for (const auto& member : *object)
            if (member.value().is_null() || has_null_fields(member.value())) return true;
    } else if (const auto* list = value.if_array()) {
        for (const auto& element : *list)
            if (has_null_fields(element)) return true;
    }
    return false;
}

// What fast readers find in the stored text is what a parser finds there.
void check_fast_readers(const model::StoredObject& stored, const json::Object& whole) {
    const json::Object& metadata = whole.at("metadata").as_object();
    std::vector<std::pair<std::string, std::string>> expected;
    if (const json::Value* labels = metadata.if_contains("labels")) {
        for (const auto& label : labels->as_object())
            expected.emplace_back(label.key(), label.value().as_string());
    }
    std::ranges::sort(expected);
    const auto labels = json::read_labels(stored);
    check(labels && *labels == expected, "the labels are found");

    const auto owners = json::read_owners(stored.text);
    check(owners.has_value(), "the owners are found");
    const auto count = [&](const char* name) {
        const json::Value* list = metadata.if_contains(name);
        return list == nullptr ? 0 : list->as_array().size();
    };
    check(owners->owners.size() == count("ownerReferences"), "all owners are found");
    check(owners->finalizers.size() == count("finalizers"), "all finalizers are found");
    check(owners->going == metadata.contains("deletionTimestamp"), "a deletion is found");
}

void check_object(const json::Prepared& prepared) {
    const model::PreparedObject& object = prepared.object;
    std::string value = model::encode_object(object, object.version);
    auto stored = model::decode_object(value);
    check(stored.has_value(), "the encoded object is decoded");
    check_equal(stored->version, object.version, "the version is in its place");
    check_equal(stored->vm, object.vm, "the VM's name is in its place");
    check(model::same_but_version(*stored, object), "an object is the same as itself");
    check(json::read_identity(*stored).has_value(), "an object has an identity");

    auto palette = json::parse(stored->text);
    check(palette && !has_null_fields(*palette), "the stored form is JSON without null fields");
    check_fast_readers(*stored, palette->as_object());
    auto again = rules::prepare_import(stored->text, kFill);
    check(again.has_value(), "the stored form is let through");
    check_equal(again->object.text, object.text, "the stored form gives itself");
    check(again->object.version_offset == object.version_offset, "the version's place is the same");

    std::string form;
    check(json::append_kubernetes_form(*stored, form).has_value(), "there is a Kubernetes form");
    check(json::parse(form).has_value(), "the Kubernetes form is JSON");
    auto back = rules::prepare_import(form, kFill);
    check(back.has_value(), "the Kubernetes form is let through");
    check_equal(back->object.text, object.text, "the Kubernetes form gives the stored form");
    check(back->object.marks == object.marks, "the Kubernetes form gives the marks");
}

}  // namespace
}  // namespace snapgate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
    if (size == 0) return 0;
    const std::string_view text = snapgate::fuzz::text_of(bytes + 1, size - 1);
    std::string object = snapgate::fuzz::object_of(bytes[0], text);
    auto prepared = snapgate::rules::prepare_import(object, snapgate::fuzz::kFill);
    if (prepared) {
        snapgate::fuzz::check_object(*prepared);
    } else {
        snapgate::fuzz::check_says_why(prepared.error());
    }
    return 0;
}
