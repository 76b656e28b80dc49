// Configurations of several managers, applied one after the other, become an object or are refused
// with words. What is let through can be stored, has the manager among its owners, and changes
// nothing when it is applied again.

#include <cstdint>
#include <string>
#include <string_view>

#include "check.h"
#include "input.h"
#include "rules/decode.h"
#include "rules_checks.h"
#include "snapshot_input.h"

namespace snapgate::fuzz {
namespace {

using Effect = rules::Change::Effect;

// One apply; true if there is an object afterwards, which is then in `live`.
void apply(json::Object& live, std::string_view text, uint8_t how) {
    auto body = rules::decode_applied(text);
    if (!body) return check_error(body.error());
    rules::Writer by = writer(static_cast<uint8_t>(how & 6U));
    by.manager = how / 8 % 2 == 0 ? "kubectl" : "other";
    by.version = how / 16 % 8 == 7 ? "v1alpha1" : "v1beta1";
    const bool force = how % 2 == 1;
    const rules::Target target{"web", "s", how / 64 == 3 && !live.empty()};
    auto change = live.empty() ? rules::apply_new(*body, target, "u", by)
                               : rules::apply(live, *body, target, by, force);
    if (!change) {
        check_error(change.error());
        if (!force || live.empty()) return;
        // Then it is not a conflict about fields: those have causes.
        check(change.error().code != base::Code::kConflict || change.error().causes.empty(),
              "force takes every field");
        return;
    }
    if (change->effect == Effect::kRemove) {
        live.clear();
        return;
    }
    live = store(*change);
    check_live(live, how);
    auto again = rules::apply(live, *body, target, by, false);
    // What only a create passes over, such as a deletionTimestamp, may not be in an update.
    if (!again) return check_error(again.error());
    check(again->effect == Effect::kNone, "the same apply again changes nothing");
}

}  // namespace
}  // namespace snapgate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
    using namespace snapgate;
    json::Object live;
    // Parts end with a byte of zero. Each begins with two bytes that say where its text stands and
    // how it is applied.
    std::string_view rest = fuzz::text_of(bytes, size);
    for (int part = 0; part < 4 && rest.size() >= 2; ++part) {
        const auto place = static_cast<uint8_t>(rest[0]);
        const auto how = static_cast<uint8_t>(rest[1]);
        rest.remove_prefix(2);
        const size_t end = rest.find('\0');
        fuzz::apply(live, fuzz::object_of(place, rest.substr(0, end)), how);
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    }
    return 0;
}
