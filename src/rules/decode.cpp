#include "rules/decode.h"

#include <fmt/format.h>

#include "base/utf8.h"
#include "json/request_body.h"
#include "json/yaml.h"
#include "model/api_names.h"
#include "rules/faults.h"
#include "rules/request_metadata.h"
#include "rules/values.h"

namespace snapgate::rules {
namespace {

constexpr size_t kShownBytes = 30;
constexpr size_t kMostBodyBytes = 256;

constexpr std::string_view kTypeMetaInGo =
    R"(struct { APIVersion string "json:\"apiVersion,omitempty\""; )"
    R"(Kind string "json:\"kind,omitempty\"" })";

// The beginning of a body, as kube-apiserver shows it: text of JSON, else hexadecimal.
std::string summary(std::string_view text) {
    if (text.empty()) return "<empty>";
    std::string out;
    if (text.front() == '{') {
        out = base::clip(text, kShownBytes);
    } else {
        for (char c : text.substr(0, kShownBytes))
            out += fmt::format("{:02x}", static_cast<uint8_t>(c));
    }
    if (text.size() > kShownBytes) out += " ...";
    return out;
}

base::Error unrecognized(std::string_view kind, std::string_view what, std::string_view text,
                         std::string_view field = {}) {
    return bad_request(
        fmt::format("the object provided is unrecognized (must be of type {}): {} ({})", kind, what,
                    summary(text)),
        field);
}

base::Result<json::Tolerant> read(std::string_view text, Media media, std::string_view kind) {
    if (media == Media::kJson) {
        auto parsed = json::parse_tolerant(text);
        if (!parsed)
            return unrecognized(
                kind, "couldn't get version/kind; json parse error: " + parsed.error().message,
                text);
        return parsed;
    }
    auto converted = json::yaml_document_to_json(text);
    if (!converted)
        return unrecognized(kind, "error converting YAML to JSON: " + converted.error().message,
                            text);
    return json::parse_tolerant(*converted);
}

}  // namespace

base::Result<Body> decode_object(std::string_view text, Media media, std::string_view kind) {
    SNAPGATE_ASSIGN(json::Tolerant body, read(text, media, kind));
    auto no_type = [&](std::string_view what, std::string_view field) {
        return unrecognized(kind,
                            fmt::format("couldn't get version/kind; json parse error: {}", what),
                            text, field);
    };
    if (body.value.is_null()) body.value.emplace_object();
    json::Object* object = body.value.if_object();
    if (object == nullptr)
        return no_type(fmt::format("json: cannot unmarshal {} into Go value of type {}",
                                   json_type(body.value), kTypeMetaInGo),
                       {});
    for (std::string_view name : {"apiVersion", "kind"}) {
        const json::Value* value = find(*object, name);
        if (value != nullptr && !value->is_null() && !value->is_string())
            return no_type(
                fmt::format("json: cannot unmarshal {} into Go struct field .{} of type string",
                            json_type(*value), name),
                name);
    }
    if (kind == model::kNamespaceKind) {
        // For a built-in type the path of the request already says the type.
        if (find_text(*object, "kind").empty()) set_text(*object, "kind", kind);
        if (find_text(*object, "apiVersion").empty()) set_text(*object, "apiVersion", "v1");
    }
    for (auto [name, shown] : {std::pair("kind", "Kind"), std::pair("apiVersion", "apiVersion")})
        if (find_text(*object, name).empty())
            return unrecognized(kind,
                                fmt::format("Object '{}' is missing in '{}'", shown,
                                            base::clip(text, kMostBodyBytes)),
                                text, name);
    Body result{std::move(*object), {}};
    for (const std::string& path : body.duplicates)
        result.strict_faults.push_back(fmt::format("duplicate field \"{}\"", path));
    return result;
}

base::Result<Body> decode_applied(std::string_view text) {
    auto no_object = [](std::string_view what) {
        return bad_request(fmt::format("error decoding YAML: {}", what));
    };
    // JSON is YAML, too, but its reader is the faster one.
    auto read = json::parse_tolerant(text);
    if (!read) {
        auto converted = json::yaml_document_to_json(text);
        if (!converted) return no_object(converted.error().message);
        read = json::parse_tolerant(*converted);
    }
    if (!read) return no_object(read.error().message);
    if (read->value.is_null()) read->value.emplace_object();
    json::Object* object = read->value.if_object();
    if (object == nullptr)
        return no_object(
            fmt::format("error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {} "
                        "into Go value of type map[string]interface {{}}",
                        json_type(read->value)));
    Body body{std::move(*object), {}};
    for (const std::string& path : read->duplicates)
        body.strict_faults.push_back(fmt::format("duplicate field \"{}\"", path));
    return body;
}

}  // namespace snapgate::rules
