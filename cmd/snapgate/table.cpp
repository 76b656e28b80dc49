#include "table.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "printable.h"

namespace snapgate::cli {
namespace {

constexpr size_t kGap = 3;

}  // namespace

Table::Table(std::vector<std::string> titles, size_t width)
    : titles_(std::move(titles)), widths_(titles_.size()), width_(width) {
    for (size_t i = 0; i < titles_.size(); ++i) widths_[i] = titles_[i].size();
}

std::string Table::page(const std::vector<Row>& rows) {
    std::vector<Row> shown;
    shown.reserve(rows.size());
    for (const Row& row : rows) {
        assert(row.size() == titles_.size());
        Row cells;
        cells.reserve(row.size());
        for (size_t i = 0; i < row.size(); ++i) {
            cells.push_back(printable(row[i]));
            widths_[i] = std::max(widths_[i], display_width(cells.back()));
        }
        shown.push_back(std::move(cells));
    }
    std::string out;
    if (!std::exchange(begun_, true)) append_line(titles_, out);
    for (const Row& cells : shown) append_line(cells, out);
    return out;
}

void Table::append_line(const Row& cells, std::string& out) const {
    std::string line;
    for (size_t i = 0; i < cells.size(); ++i) {
        line += cells[i];
        if (i + 1 < cells.size()) line.append(widths_[i] - display_width(cells[i]) + kGap, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += width_ == 0 ? line : cut_to(line, width_);
    out += '\n';
}

}  // namespace snapgate::cli
