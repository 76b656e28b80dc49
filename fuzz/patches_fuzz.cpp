// Merge patches and JSON patches, one after the other, to a snapshot and its status. Each gives an
// object that can be stored, or is refused with words; the same merge patch again changes nothing.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "check.h"
#include "input.h"
#include "json/request_body.h"
#include "rules/decode.h"
#include "rules/merge_patch.h"
#include "rules_checks.h"

namespace snapgate::fuzz {
namespace {

using Effect = rules::Change::Effect;

constexpr std::string_view kPatched =
    R"({"apiVersion":"snapshot.kubevirt.io/v1beta1","kind":"VirtualMachineSnapshot",)"
    R"("metadata":{"name":"s","labels":{"a":"1","b":"2"},"annotations":{"n":"x"},)"
    R"("finalizers":["a/b","c/d"],"ownerReferences":[{"apiVersion":"v1","kind":"Pod","name":"p",)"
    R"("uid":"1"}]},"spec":{"deletionPolicy":"Delete","failureDeadline":"10m0s",)"
    R"("source":{"apiGroup":"kubevirt.io","kind":"VirtualMachine","name":"v"}}})";
constexpr std::string_view kStatus =
    R"({"status":{"phase":"Succeeded","readyToUse":true,"creationTime":"2026-11-20T03:00:21Z",)"
    R"("indications":["Online","GuestAgent"],"conditions":[{"type":"Ready","status":"True",)"
    R"("lastTransitionTime":"2026-11-20T03:00:24Z"}]}})";

const rules::Target kMain{"web", "s", false};
const rules::Target kItsStatus{"web", "s", true};

rules::Writer by(uint8_t how) {
    rules::Writer writer = fuzz::writer(how);
    writer.patch = true;
    return writer;
}

json::Object before() {
    auto body = rules::decode_object(kPatched, rules::Media::kJson, "VirtualMachineSnapshot");
    const json::Object made = store(*rules::create(std::move(*body), kMain, "u", by(0)));
    auto status = rules::patched_body(made, rules::PatchType::kMerge, kStatus);
    return store(*rules::update(made, std::move(*status), kItsStatus, by(0)));
}

// RFC 7396 once more, as a function of two values.
json::Value merged(const json::Value& target, const json::Value& patch) {
    if (!patch.is_object()) return patch;
    json::Object result;
    if (target.is_object()) {
        for (const auto& member : target.get_object())
            if (!patch.get_object().contains(member.key())) result.insert(member);
    }
    for (const auto& change : patch.get_object()) {
        if (change.value().is_null()) continue;
        const json::Value* was =
            target.is_object() ? target.get_object().if_contains(change.key()) : nullptr;
        result[change.key()] = merged(was != nullptr ? *was : json::Value(), change.value());
    }
    return result;
}

void check_merge(const json::Object& live, std::string_view text) {
    const auto patch = json::parse_tolerant(text);
    if (!patch) return;
    json::Value result(live);
    rules::apply_merge_patch(result, patch->value);
    check(result == merged(live, patch->value), "a merge patch is that of RFC 7396");
    json::Value again = result;
    rules::apply_merge_patch(again, patch->value);
    check(again == result, "a merge patch that was applied changes nothing");
}

// One patch. False if there is no object any more.
bool patch(json::Object& live, std::string_view text, uint8_t how) {
    const auto type = how % 2 == 0 ? rules::PatchType::kMerge : rules::PatchType::kJson;
    const rules::Target& target = how / 2 % 2 == 0 ? kMain : kItsStatus;
    if (type == rules::PatchType::kMerge) check_merge(live, text);
    auto body = rules::patched_body(live, type, text);
    if (!body) {
        check_error(body.error());
        return true;
    }
    const auto change = rules::update(live, std::move(*body), target, by(how / 4));
    if (!change) {
        check_error(change.error());
        return true;
    }
    if (change->effect == Effect::kRemove) return false;
    live = store(*change);
    check_live(live, how);
    if (type != rules::PatchType::kMerge) return true;
    auto again = rules::patched_body(live, type, text);
    check(again.has_value(), "a merge patch that was applied can be applied again");
    const auto unchanged = rules::update(live, std::move(*again), target, by(how / 4));
    if (!unchanged) {
        // Such as one with the version that the object had.
        check_error(unchanged.error());
        return true;
    }
    check(unchanged->effect == Effect::kNone, "the same merge patch again changes nothing");
    return true;
}

}  // namespace
}  // namespace snapgate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
    using namespace snapgate;
    static const json::Object before = fuzz::before();
    json::Object live = before;
    // Patches end with a byte of zero. Each begins with a byte that says of which kind it is.
    std::string_view rest = fuzz::text_of(bytes, size);
    for (int part = 0; part < 4 && !rest.empty(); ++part) {
        const auto how = static_cast<uint8_t>(rest[0]);
        rest.remove_prefix(1);
        const size_t end = rest.find('\0');
        if (!fuzz::patch(live, rest.substr(0, end), how)) break;
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    }
    return 0;
}
