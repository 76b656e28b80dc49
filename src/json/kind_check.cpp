#include "json/kind_check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/quote.h"
#include "json/document.h"
#include "model/names.h"

namespace snapgate::json {
namespace {

using simdjson::dom::element_type;

}  // namespace

std::string_view describe(element_type type) {
    switch (type) {
        case element_type::OBJECT:
            return "an object";
        case element_type::ARRAY:
            return "a list";
        case element_type::STRING:
            return "a string";
        case element_type::BOOL:
            return "true or false";
        case element_type::NULL_VALUE:
            return "null";
        case element_type::INT64:
        case element_type::UINT64:
        case element_type::DOUBLE:
            return "a number";
    }
    return "something else";
}

base::Result<simdjson::dom::object> check_kind(const simdjson::dom::element& root,
                                               const WantedKind& wanted) {
    auto opened = root.get_object();
    if (opened.error())
        return base::Error{
            base::Code::kInvalidBody,
            fmt::format("the object must be a JSON object, and is {}", describe(root.type()))};
    const simdjson::dom::object object = opened.value_unsafe();
    auto text = [&](std::string_view key) -> base::Result<std::string_view> {
        auto value = last_member(root, key);
        if (wanted.may_lack_both && (!value || value->is_null())) return std::string_view();
        if (!value || value->is_null())
            return base::Error{base::Code::kInvalidBody,
                               fmt::format("{} is missing: it is no Kubernetes object", key),
                               std::string(key)};
        std::string_view found;
        if (value->get_string().get(found))
            return base::Error{
                base::Code::kInvalidBody,
                fmt::format("{} must be a string, and is {}", key, describe(value->type())),
                std::string(key)};
        return found;
    };
    SNAPGATE_ASSIGN(std::string_view kind, text("kind"));
    if (kind != wanted.kind && !(wanted.may_lack_both && kind.empty()))
        return base::Error{
            base::Code::kInvalidBody,
            fmt::format("kind must be {}, and is {}", wanted.kind, base::quote(kind)), "kind"};
    SNAPGATE_ASSIGN(std::string_view version, text("apiVersion"));
    if (std::ranges::find(wanted.api_versions, version) == wanted.api_versions.end() &&
        !(wanted.may_lack_both && version.empty()))
        return base::Error{
            base::Code::kInvalidBody,
            fmt::format("apiVersion must be {}, and is {}", fmt::join(wanted.api_versions, " or "),
                        base::quote(version)),
            "apiVersion"};
    return object;
}

base::Error lacks_field(std::string_view field) {
    return {base::Code::kInvalidBody,
            fmt::format("{} is missing: an object cannot be kept without", field),
            std::string(field)};
}

base::Result<void> check_kept_identity(const KeptIdentity& identity) {
    struct Place {
        std::string_view field;
        std::string_view text;
        bool good;
    };
    const Place places[] = {
        {"metadata.name", identity.name, model::is_dns_subdomain(identity.name)},
        {"metadata.namespace", identity.ns, model::is_dns_label(identity.ns)},
        {"metadata.uid", identity.uid, model::is_plain_word(identity.uid)},
        {"metadata.resourceVersion", identity.version, model::is_plain_word(identity.version)},
    };
    for (const Place& place : places) {
        if (place.good) continue;
        if (place.text.empty()) return lacks_field(place.field);
        return base::Error{
            base::Code::kInvalidBody,
            fmt::format("{} is none that can be kept: {}", place.field, base::quote(place.text)),
            std::string(place.field)};
    }
    return {};
}

}  // namespace snapgate::json
