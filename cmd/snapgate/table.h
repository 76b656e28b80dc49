#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace snapgate::cli {

// A table as kubectl prints it: a line of titles, columns three blanks apart, the last one as long
// as it is. Rows come in pages, so that a list of any length needs the memory of one; a column that
// has grown on one page stays as wide on the next. One thread.
class Table {
  public:
    using Row = std::vector<std::string>;

    // Lines are cut to `width` columns; 0 leaves them whole.
    Table(std::vector<std::string> titles, size_t width);

    // The lines of these rows, before the first ones the titles. Each row has as many cells as
    // there are titles; cells are made printable here.
    std::string page(const std::vector<Row>& rows);

  private:
    void append_line(const Row& cells, std::string& out) const;

    std::vector<std::string> titles_;
    std::vector<size_t> widths_;
    size_t width_;
    bool begun_ = false;
};

}  // namespace snapgate::cli
