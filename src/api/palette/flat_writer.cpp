#include "api/palette/flat_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/byte_scan.h"
#include "base/json_text.h"
#include "base/time_text.h"

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

// Whether one of eight bytes may be one for which a cell is quoted.
bool may_be_quoted(uint64_t bytes) {
    return (base::bytes_equal_to(bytes, ',') | base::bytes_equal_to(bytes, '"') |
            base::bytes_below(bytes, ' ')) != 0;
}

bool is_quoted(std::string_view text) {
    constexpr size_t kEight = sizeof(uint64_t);
    bool maybe = text.size() < kEight;
    // The last eight may overlap those before them.
    for (size_t at = 0; !maybe && at < text.size(); at += kEight)
        maybe = may_be_quoted(base::load_eight(&text[std::min(at, text.size() - kEight)]));
    return maybe && text.find_first_of(",\"\r\n") != std::string_view::npos;
}

}  // namespace

void FlatWriter::time(std::string_view name, facts::Seconds time) {
    if (time == 0) return column(name, Type::kWord, {});
    const std::array text = base::rfc3339_text(int64_t{time} * 1000);
    column(name, Type::kWord, {text.data(), text.size()});
}

void FlatWriter::number(std::string_view name, std::optional<uint64_t> number) {
    if (!number) return column(name, Type::kBare, {});
    const fmt::format_int digits(*number);
    column(name, Type::kBare, {digits.data(), digits.size()});
}

void FlatWriter::column(std::string_view name, Type type, std::string_view text) {
    if (form_.columns.all()) {
        put(name, type, text);
        return;
    }
    cells_.push_back({name, type, texts_.size(), text.size()});
    texts_ += text;
}

void FlatWriter::put(std::string_view name, Type type, std::string_view text) {
    if (form_.format == query::ListFormat::kCsv) {
        if (!first_) out_ += ',';
        first_ = false;
        if (line_ == Line::kNames) {
            out_ += name;
        } else if (type == Type::kText) {
            append_csv_cell(text, out_);
        } else {
            out_ += text;
        }
        return;
    }
    if (text.empty()) return;
    out_ += first_ ? '{' : ',';
    first_ = false;
    if (type != Type::kBare) {
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
        const Cell& cell = cells_[number];
        put(cell.name, cell.type, std::string_view(texts_).substr(cell.begin, cell.size));
    }
    cells_.clear();
    texts_.clear();
    if (first_ && form_.format == query::ListFormat::kNdjson) out_ += '{';  // no value at all
    out_ += form_.format == query::ListFormat::kCsv ? "\r\n" : "}\n";
    first_ = true;
}

void append_csv_cell(std::string_view text, std::string& out) {
    const bool defused = runs_in_spreadsheets(text);
    if (!defused && !is_quoted(text)) {
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

}  // namespace snapgate::api::palette
