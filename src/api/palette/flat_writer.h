#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/palette/flat_columns.h"
#include "facts/facts.h"
#include "query/fleet_request.h"

namespace snapgate::api::palette {

// How a flat table is written.
struct FlatForm {
    query::ListFormat format;  // kCsv or kNdjson
    FlatColumns columns;
};

// Writes rows of a flat table as lines: of CSV (RFC 4180), or each a JSON object whose members are
// the columns. An empty text is a value that the row does not have: an empty cell, or no member.
class FlatWriter {
  public:
    // What a line of CSV holds: the first one has the names of the columns.
    enum class Line : uint8_t { kValues, kNames };

    // `form` stays as long as the writer.
    FlatWriter(const FlatForm& form, std::string& out, Line line = Line::kValues)
        : form_(form), line_(line), out_(out) {}

    void text(std::string_view name, std::string_view text) { column(name, Type::kText, text); }
    // A word of the API: letters alone.
    void word(std::string_view name, std::string_view word) { column(name, Type::kWord, word); }
    // In RFC 3339; 0 is none.
    void time(std::string_view name, facts::Seconds time);
    void number(std::string_view name, std::optional<uint64_t> number);
    void flag(std::string_view name, bool flag) {
        column(name, Type::kBare, flag ? "true" : "false");
    }
    void end_row();

  private:
    enum class Type : uint8_t {
        kText,  // anything
        kWord,  // a string of JSON in which nothing has to be escaped; a cell without quotes
        kBare,  // a number or a flag
    };
    // A cell of a row whose columns are chosen: it waits until the row is whole, because they are
    // shown in another order.
    struct Cell {
        std::string_view name;
        Type type = Type::kText;
        size_t begin = 0;  // of its text in texts_
        size_t size = 0;
    };

    void column(std::string_view name, Type type, std::string_view text);
    void put(std::string_view name, Type type, std::string_view text);

    const FlatForm& form_;
    const Line line_;
    std::string& out_;
    bool first_ = true;
    std::vector<Cell> cells_;
    std::string texts_;
};

// Appends a cell of CSV, quoted where it has to be. One that a spreadsheet would run as a formula
// gets a quote before it.
void append_csv_cell(std::string_view text, std::string& out);

// A time as text: RFC 3339; "" for none.
std::string flat_time(facts::Seconds seconds);

}  // namespace snapgate::api::palette
