#include "terminal/output.h"

#include <fmt/format.h>

#include <utility>

#include "json/yaml.h"
#include "remote/api.h"

namespace snapgate::cli {

Outcome<Format> parse_format(std::string_view text) {
    if (text.empty() || text == "table") return Format::kTable;
    if (text == "wide") return Format::kWide;
    if (text == "json") return Format::kJson;
    if (text == "yaml") return Format::kYaml;
    if (text == "name") return Format::kName;
    return Failure(Exit::kUsage,
                   fmt::format("there is no output format \"{}\": -o takes table, wide, json, yaml "
                               "or name",
                               text));
}

Outcome<> print_answer(Console& console, Format format, const net::ClientResponse& response,
                       std::string_view server) {
    if (response.body.empty()) return {};  // a deletion has no answer
    SNAPGATE_ASSIGN(auto answer, parse_answer(response, server));
    if (format == Format::kYaml) {
        console.print_document(json::to_yaml(answer));
    } else {
        console.print_document(response.body);
    }
    return {};
}

void print_value(Console& console, Format format, const json::Value& value) {
    console.print_document(format == Format::kYaml ? json::to_yaml(value) : json::serialize(value));
}

ListWriter::ListWriter(Console& console, Format format, std::string_view api_version,
                       std::string_view kind)
    : console_(console), format_(format), api_version_(api_version), kind_(kind) {}

Outcome<> ListWriter::add(std::string_view item) {
    begin();
    if (format_ == Format::kYaml) {
        SNAPGATE_ASSIGN(auto value, json::parse(item));
        json::Array one;
        one.push_back(std::move(value));
        console_.print(any_ ? "" : "items:\n");
        console_.print_document(json::to_yaml(one));
    } else {
        console_.print(any_ ? ",\n" : "\n");
        console_.print_part(item);
    }
    any_ = true;
    return {};
}

void ListWriter::begin() {
    if (std::exchange(begun_, true)) return;
    json::Object head;
    if (!api_version_.empty()) head["apiVersion"] = api_version_;
    if (!kind_.empty()) head["kind"] = kind_;
    if (format_ == Format::kYaml) {
        if (!head.empty()) console_.print_document(json::to_yaml(head));
        return;
    }
    std::string text = json::serialize(head);
    text.pop_back();
    console_.print(text);
    console_.print(head.empty() ? "\"items\":[" : ",\"items\":[");
}

void ListWriter::finish(const json::Object& metadata) {
    begin();
    if (format_ == Format::kYaml) {
        if (!any_) console_.print("items: []\n");
        json::Object tail;
        tail["metadata"] = metadata;
        if (!metadata.empty()) console_.print_document(json::to_yaml(tail));
        return;
    }
    console_.print(any_ ? "\n]" : "]");
    if (!metadata.empty()) {
        console_.print(",\"metadata\":");
        console_.print_part(json::serialize(metadata));
    }
    console_.print("}\n");
}

}  // namespace snapgate::cli
