// Bodies and patches of any kind become objects or are refused with words; what is let through can
// be stored, changes nothing when it is written again, and can be deleted.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "check.h"
#include "input.h"
#include "json/object.h"
#include "json/value.h"
#include "rules/decode.h"
#include "rules/import_rules.h"
#include "rules/object_rules.h"
#include "rules/values.h"
#include "snapshot_input.h"

namespace snapgate::fuzz {
namespace {

const json::Identity kFill{"u", "2026-11-04T14:19:06Z", 1};
const rules::Target kNew{"web", "", false};
constexpr std::string_view kKind = "VirtualMachineSnapshot";

rules::Writer writer(uint8_t how) {
    rules::Writer by;
    by.manager = how % 2 == 0 ? "fuzz" : "";
    by.validation = static_cast<rules::FieldValidation>(how / 2 % 3);
    by.now = "2026-11-05T00:00:00Z";
    return by;
}

void check_error(const base::Error& error) {
    check_says_why(error);
    check(error.message.size() < 200'000, "an error is no longer than can be sent");
    check(error.causes.size() <= 32, "an error has a bounded number of causes");
    check(error.code == base::Code::kInvalidBody || error.code == base::Code::kInvalid ||
              error.code == base::Code::kConflict || error.code == base::Code::kTooLarge,
          "an error is the client's");
}

// Gives the object as the store would give it back.
json::Object store(const rules::Change& change) {
    size_t bytes = 0;
    for (const std::string& warning : change.warnings) bytes += warning.size();
    check(bytes <= 4096, "warnings fit into a head");
    json::Object object = change.object;
    if (rules::find(object.at("metadata").get_object(), "name") == nullptr)
        rules::give_name(object, rules::generated_name("x-"));
    auto prepared = rules::prepare_import(json::serialize(object), kFill);
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

void check_live(const json::Object& live, uint8_t how) {
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

void patch(const json::Object& live, std::string_view text, uint8_t how) {
    auto type = how % 2 == 0 ? rules::PatchType::kMerge : rules::PatchType::kJson;
    auto body = rules::patched_body(live, type, text);
    if (!body) return check_error(body.error());
    rules::Writer by = writer(how / 4);
    by.patch = true;
    const json::Object& metadata = live.at("metadata").get_object();
    rules::Target target{"web", std::string(rules::find_text(metadata, "name")), how / 2 % 2 == 1};
    auto change = rules::update(live, std::move(*body), target, by);
    if (!change) return check_error(change.error());
    json::Object stored = store(*change);
    if (change->effect == rules::Change::Effect::kStore) check_live(stored, how);
}

}  // namespace
}  // namespace snapgate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
    using namespace snapgate;
    if (size < 2) return 0;
    const uint8_t place = bytes[0];
    const uint8_t how = bytes[1];
    // A body, and a patch of it behind a byte of zero.
    const std::string_view text = snapgate::fuzz::text_of(bytes + 2, size - 2);
    size_t end = text.find('\0');
    std::string object = fuzz::object_of(place, text.substr(0, end));
    auto media = place / 4 % 4 == 1 ? rules::Media::kYaml : rules::Media::kJson;
    std::string_view kind = place / 16 % 8 == 1 ? "Namespace" : fuzz::kKind;

    auto body = rules::decode_object(object, media, kind);
    if (!body) {
        fuzz::check_error(body.error());
        return 0;
    }
    if (kind == "Namespace") {
        auto change = rules::create_namespace(*body, "u", fuzz::writer(how));
        if (!change) {
            fuzz::check_error(change.error());
            return 0;
        }
        rules::give_name(change->object, "web");
        auto prepared = json::prepare_namespace(json::serialize(change->object));
        fuzz::check(prepared.has_value(), "a namespace can be stored");
        return 0;
    }
    auto change = rules::create(*body, fuzz::kNew, "u", fuzz::writer(how));
    if (!change) {
        fuzz::check_error(change.error());
        return 0;
    }
    json::Object live = fuzz::store(*change);
    fuzz::check_live(live, how);
    if (end != std::string_view::npos) fuzz::patch(live, text.substr(end + 1), how);
    return 0;
}
