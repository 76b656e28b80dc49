#include "json/owners.h"

#include "json/path.h"
#include "json/text_skip.h"
#include "json/value.h"

namespace snapgate::json {
namespace {

// The JSON of the member of an object whose brace is at `at`; "" if there is none.
std::string_view member(std::string_view text, size_t at, std::string_view key) {
    const auto place = find_member(text, at, key);
    if (!place || !place->found) return {};
    return text.substr(place->value, skip_value(text, place->value) - place->value);
}

base::Result<Array> read_list(std::string_view text, std::string_view field) {
    auto value = parse(text);
    if (!value || !value->is_array()) return model::unreadable_object(field);
    return std::move(value->get_array());
}

OwnerReference read_owner(const Object& owner) {
    const Value* blocks = owner.if_contains("blockOwnerDeletion");
    return {.api_version = std::string(text_at(owner, {"apiVersion"})),
            .kind = std::string(text_at(owner, {"kind"})),
            .name = std::string(text_at(owner, {"name"})),
            .uid = std::string(text_at(owner, {"uid"})),
            .blocks_deletion = blocks != nullptr && blocks->is_bool() && blocks->get_bool()};
}

}  // namespace

base::Result<OwnersAndDeletion> read_owners(std::string_view text) {
    OwnersAndDeletion read;
    const auto metadata = find_member(text, 0, "metadata");
    if (!metadata || !metadata->found) return model::unreadable_object("its metadata");
    read.going = !member(text, metadata->value, "deletionTimestamp").empty();
    if (const auto list = member(text, metadata->value, "finalizers"); !list.empty()) {
        SNAPGATE_ASSIGN(const Array finalizers, read_list(list, "its finalizers"));
        for (const Value& one : finalizers)
            if (one.is_string()) read.finalizers.emplace_back(std::string_view(one.get_string()));
    }
    if (const auto list = member(text, metadata->value, "ownerReferences"); !list.empty()) {
        SNAPGATE_ASSIGN(const Array owners, read_list(list, "its ownerReferences"));
        for (const Value& one : owners)
            if (one.is_object()) read.owners.push_back(read_owner(one.get_object()));
    }
    return read;
}

}  // namespace snapgate::json
