#include "output/documents.h"

#include <fmt/format.h>

#include <utility>

#include "json/path.h"
#include "json/yaml.h"
#include "remote/api.h"

namespace snapgate::cli {
namespace {

// Rows of a table that are printed together.
constexpr size_t kPageRows = 500;

// The items of a list, or the object itself.
std::vector<const json::Value*> items_or_self(const json::Value& value) {
    std::vector<const json::Value*> items;
    const json::Object* object = value.if_object();
    const json::Array* listed = object != nullptr ? json::array_at(*object, {"items"}) : nullptr;
    if (listed == nullptr) return {&value};
    items.reserve(listed->size());
    for (const json::Value& item : *listed) items.push_back(&item);
    return items;
}

}  // namespace

Outcome<> print_answer(Console& console, const Format& format, const net::ClientResponse& response,
                       std::string_view server) {
    if (response.body.empty()) return {};  // a deletion has no answer
    SNAPGATE_ASSIGN(auto answer, parse_answer(response, server));
    if (format == Format::kJson) {
        console.print_document(response.body);
        return {};
    }
    return print_value(console, format, json::Value(std::move(answer)));
}

Outcome<> print_value(Console& console, const Format& format, const json::Value& value) {
    ValuePrinter printer(console, format);
    if (format == Format::kJsonLines || format == Format::kColumns)
        return printer.print_all(items_or_self(value));
    return printer.print(value);
}

ValuePrinter::ValuePrinter(Console& console, Format format)
    : console_(console), format_(std::move(format)) {
    if (format_ == Format::kColumns)
        table_.emplace(format_.columns().columns(), format_.look(console.look()));
}

Outcome<> ValuePrinter::print(const json::Value& value) {
    return print_all({&value});
}

Outcome<> ValuePrinter::print_all(const std::vector<const json::Value*>& values) {
    std::vector<Table::Row> rows;
    for (const json::Value* value : values) {
        if (format_ == Format::kColumns) {
            SNAPGATE_ASSIGN(Table::Row row, format_.columns().row(*value));
            rows.push_back(std::move(row));
        } else if (format_ == Format::kJsonPath) {
            SNAPGATE_ASSIGN(const std::string text, format_.path().print(*value));
            console_.print_part(text);
        } else if (format_ == Format::kYaml) {
            if (std::exchange(any_, true)) console_.print("---\n");
            console_.print_document(json::to_yaml(*value));
        } else {
            console_.print_document(json::serialize(*value));
        }
    }
    if (table_) console_.print(table_->page(rows));
    return {};
}

ListWriter::ListWriter(Console& console, Format format, std::string_view api_version,
                       std::string_view kind)
    : console_(console),
      format_(format),
      api_version_(api_version),
      kind_(kind),
      rows_(console, std::move(format)) {}

Outcome<> ListWriter::add(std::string_view item) {
    if (format_ != Format::kJson) {
        SNAPGATE_ASSIGN(auto value, json::parse(item));
        if (format_ == Format::kJsonLines) return rows_.print(value);
        if (format_ != Format::kYaml) {
            held_.push_back(std::move(value));
            return format_ == Format::kColumns && held_.size() == kPageRows ? print_rows()
                                                                            : Outcome<>();
        }
        begin();
        json::Array one;
        one.push_back(std::move(value));
        console_.print(any_ ? "" : "items:\n");
        console_.print_document(json::to_yaml(one));
    } else {
        begin();
        console_.print(any_ ? ",\n" : "\n");
        console_.print_part(item);
    }
    any_ = true;
    return {};
}

Outcome<> ListWriter::print_rows() {
    std::vector<const json::Value*> values;
    values.reserve(held_.size());
    for (const json::Value& value : held_) values.push_back(&value);
    SNAPGATE_TRY(rows_.print_all(values));
    held_.clear();
    return {};
}

json::Object ListWriter::head() const {
    json::Object head;
    if (!api_version_.empty()) head["apiVersion"] = api_version_;
    if (!kind_.empty()) head["kind"] = kind_;
    return head;
}

void ListWriter::begin() {
    if (std::exchange(begun_, true)) return;
    const json::Object members = head();
    if (format_ == Format::kYaml) {
        if (!members.empty()) console_.print_document(json::to_yaml(members));
        return;
    }
    std::string text = json::serialize(members);
    text.pop_back();
    console_.print(text);
    console_.print(members.empty() ? "\"items\":[" : ",\"items\":[");
}

Outcome<> ListWriter::finish(const json::Object& metadata) {
    if (format_ == Format::kJsonLines) return {};
    if (format_ == Format::kColumns) return print_rows();
    if (format_ == Format::kJsonPath) {
        json::Object list = head();
        list["items"] = std::move(held_);
        list["metadata"] = metadata;
        return rows_.print(json::Value(std::move(list)));
    }
    begin();
    if (format_ == Format::kYaml) {
        if (!any_) console_.print("items: []\n");
        json::Object tail;
        tail["metadata"] = metadata;
        if (!metadata.empty()) console_.print_document(json::to_yaml(tail));
        return {};
    }
    console_.print(any_ ? "\n]" : "]");
    if (!metadata.empty()) {
        console_.print(",\"metadata\":");
        console_.print_part(json::serialize(metadata));
    }
    console_.print("}\n");
    return {};
}

}  // namespace snapgate::cli
