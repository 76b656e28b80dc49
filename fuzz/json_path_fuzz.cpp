// A template of `-o jsonpath`, and columns, of an object that a server sent: they are read and
// followed to their end, or refused with a message; what stands around a template changes nothing
// of what it prints.

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "check.h"
#include "input.h"
#include "json/value.h"
#include "output/custom_columns.h"
#include "output/format.h"
#include "output/json_path.h"

namespace {

using namespace snapgate;
using fuzz::check;
using fuzz::check_equal;

constexpr size_t kMostPrinted = 1 << 20;
// Of the template: its longest ones ask for more than a run has time for.
constexpr size_t kMostBytes = 256;

constexpr std::string_view kObject =
    R"({"kind":"List","items":[{"metadata":{"name":"a","labels":{"a.b/c":"d"}},"status":)"
    R"({"ready":true,"size":3,"share":1.5,"error":null,"parts":["x","y"]}},{"metadata":{"name":"b"},)"
    R"("status":{"ready":false,"size":10,"parts":[]}}]})";

// What a template prints, or why it cannot.
std::string printed(const cli::JsonPath& path, const json::Value& object, bool& good) {
    const auto out = path.print(object, kMostPrinted);
    good = out.has_value();
    if (good) {
        check(out->size() <= kMostPrinted, "what is printed is bounded");
        return *out;
    }
    fuzz::check_says_why(out.error());
    return out.error().message;
}

void check_template(std::string_view text, const json::Value& object) {
    const auto path = cli::JsonPath::parse(text);
    if (!path) return fuzz::check_says_why(path.error());
    bool good = false;
    const std::string once = printed(*path, object, good);
    if (text.find('{') == std::string_view::npos) return;
    // A text before the template is printed before what the template prints.
    const auto longer = cli::JsonPath::parse("<" + std::string(text));
    check(longer.has_value(), "a text may stand before a template");
    bool longer_good = false;
    const std::string again = printed(*longer, object, longer_good);
    if (good && once.size() < kMostPrinted) {
        check(longer_good, "the longer template is followed, too");
        check_equal(again, "<" + once, "a text before a template changes nothing");
    }
}

void check_find(std::string_view text, const json::Value& object) {
    const auto path = cli::JsonPath::parse(text);
    if (!path) return;
    const auto values = path->find(object);
    if (!values) return fuzz::check_says_why(values.error());
    // They are values of the object, which can be read.
    for (size_t i = 0; i < std::min<size_t>(values->size(), 100); ++i)
        static_cast<void>(cli::json_path_text(*(*values)[i]));
}

void check_columns(std::string_view text, const json::Value& object) {
    const auto columns = cli::CustomColumns::parse(text);
    if (!columns) {
        fuzz::check_says_why(columns.error());
    } else if (const auto row = columns->row(object)) {
        check(row->size() == columns->columns().size(), "a row has a cell for each column");
    } else {
        fuzz::check_says_why(row.error());
    }
    const auto lines = cli::CustomColumns::parse_lines(text);
    if (!lines) fuzz::check_says_why(lines.error());
    // One column says the same in a file and on the command line.
    if (text.find_first_of(" \t\r\n,\\\"'([{") != std::string_view::npos) return;
    const auto one = cli::CustomColumns::parse("N:" + std::string(text));
    const auto of_file = cli::CustomColumns::parse_lines("N\n" + std::string(text));
    check(one.has_value() == of_file.has_value(), "a file is read as the command line is");
    if (!one) return;
    const auto cells = one->row(object);
    const auto cells_of_file = of_file->row(object);
    check(cells.has_value() == cells_of_file.has_value(), "a file is followed as well");
    if (cells) check(*cells == *cells_of_file, "a file says the same");
}

// What -o names, save files.
void check_format(std::string_view text) {
    if (text.find("-file") != std::string_view::npos) return;
    const auto format = cli::Format::parse(text);
    if (!format) check(!format.error().message.empty(), "a refusal says why");
    const bool is_template = text.starts_with("jsonpath=") || text.starts_with("custom-columns=");
    check(!format || !is_template || cli::is_document(*format), "a template prints documents");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
    // The template, and behind a zero the object, where there is one.
    const std::string_view all = fuzz::text_of(bytes, size);
    const size_t end = std::min(all.find('\0'), all.size());
    const std::string_view text = all.substr(0, end);
    if (text.size() > kMostBytes) return 0;
    auto object = json::parse(all.substr(std::min(end + 1, all.size())));
    if (!object) object = json::parse(kObject);
    check_template(text, *object);
    check_find(text, *object);
    check_columns(text, *object);
    check_format(text);
    return 0;
}
