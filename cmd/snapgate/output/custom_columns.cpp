#include "output/custom_columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace snapgate::cli {
namespace {

using base::Code;
using base::Error;
using base::Result;

constexpr std::string_view kBetweenWords = " \t\r";

std::vector<std::string_view> words_of(std::string_view line) {
    std::vector<std::string_view> words;
    size_t begin = 0;
    while ((begin = line.find_first_not_of(kBetweenWords, begin)) != std::string_view::npos) {
        const size_t end = std::min(line.find_first_of(kBetweenWords, begin), line.size());
        words.push_back(line.substr(begin, end - begin));
        begin = end;
    }
    return words;
}

// Where the column ends that `text` begins with: at a comma that stands in no brackets, braces or
// quotes.
size_t column_end(std::string_view text) {
    int depth = 0;
    char quote = '\0';
    for (size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '\\') {
            ++i;
        } else if (quote != '\0') {
            if (c == quote) quote = '\0';
        } else if (c == '"' || c == '\'') {
            quote = c;
        } else if (c == '[' || c == '(' || c == '{') {
            ++depth;
        } else if (c == ']' || c == ')' || c == '}') {
            --depth;
        } else if (c == ',' && depth <= 0) {
            return i;
        }
    }
    return text.size();
}

}  // namespace

Result<CustomColumns> CustomColumns::parse(std::string_view text) {
    CustomColumns columns;
    while (!text.empty()) {
        const size_t end = column_end(text);
        const std::string_view one = text.substr(0, end);
        text.remove_prefix(std::min(text.size(), end + 1));
        const size_t colon = one.find(':');
        if (colon == std::string_view::npos || colon == 0 || colon + 1 == one.size())
            return Error(Code::kInvalidParameter,
                         fmt::format("custom-columns: \"{}\" is no TITLE:EXPRESSION, as in "
                                     "NAME:.metadata.name",
                                     one));
        SNAPGATE_TRY(columns.add(one.substr(0, colon), one.substr(colon + 1)));
    }
    if (columns.cells_.empty())
        return Error(Code::kInvalidParameter,
                     "custom-columns names no column: they are like NAME:.metadata.name,...");
    return columns;
}

Result<CustomColumns> CustomColumns::parse_lines(std::string_view text) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view rest = text.substr(std::min(end + 1, text.size()));
    rest = rest.substr(0, rest.find('\n'));
    const std::vector<std::string_view> titles = words_of(text.substr(0, end));
    const std::vector<std::string_view> expressions = words_of(rest);
    if (titles.empty() || titles.size() != expressions.size())
        return Error(Code::kInvalidParameter,
                     fmt::format("custom-columns: the first line of the file has {} titles, the "
                                 "second {} expressions; each title has one",
                                 titles.size(), expressions.size()));
    CustomColumns columns;
    for (size_t i = 0; i < titles.size(); ++i) SNAPGATE_TRY(columns.add(titles[i], expressions[i]));
    return columns;
}

Result<void> CustomColumns::add(std::string_view title, std::string_view expression) {
    auto path = JsonPath::parse(expression);
    if (!path)
        return Error(path.error().code,
                     fmt::format("custom-columns: column {}: {}", title, path.error().message));
    cells_.push_back({std::string(title), std::move(*path)});
    return {};
}

std::vector<Column> CustomColumns::columns() const {
    std::vector<Column> columns;
    columns.reserve(cells_.size());
    for (const Cell& cell : cells_) columns.push_back({cell.title, 0, cell.title.size() + 8});
    return columns;
}

Result<Table::Row> CustomColumns::row(const json::Value& object) const {
    Table::Row row;
    row.reserve(cells_.size());
    for (const Cell& cell : cells_) {
        SNAPGATE_ASSIGN(const auto values, cell.path.find(object));
        std::string text;
        for (const json::Value* value : values) {
            if (value != values.front()) text += ',';
            text += value->is_null() ? "<none>" : json_path_text(*value);
        }
        row.push_back(values.empty() ? "<none>" : std::move(text));
    }
    return row;
}

}  // namespace snapgate::cli
