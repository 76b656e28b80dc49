#include "output/format.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "terminal/read_file.h"

namespace snapgate::cli {
namespace {

constexpr std::pair<std::string_view, Format::Kind> kFormatWords[] = {
    {"", Format::kTable},         {"table", Format::kTable}, {"wide", Format::kWide},
    {"json", Format::kJson},      {"yaml", Format::kYaml},   {"name", Format::kName},
    {"jsonl", Format::kJsonLines}};

Failure wrong_format(std::string message) {
    return {Exit::kUsage, std::move(message)};
}

// The template of an output format: what follows its "=", or what is in the file of that name.
Outcome<std::string> template_of(std::string_view name, std::string_view value, bool in_file) {
    if (value.empty())
        return wrong_format(
            name == "jsonpath"
                ? "-o jsonpath needs a template: -o jsonpath='{.metadata.name}'"
                : "-o custom-columns needs columns: -o custom-columns=NAME:.metadata.name");
    if (!in_file) return std::string(value);
    return read_file(std::string(value), JsonPath::kMostBytes, {});
}

}  // namespace

Outcome<Format> Format::parse(std::string_view text) {
    for (const auto& [word, kind] : kFormatWords)
        if (text == word) return Format(kind);
    const size_t equals = std::min(text.find('='), text.size());
    std::string_view name = text.substr(0, equals);
    const std::string_view value = text.substr(std::min(equals + 1, text.size()));
    const bool in_file = name.ends_with("-file");
    if (in_file) name.remove_suffix(std::string_view("-file").size());
    if (name == "jsonpath") {
        SNAPGATE_ASSIGN(const std::string source, template_of(name, value, in_file));
        SNAPGATE_ASSIGN(JsonPath path, JsonPath::parse(source));
        Format format(kJsonPath);
        format.path_ = std::make_shared<const JsonPath>(std::move(path));
        return format;
    }
    if (name == "custom-columns") {
        SNAPGATE_ASSIGN(const std::string source, template_of(name, value, in_file));
        SNAPGATE_ASSIGN(CustomColumns columns, in_file ? CustomColumns::parse_lines(source)
                                                       : CustomColumns::parse(source));
        Format format(kColumns);
        format.columns_ = std::make_shared<const CustomColumns>(std::move(columns));
        return format;
    }
    return wrong_format(fmt::format(
        "there is no output format \"{}\": -o takes table, wide, json, yaml, name, jsonl, "
        "jsonpath=TEMPLATE or custom-columns=TITLE:EXPRESSION,...",
        text));
}

}  // namespace snapgate::cli
