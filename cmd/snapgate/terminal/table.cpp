#include "terminal/table.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "terminal/printable.h"

namespace snapgate::cli {
namespace {

constexpr size_t kGap = 3;

std::string cut_cell(std::string_view cell, size_t width, Column::Cut where) {
    if (where == Column::Cut::kEnd || display_width(cell) <= width) return cut_to(cell, width);
    size_t head = where == Column::Cut::kMiddle ? width / 2 : 0;
    std::string cut = cut_to(cell, head + 1);
    return cut += tail_of(cell, width - head - 1);
}

}  // namespace

Table::Table(std::vector<Column> columns, size_t width)
    : columns_(std::move(columns)),
      widths_(columns_.size()),
      shown_(columns_.size(), true),
      width_(width) {
    for (size_t i = 0; i < columns_.size(); ++i) widths_[i] = columns_[i].title.size();
}

std::string Table::page(const std::vector<Row>& rows) {
    std::vector<Row> printed;
    printed.reserve(rows.size());
    for (const Row& row : rows) {
        assert(row.size() == columns_.size());
        Row cells;
        cells.reserve(row.size());
        for (size_t i = 0; i < row.size(); ++i) {
            cells.push_back(printable(row[i]));
            widths_[i] = std::max(widths_[i], display_width(cells.back()));
        }
        printed.push_back(std::move(cells));
    }
    bool first = !std::exchange(begun_, true);
    if (first && width_ != 0) choose_columns();
    const std::vector<size_t> widths = width_ == 0 ? widths_ : fitted();
    std::string out;
    if (first) {
        Row titles;
        for (const Column& column : columns_) titles.push_back(column.title);
        append_line(titles, widths, out);
    }
    for (const Row& cells : printed) append_line(cells, widths, out);
    return out;
}

size_t Table::total(const std::vector<size_t>& widths) const {
    size_t sum = 0;
    for (size_t i = 0; i < widths.size(); ++i) {
        if (shown_[i]) sum += widths[i] + (sum == 0 ? 0 : kGap);
    }
    return sum;
}

void Table::choose_columns() {
    std::vector<size_t> fewest = widths_;
    unsigned last = 0;
    for (size_t i = 0; i < columns_.size(); ++i) {
        const Column& column = columns_[i];
        if (column.shortest != 0)
            fewest[i] = std::min(fewest[i], std::max(column.shortest, column.title.size()));
        last = std::max(last, column.leave_out);
    }
    for (unsigned going = 1; going <= last && total(fewest) > width_; ++going) {
        for (size_t i = 0; i < columns_.size(); ++i) {
            if (columns_[i].leave_out == going) shown_[i] = false;
        }
    }
}

// The widest column is cut first, so that short names stay whole beside a long message.
std::vector<size_t> Table::fitted() const {
    std::vector<size_t> widths = widths_;
    for (size_t i = 0; i < columns_.size(); ++i) {
        if (columns_[i].shortest != 0) widths[i] = std::min(widths[i], width_);
    }
    while (total(widths) > width_) {
        size_t* widest = nullptr;
        for (size_t i = 0; i < columns_.size(); ++i) {
            const Column& column = columns_[i];
            bool gives = shown_[i] && column.shortest != 0 &&
                         widths[i] > std::max(column.shortest, column.title.size());
            if (gives && (widest == nullptr || widths[i] > *widest)) widest = &widths[i];
        }
        if (widest == nullptr) break;
        --*widest;
    }
    return widths;
}

void Table::append_line(const Row& cells, const std::vector<size_t>& widths,
                        std::string& out) const {
    std::string line;
    size_t padding = 0;
    for (size_t i = 0; i < cells.size(); ++i) {
        if (!shown_[i]) continue;
        line.append(padding, ' ');
        std::string cell = cut_cell(cells[i], widths[i], columns_[i].cut);
        padding = widths[i] - display_width(cell) + kGap;
        line += cell;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += width_ == 0 ? line : cut_to(line, width_);
    out += '\n';
}

}  // namespace snapgate::cli
