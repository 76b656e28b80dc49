#include "remote/apply_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/nearest.h"
#include "json/value.h"
#include "json/yaml.h"
#include "json/yaml_lines.h"
#include "model/names.h"
#include "terminal/read_file.h"

namespace snapgate::cli {
namespace {

constexpr size_t kMaxFileBytes = 16 << 20;
constexpr const char* kWhatIsMissing =
    "must hold a list of clusters or projects, as in \"clusters: [{name: edge, kubeconfig: "
    "edge.kubeconfig}]\"";
constexpr std::array<std::string_view, 3> kMembers{"set", "projects", "clusters"};

bool is_member(std::string_view name) {
    return std::ranges::find(kMembers, name) != kMembers.end();
}

// What may be shown of a member that is not known: nothing of a file that is perhaps none of ours,
// and nothing that may be a secret which slid out of its place.
bool is_shown(const json::Object& document, std::string_view name) {
    constexpr size_t kMostBytes = 24;
    return (document.contains("projects") || document.contains("clusters")) &&
           name.size() <= kMostBytes &&
           name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-") ==
               std::string_view::npos;
}

// What is wrong with YAML, without what it quotes of the file: the line is enough. The name of a
// member tells nothing.
std::string_view without_quotes(std::string_view message) {
    const size_t begin = message.find('"');
    if (begin == std::string_view::npos) return message;
    if (is_member(message.substr(begin + 1, message.rfind('"') - begin - 1))) return message;
    return message.substr(0, std::min(message.find(": "), begin));
}

}  // namespace

Outcome<ApplyFile> read_apply_file(const std::string& file) {
    SNAPGATE_ASSIGN(std::string text, read_file_or_input(file, kMaxFileBytes));
    const std::string source = input_name(file);
    const auto refused = [&source](std::string_view what) {
        return Failure(Exit::kRefused, fmt::format("{}: {}", source, what));
    };
    auto document = json::parse_yaml(text);
    if (!document) return refused(without_quotes(document.error().message));
    if (document->is_null()) return refused(fmt::format("is empty; it {}", kWhatIsMissing));
    ApplyFile read;
    read.from_input = file == "-";
    read.declared = connect::begin_declarations(source, text);
    const auto take = [&read](std::string_view name, const json::Value& value) {
        connect::read_declarations(read.declared, name, value, connect::DeclaredTo::kCommand);
    };
    if (document->is_array()) {
        take("clusters", *document);
        return read;
    }
    const json::Object* object = document->if_object();
    if (object == nullptr) return refused(kWhatIsMissing);
    const auto unknown =
        std::ranges::find_if(*object, [](const auto& member) { return !is_member(member.key()); });
    if (unknown != object->end()) {
        const std::string_view key = unknown->key();
        const std::string what =
            base::unknown_field(key, is_shown(*object, key), {kMembers.begin(), kMembers.end()});
        const size_t line = json::line_of(read.declared.lines, key);
        return line == 0 ? refused(what)
                         : Failure(Exit::kRefused, fmt::format("{}:{}: {}", source, line, what));
    }
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
        if (value->is_null()) read.without_value.emplace_back(name);
        take(name, *value);
    }
    if (!object->contains("projects") && !object->contains("clusters"))
        return refused(kWhatIsMissing);
    return read;
}

}  // namespace snapgate::cli
