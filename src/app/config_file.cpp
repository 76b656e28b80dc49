#include "app/config_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/nearest.h"
#include "base/read_file.h"
#include "json/yaml.h"
#include "json/yaml_lines.h"

namespace snapgate::app {
namespace {

using base::Code;
using base::Error;
using base::Result;

constexpr size_t kMaxConfigBytes = 1 << 20;
constexpr std::string_view kPrograms = "credential-programs";
constexpr std::string_view kIssuers = "issuers";

// What may be shown of a file that is perhaps none of ours.
bool looks_like_a_setting(std::string_view name) {
    return !name.empty() && name.size() <= 32 &&
           name.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == std::string_view::npos;
}

// What is wrong with YAML, without what it quotes of the file: the line is enough. The name of a
// setting tells nothing.
std::string without_quotes(const std::string& message, const std::vector<std::string>& settings) {
    const size_t begin = message.find('"');
    if (begin == std::string::npos) return message;
    const std::string quoted = message.substr(begin + 1, message.rfind('"') - begin - 1);
    const bool known = std::ranges::find(settings, quoted) != settings.end();
    return known ? message : message.substr(0, message.find(": "));
}

// Reads the members of the document one by one.
class Reading {
  public:
    Reading(const std::filesystem::path& file, std::string_view text,
            const std::vector<std::string>& settings)
        : file_(file), settings_(settings) {
        out_.declarations = connect::begin_declarations(file, text);
    }

    ConfigFile read(const json::Object& document) {
        for (const auto& member : document) {
            const std::string name(member.key());
            if (auto read = read_member(name, member.value()); !read)
                out_.faults.push_back(read.error());
            // It is perhaps none of ours: no more is told of it.
            if (!connect::is_declaration(name) && !looks_like_a_setting(name)) break;
        }
        return std::move(out_);
    }

  private:
    size_t line_of(const std::string& place) const {
        return json::line_of(out_.declarations.lines, place);
    }

    Error wrong(const std::string& place, std::string_view what, const std::string& name) const {
        const size_t line = line_of(place);
        return {Code::kInvalidParameter,
                fmt::format("{}:{}: {}: {}", file_.string(), line, place, what), name};
    }

    Result<void> read_member(const std::string& name, const json::Value& value) {
        if (connect::is_declaration(name)) {
            connect::read_declarations(out_.declarations, name, value,
                                       connect::DeclaredTo::kServer);
            return {};
        }
        if (name == kPrograms) return read_programs(value);
        if (name == kIssuers) return read_issuers(value);
        if (!looks_like_a_setting(name)) {
            return Error(Code::kInvalidParameter,
                         fmt::format("{}: holds something that is no setting", file_.string()));
        }
        if (std::ranges::find(settings_, name) == settings_.end()) {
            return wrong(name, "there is no such setting" + base::did_you_mean(name, all_keys()),
                         name);
        }
        const size_t line = line_of(name);
        if (value.is_string()) {
            out_.values.push_back({name, std::string(value.get_string()), line});
        } else if (value.is_bool() || value.is_number()) {
            out_.values.push_back({name, json::serialize(value), line});
        } else {
            return wrong(name,
                         "must be a single value; several are separated by commas, as in \"a,b\"",
                         name);
        }
        return {};
    }

    std::vector<std::string> all_keys() const {
        std::vector<std::string> keys = settings_;
        for (const std::string_view other :
             {std::string_view("projects"), std::string_view("clusters"), kPrograms, kIssuers})
            keys.emplace_back(other);
        return keys;
    }

    Result<void> read_programs(const json::Value& value) {
        const std::string name(kPrograms);
        if (value.is_null()) return {};
        if (!value.is_array()) return wrong(name, "must be a list", name);
        for (const json::Value& element : value.get_array()) {
            const auto* text = element.if_string();
            // The meaning of a bare name would depend on the user who starts the server.
            if (text == nullptr || !text->starts_with("/")) {
                return wrong(fmt::format("{}[{}]", name, out_.credential_programs.size()),
                             "must be the absolute path of a program", name);
            }
            out_.credential_programs.emplace_back(std::string(*text));
        }
        return {};
    }

    Result<void> read_issuers(const json::Value& value) {
        auto issuers = identity::read_issuers(value, file_.parent_path());
        if (!issuers)
            return wrong(issuers.error().subject, issuers.error().message, std::string(kIssuers));
        out_.issuers = std::move(*issuers);
        return {};
    }

    const std::filesystem::path& file_;
    const std::vector<std::string>& settings_;
    ConfigFile out_;
};

}  // namespace

Result<ConfigFile> read_config_file(const std::filesystem::path& file,
                                    const std::vector<std::string>& settings) {
    const auto failed = [&file](std::string_view what) {
        return Error(Code::kInvalidParameter, fmt::format("{}: {}", file.string(), what));
    };
    const auto text = base::read_file(file, kMaxConfigBytes);
    if (!text && text.error().code == Code::kTooLarge) return failed("is " + text.error().message);
    if (!text) return failed("cannot be read: " + text.error().message);
    auto document = json::parse_yaml(*text);
    if (!document) return failed(without_quotes(document.error().message, settings));
    if (document->is_null()) return ConfigFile();
    if (!document->is_object()) return failed("must hold settings, as in \"history: 5m\"");
    return Reading(file, *text, settings).read(document->get_object());
}

}  // namespace snapgate::app
