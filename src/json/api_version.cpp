#include "json/api_version.h"

#include <simdjson.h>

#include <vector>

namespace snapgate::json {
namespace {

// No type has a longer apiVersion or kind.
constexpr size_t kMaxTypeText = 512;

namespace ondemand = simdjson::ondemand;

// Finds the places of the versions that are to be changed, in ascending order.
class VersionFinder {
  public:
    VersionFinder(const std::string& text, const ApiVersionChange& change)
        : padded_(text), change_(change) {}

    // Both return false if the text is no such document.
    bool find_in_document() {
        ondemand::document document;
        ondemand::object object;
        return parser_.iterate(padded_).get(document) == simdjson::SUCCESS &&
               document.get_object().get(object) == simdjson::SUCCESS && find_in_members(object);
    }
    bool find_in_patch() {
        ondemand::document document;
        ondemand::array operations;
        if (parser_.iterate(padded_).get(document) != simdjson::SUCCESS ||
            document.get_array().get(operations) != simdjson::SUCCESS)
            return false;
        for (auto element : operations) {
            ondemand::object operation;
            if (element.get_object().get(operation) != simdjson::SUCCESS ||
                !find_in_operation(operation))
                return false;
        }
        return true;
    }

    // The text with all these versions changed.
    std::string changed(const std::string& text) const {
        std::string out;
        size_t at = 0;
        for (const size_t place : places_) {
            out.append(text, at, place - at);
            out += '"' + change_.to + '"';
            // The string was parsed, so its closing quote is the first that is not escaped.
            at = place + 1;
            while (text[at] != '"') at += text[at] == '\\' ? 2 : 1;
            ++at;
        }
        out.append(text, at);
        return out;
    }

  private:
    // Looks at an object; in a list and a Table also at the objects in them.
    bool find_in_members(ondemand::object& object) {
        for (auto member : object) {
            std::string_view name;
            ondemand::value value;
            if (member.unescaped_key().get(name) != simdjson::SUCCESS ||
                member.value().get(value) != simdjson::SUCCESS)
                return false;
            if (name == "apiVersion" && !note(value)) return false;
            if ((name == "items" || name == "rows") && !find_in_elements(value, name == "rows"))
                return false;
        }
        return true;
    }

    bool find_in_elements(ondemand::value& value, bool rows) {
        ondemand::array elements;
        if (value.get_array().get(elements) != simdjson::SUCCESS) return is_skipped(value);
        for (auto element : elements) {
            ondemand::object object;
            if (element.get_object().get(object) != simdjson::SUCCESS) return false;
            for (auto member : object) {
                std::string_view name;
                ondemand::value inner;
                if (member.unescaped_key().get(name) != simdjson::SUCCESS ||
                    member.value().get(inner) != simdjson::SUCCESS)
                    return false;
                if (!rows && name == "apiVersion" && !note(inner)) return false;
                if (rows && name == "object" && !find_in_value(inner)) return false;
            }
        }
        return true;
    }

    bool find_in_value(ondemand::value& value) {
        ondemand::object object;
        if (value.get_object().get(object) != simdjson::SUCCESS) return is_skipped(value);
        return find_in_members(object);
    }

    bool find_in_operation(ondemand::object& operation) {
        std::string_view path;
        if (operation.find_field_unordered("path").get_string().get(path) != simdjson::SUCCESS)
            return true;  // none, or none that can be applied
        const bool version = path == "/apiVersion";
        if (!version && !path.empty()) return true;
        ondemand::value value;
        if (operation.find_field_unordered("value").get(value) != simdjson::SUCCESS) return true;
        return version ? note(value) : find_in_value(value);
    }

    // A value that is not of the expected type stays as it is.
    static bool is_skipped(ondemand::value& value) {
        ondemand::json_type type{};
        return value.type().get(type) == simdjson::SUCCESS;
    }

    bool note(ondemand::value& value) {
        ondemand::json_type type{};
        if (value.type().get(type) != simdjson::SUCCESS) return false;
        if (type != ondemand::json_type::string) return true;
        const char* const token = value.raw_json_token().data();
        std::string_view text;
        if (value.get_string().get(text) != simdjson::SUCCESS) return false;
        if (text == change_.from) places_.push_back(static_cast<size_t>(token - padded_.data()));
        return true;
    }

    simdjson::padded_string padded_;
    const ApiVersionChange& change_;
    ondemand::parser parser_;
    std::vector<size_t> places_;
};

}  // namespace

base::Result<TypeMeta> read_type(std::string_view text) {
    const base::Error no_object(base::Code::kInvalidBody, "this is no JSON object");
    const simdjson::padded_string padded(text);
    ondemand::parser parser;
    ondemand::document document;
    ondemand::object object;
    if (parser.iterate(padded).get(document) != simdjson::SUCCESS ||
        document.get_object().get(object) != simdjson::SUCCESS)
        return no_object;
    TypeMeta type;
    for (auto member : object) {
        std::string_view name;
        ondemand::value value;
        if (member.unescaped_key().get(name) != simdjson::SUCCESS ||
            member.value().get(value) != simdjson::SUCCESS)
            return no_object;
        if (name != "apiVersion" && name != "kind") continue;
        std::string& at = name == "kind" ? type.kind : type.api_version;
        std::string_view said;
        if (value.get_string().get(said) == simdjson::SUCCESS) at = said.substr(0, kMaxTypeText);
    }
    return type;
}

std::string change_api_version(std::string text, const ApiVersionChange& change) {
    if (change.none()) return text;
    VersionFinder finder(text, change);
    return finder.find_in_document() ? finder.changed(text) : std::move(text);
}

std::string change_api_version_in_patch(std::string text, const ApiVersionChange& change) {
    if (change.none()) return text;
    VersionFinder finder(text, change);
    return finder.find_in_patch() ? finder.changed(text) : std::move(text);
}

}  // namespace snapgate::json
