#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "api/palette/flat_columns.h"
#include "facts/facts.h"
#include "query/fleet_request.h"

namespace snapgate::api::palette {

// How a flat table is written.
struct FlatForm {
    query::ListFormat format;  // kCsv or kNdjson
    FlatColumns columns;
};

// What a column of a flat table holds.
enum class ColumnType : uint8_t { kText, kNumber, kFlag };

// Writes rows of a flat table as lines: of CSV (RFC 4180), or each a JSON object whose members are
// the columns. An empty text is a value that the row does not have: an empty cell, or no member.
class FlatWriter {
  public:
    // What a line of CSV holds: the first one has the names of the columns.
    enum class Line : uint8_t { kValues, kNames };

    // `form` stays as long as the writer.
    FlatWriter(const FlatForm& form, std::string& out, Line line = Line::kValues)
        : form_(form), line_(line), out_(out) {}

    void column(std::string_view name, ColumnType type, std::string_view text);
    void end_row();

  private:
    // A cell of a row whose columns are chosen: it waits until the row is whole, because they are
    // shown in another order.
    struct Cell {
        std::string_view name;
        ColumnType type = ColumnType::kText;
        size_t begin = 0;  // of its text in texts_
        size_t size = 0;
    };

    void put(std::string_view name, ColumnType type, std::string_view text);

    const FlatForm& form_;
    const Line line_;
    std::string& out_;
    bool first_ = true;
    std::array<Cell, FlatColumns::kMost> cells_;
    size_t number_of_cells_ = 0;
    std::string texts_;
};

// Appends a cell of CSV, quoted where it has to be. One that a spreadsheet would run as a formula
// gets a quote before it.
void append_csv_cell(std::string_view text, std::string& out);

// The texts of cells.
std::string flat_time(facts::Seconds seconds);  // RFC 3339; "" for none
std::string flat_number(uint64_t number);
inline std::string_view flat_flag(bool value) {
    return value ? "true" : "false";
}

}  // namespace snapgate::api::palette
