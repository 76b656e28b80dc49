#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "terminal/printable.h"

namespace snapgate::cli {

// A column of a table, and how it gives way on a terminal that is too narrow for all columns.
struct Column {
    enum class Cut { kEnd, kMiddle, kBegin };

    std::string title;
    unsigned leave_out = 0;  // 1 goes first, then 2, ...; 0 stays
    size_t shortest = 0;     // cells may be cut to so many characters; 0: they are not cut
    Cut cut = Cut::kEnd;     // the least important part of a cell
    bool is_state = false;   // its words are coloured, where colours are wanted
};

// How tables look where they are printed (Console::look()).
struct TableLook {
    size_t width = 0;  // lines are at most so many columns wide; 0 leaves them whole
    bool colours = false;
    std::string_view ellipsis = kEllipsis;
    bool titles = true;  // the first line has the titles of the columns
};

// A table as kubectl prints it: a line of titles, columns three blanks apart, the last one as long
// as it is. Rows come in pages, so that a list of any length needs the memory of one; a column that
// has grown on one page stays as wide on the next. One thread.
//
// On a terminal the first page decides which columns are shown: those that may be left out go, one
// after the other, until the others fit, with their cells cut where they may be. What is still too
// wide is cut at the end of its line.
class Table {
  public:
    using Row = std::vector<std::string>;

    Table(std::vector<Column> columns, const TableLook& look);

    // The lines of these rows, before the first ones the titles. Each row has as many cells as
    // there are columns; cells are made printable here.
    std::string page(const std::vector<Row>& rows);

  private:
    size_t total(const std::vector<size_t>& widths) const;
    void choose_columns();
    std::vector<size_t> fitted() const;
    void append_line(const Row& cells, const std::vector<size_t>& widths, std::string& out) const;

    std::vector<Column> columns_;
    std::vector<size_t> widths_;  // of the widest cell so far
    std::vector<bool> shown_;
    TableLook look_;
    bool begun_ = false;
};

}  // namespace snapgate::cli
