#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "check.h"
#include "json/object.h"
#include "json/value.h"
#include "rules/import_rules.h"
#include "rules/object_rules.h"
#include "rules/values.h"

// What must hold of every object that the rules let through, and of every refusal.
namespace snapgate::fuzz {

inline rules::Writer writer(uint8_t how) {
    rules::Writer by;
    by.manager = how % 2 == 0 ? "fuzz" : "";
    by.validation = static_cast<rules::FieldValidation>(how / 2 % 3);
    by.now = "2026-11-05T00:00:00Z";
    return by;
}

inline void check_error(const base::Error& error) {
    check_says_why(error);
    check(error.message.size() < 200'000, "an error is no longer than can be sent");
    check(error.causes.size() <= 32 || error.code == base::Code::kConflict,
          "an error has a bounded number of causes");
    check(error.code == base::Code::kInvalidBody || error.code == base::Code::kInvalid ||
              error.code == base::Code::kConflict || error.code == base::Code::kTooLarge,
          "an error is the client's");
}

// Gives the object as the store would give it back.
inline json::Object store(const rules::Change& change) {
    size_t bytes = 0;
    for (const std::string& warning : change.warnings) bytes += warning.size();
    check(bytes <= 4096, "warnings fit into a head");
    json::Object object = change.object;
    if (rules::find(object.at("metadata").get_object(), "name") == nullptr)
        rules::give_name(object, rules::generated_name("x-"));
    const json::Identity fill{"u", "2026-11-04T14:19:06Z", 1};
    auto prepared = rules::prepare_import(json::serialize(object), fill);
    if (!prepared) std::fprintf(stderr, "%s\n", prepared.error().message.c_str());
    check(prepared.has_value(), "what the rules let through can be stored");
    std::string value = model::encode_object(prepared->object, "7");
    std::string form;
    check(json::append_kubernetes_form(*model::decode_object(value), form).has_value(),
          "it comes back");
    auto parsed = json::parse(form);
    check(parsed.has_value(), "it comes back as JSON");
    return std::move(parsed->get_object());
}

// A stored object: it can be written back, and deleted.
inline void check_live(const json::Object& live, uint8_t how) {
    const json::Object& metadata = live.at("metadata").get_object();
    rules::Target target{"web", std::string(rules::find_text(metadata, "name")), false};
    for (bool status : {false, true}) {
        target.status = status;
        auto same = rules::update(live, {live, {}}, target, writer(how));
        if (!same) std::fprintf(stderr, "%s\n", same.error().message.c_str());
        check(same.has_value(), "an object can be written back");
        check(same->effect == rules::Change::Effect::kNone, "and nothing changes");
    }
    auto removed = rules::remove(live, {}, "2026-11-06T00:00:00Z");
    check(removed.has_value(), "an object can be deleted");
    if (removed->effect == rules::Change::Effect::kStore) store(*removed);
}

}  // namespace snapgate::fuzz
