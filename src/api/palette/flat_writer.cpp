#include "api/palette/flat_writer.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "base/json_text.h"

namespace snapgate::api::palette {
namespace {

// By how it begins. With a Japanese or Chinese input method the wide forms of = + - @ are the same
// to some of them. Asked for each cell of millions of rows: nearly all are decided by one byte.
bool runs_in_spreadsheets(std::string_view text) {
    if (text.empty()) return false;
    switch (text.front()) {
        case '=':
        case '+':
        case '-':
        case '@':
        case '\t':
        case '\r':
        case '\n':
            return true;
        case '\xef':
            return text.starts_with("\xef\xbc\x9d") || text.starts_with("\xef\xbc\x8b") ||
                   text.starts_with("\xef\xbc\x8d") || text.starts_with("\xef\xbc\xa0");
        default:
            return false;
    }
}

}  // namespace

void FlatWriter::column(std::string_view name, ColumnType type, std::string_view text) {
    if (form_.columns.all()) {
        put(name, type, text);
        return;
    }
    cells_.at(number_of_cells_++) = {name, type, texts_.size(), text.size()};
    texts_ += text;
}

void FlatWriter::put(std::string_view name, ColumnType type, std::string_view text) {
    if (form_.format == query::ListFormat::kCsv) {
        if (!first_) out_ += ',';
        first_ = false;
        append_csv_cell(line_ == Line::kNames ? name : text, out_);
        return;
    }
    if (text.empty()) return;
    out_ += first_ ? '{' : ',';
    first_ = false;
    if (type == ColumnType::kText) {
        base::append_json_member(name, text, out_);
        return;
    }
    out_ += '"';
    out_ += name;
    out_ += "\":";
    out_ += text;
}

void FlatWriter::end_row() {
    for (const uint8_t number : form_.columns.shown()) {
        const Cell& cell = cells_.at(number);
        put(cell.name, cell.type, std::string_view(texts_).substr(cell.begin, cell.size));
    }
    number_of_cells_ = 0;
    texts_.clear();
    if (first_ && form_.format == query::ListFormat::kNdjson) out_ += '{';  // no value at all
    out_ += form_.format == query::ListFormat::kCsv ? "\r\n" : "}\n";
    first_ = true;
}

void append_csv_cell(std::string_view text, std::string& out) {
    const bool defused = runs_in_spreadsheets(text);
    if (!defused && text.find_first_of(",\"\r\n") == std::string_view::npos) {
        out += text;
        return;
    }
    out += '"';
    if (defused) out += '\'';
    for (const char c : text) {
        if (c == '"') out += '"';
        out += c;
    }
    out += '"';
}

std::string flat_time(facts::Seconds seconds) {
    return seconds == 0 ? std::string() : base::format_rfc3339(int64_t{seconds} * 1000);
}

std::string flat_number(uint64_t number) {
    return fmt::format_int(number).str();
}

}  // namespace snapgate::api::palette
