#include "terminal/table.h"

#include <algorithm>
#include <cassert>
#include <map>
#include <ranges>
#include <tuple>
#include <utility>

namespace snapgate::cli {
namespace {

constexpr size_t kGap = 3;

std::string cut_cell(std::string_view cell, size_t width, Column::Cut where,
                     std::string_view ellipsis) {
    const size_t mark = display_width(ellipsis);
    if (where == Column::Cut::kEnd || display_width(cell) <= width || width <= mark)
        return cut_to(cell, width, ellipsis);
    const size_t room = width - mark;
    const size_t head = where == Column::Cut::kMiddle ? (room + 1) / 2 : 0;
    std::string cut = cut_to(cell, head + mark, ellipsis);
    return cut += tail_of(cell, room - head);
}

// The colour of a state: green where all is well, yellow where it may become so, red where somebody
// has to look; "" for other words.
std::string_view colour_of(std::string_view word) {
    constexpr std::string_view kGreen = "\033[32m";
    constexpr std::string_view kYellow = "\033[33m";
    constexpr std::string_view kRed = "\033[31m";
    static const std::map<std::string_view, std::string_view> kColours = {
        {"Ready", kGreen},      {"Succeeded", kGreen},
        {"Protected", kGreen},  {"Good", kGreen},
        {"Pending", kYellow},   {"InProgress", kYellow},
        {"Syncing", kYellow},   {"Deleting", kYellow},
        {"Late", kYellow},      {"Stale", kYellow},
        {"Unknown", kYellow},   {"Warning", kYellow},
        {"Failed", kRed},       {"Failing", kRed},
        {"Never", kRed},        {"Bad", kRed},
        {"Unreachable", kRed},  {"Unauthorized", kRed},
        {"Forbidden", kRed},    {"CertificateInvalid", kRed},
        {"NotInstalled", kRed},
    };
    const auto found = kColours.find(word);
    return found == kColours.end() ? std::string_view() : found->second;
}

}  // namespace

Table::Table(std::vector<Column> columns, const TableLook& look)
    : columns_(std::move(columns)),
      widths_(columns_.size()),
      shown_(columns_.size(), true),
      look_(look) {
    if (!look_.titles) return;
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
    if (first && look_.width != 0) choose_columns();
    const std::vector<size_t> widths = look_.width == 0 ? widths_ : fitted();
    std::string out;
    if (first && look_.titles) {
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
    for (unsigned going = 1; going <= last && total(fewest) > look_.width; ++going) {
        for (size_t i = 0; i < columns_.size(); ++i) {
            if (columns_[i].leave_out == going) shown_[i] = false;
        }
    }
}

// The widest column is cut first, so that short names stay whole beside a long message.
std::vector<size_t> Table::fitted() const {
    std::vector<size_t> widths = widths_;
    for (size_t i = 0; i < columns_.size(); ++i) {
        if (columns_[i].shortest != 0) widths[i] = std::min(widths[i], look_.width);
    }
    while (total(widths) > look_.width) {
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
    // Where in the line the states are, with their colours.
    std::vector<std::tuple<size_t, size_t, std::string_view>> coloured;
    for (size_t i = 0; i < cells.size(); ++i) {
        if (!shown_[i]) continue;
        line.append(padding, ' ');
        std::string cell = cut_cell(cells[i], widths[i], columns_[i].cut, look_.ellipsis);
        padding = widths[i] - display_width(cell) + kGap;
        if (look_.colours && columns_[i].is_state) {
            if (const std::string_view colour = colour_of(cell); !colour.empty())
                coloured.emplace_back(line.size(), line.size() + cell.size(), colour);
        }
        line += cell;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    if (look_.width != 0 && display_width(line) > look_.width) {
        line = cut_to(line, look_.width, look_.ellipsis);
        const size_t whole = line.size() - look_.ellipsis.size();
        std::erase_if(coloured, [whole](const auto& one) { return std::get<1>(one) > whole; });
    }
    for (const auto& [begin, end, colour] : std::views::reverse(coloured)) {
        line.insert(end, "\033[0m");
        line.insert(begin, colour);
    }
    out += line;
    out += '\n';
}

}  // namespace snapgate::cli
