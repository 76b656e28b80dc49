#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "output/json_path.h"
#include "terminal/table.h"

namespace snapgate::cli {

// The columns of `-o custom-columns=NAME:.metadata.name,PHASE:.status.phase`, as kubectl has them:
// titles, each with a JSONPath expression; several values of a cell are joined by commas, and what
// is absent or null is <none>.
class CustomColumns {
  public:
    // kInvalidParameter naming the column.
    static base::Result<CustomColumns> parse(std::string_view text);
    // The same from the two lines of a file: titles, and below them expressions, split by blanks.
    static base::Result<CustomColumns> parse_lines(std::string_view text);

    std::vector<Column> columns() const;
    base::Result<Table::Row> row(const json::Value& object) const;

  private:
    base::Result<void> add(std::string_view title, std::string_view expression);

    struct Cell {
        std::string title;
        JsonPath path;
    };
    std::vector<Cell> cells_;
};

}  // namespace snapgate::cli
