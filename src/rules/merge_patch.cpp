#include "rules/merge_patch.h"

#include "rules/values.h"

namespace snapgate::rules {

void apply_merge_patch(json::Value& target, const json::Value& patch) {
    const json::Object* changes = patch.if_object();
    if (changes == nullptr) {
        target = patch;
        return;
    }
    if (!target.is_object()) target.emplace_object();
    json::Object& object = target.get_object();
    for (const auto& change : *changes) {
        if (change.value().is_null())
            object.erase(change.key());
        else
            apply_merge_patch(object[change.key()], change.value());
    }
}

}  // namespace snapgate::rules
