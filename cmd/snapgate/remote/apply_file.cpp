#include "remote/apply_file.h"

#include <fmt/format.h>

#include "json/value.h"
#include "json/yaml.h"
#include "model/names.h"
#include "terminal/read_file.h"

namespace snapgate::cli {
namespace {

constexpr size_t kMaxFileBytes = 16 << 20;
constexpr const char* kWhatIsMissing =
    "must hold a list of clusters or projects, as in \"clusters: [{name: edge, kubeconfig: "
    "edge.kubeconfig}]\"";

}  // namespace

Outcome<ApplyFile> read_apply_file(const std::string& file) {
    SNAPGATE_ASSIGN(std::string text, read_file_or_input(file, kMaxFileBytes));
    const auto refused = [&file](std::string_view what) {
        return Failure(Exit::kRefused, fmt::format("{}: {}", file, what));
    };
    auto document = json::parse_yaml(text);
    if (!document) return refused(document.error().message);
    if (document->is_null()) return refused(fmt::format("is empty; it {}", kWhatIsMissing));
    ApplyFile read;
    read.declared = connect::begin_declarations(file, text);
    const auto take = [&read](std::string_view name, const json::Value& value) {
        connect::read_declarations(read.declared, name, value, connect::DeclaredTo::kCommand);
    };
    if (document->is_array()) {
        take("clusters", *document);
        return read;
    }
    const json::Object* object = document->if_object();
    if (object == nullptr) return refused(kWhatIsMissing);
    auto known = json::refuse_unknown(*object, {"set", "projects", "clusters"});
    if (!known) return refused(known.error().message);
    auto set = json::optional_string(*object, "set");
    if (!set) return refused(set.error().message);
    read.set = *set;
    if (!read.set.empty() && !model::is_display_name(read.set))
        return refused("set: must be 1 to 128 printable characters without blanks at its ends");
    for (const char* name : {"projects", "clusters"}) {
        const json::Value* value = object->if_contains(name);
        if (value == nullptr) continue;
        if (!value->is_array() && !value->is_null())
            return refused(fmt::format("{}: must be a list", name));
        take(name, *value);
    }
    if (!object->contains("projects") && !object->contains("clusters"))
        return refused(kWhatIsMissing);
    return read;
}

}  // namespace snapgate::cli
