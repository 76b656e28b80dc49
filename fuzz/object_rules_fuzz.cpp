// Bodies and patches of any kind become objects or are refused with words; what is let through can
// be stored, changes nothing when it is written again, and can be deleted.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "check.h"
#include "input.h"
#include "json/object.h"
#include "rules/decode.h"
#include "rules_checks.h"
#include "snapshot_input.h"

namespace snapgate::fuzz {
namespace {

const rules::Target kNew{"web", "", false};
constexpr std::string_view kKind = "VirtualMachineSnapshot";

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
