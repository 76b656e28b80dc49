#include <fmt/format.h>

#include "base/quote.h"
#include "json/request_body.h"
#include "rules/decode.h"
#include "rules/faults.h"
#include "rules/json_patch.h"
#include "rules/merge_patch.h"
#include "rules/request_metadata.h"
#include "rules/values.h"

namespace snapgate::rules {
namespace {

base::Error no_patch(std::string_view what) {
    return bad_request(fmt::format("error decoding patch: {}", what));
}

// 422 for a patch that leaves no object behind.
base::Error no_object(const json::Value& result, std::string_view what) {
    Faults faults;
    faults.invalid("patch", base::quote(json::serialize(result)), what);
    return faults.error({});
}

base::Result<json::Value> patched(const json::Object& live, PatchType type,
                                  const json::Value& patch, Body& body) {
    json::Value document(live);
    if (type == PatchType::kMerge) {
        if (!patch.is_object())
            return no_patch(fmt::format(
                "json: cannot unmarshal {} into Go value of type map[string]interface {{}}",
                json_type(patch)));
        apply_merge_patch(document, patch);
        return document;
    }
    if (patch.is_null()) return document;
    const json::Array* operations = patch.if_array();
    if (operations == nullptr)
        return no_patch(
            fmt::format("json: cannot unmarshal {} into Go value of type []handlers.jsonPatchOp",
                        json_type(patch)));
    for (std::string& fault : body.strict_faults) fault.insert(0, "json patch ");
    for (std::string& fault : unknown_operation_fields(*operations))
        body.strict_faults.push_back(std::move(fault));
    SNAPGATE_TRY(apply_json_patch(*operations, document));
    return document;
}

}  // namespace

base::Result<Body> patched_body(const json::Object& live, PatchType type, std::string_view patch) {
    auto read = json::parse_tolerant(patch);
    if (!read) return no_patch(read.error().message);
    Body body;
    for (const std::string& path : read->duplicates)
        body.strict_faults.push_back(fmt::format("duplicate field \"{}\"", path));
    SNAPGATE_ASSIGN(json::Value document, patched(live, type, read->value, body));
    json::Object* object = document.if_object();
    if (object == nullptr)
        return no_object(document, fmt::format("json: cannot unmarshal {} into Go value of type "
                                               "map[string]interface {{}}",
                                               json_type(document)));
    for (std::string_view name : {"kind", "apiVersion"}) {
        const json::Value* value = find(*object, name);
        if (value == nullptr || text_of(value).empty())
            return no_object(document,
                             fmt::format("Object '{}' is missing", name == "kind" ? "Kind" : name));
    }
    body.object = std::move(*object);
    return body;
}

}  // namespace snapgate::rules
