#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "output/custom_columns.h"
#include "output/json_path.h"
#include "remote/failure.h"
#include "terminal/table.h"

namespace snapgate::cli {

// What -o asks for, with what follows its "=". Cheap to copy.
class Format {
  public:
    enum Kind : uint8_t {
        kTable,
        kWide,
        kJson,
        kYaml,
        kName,
        kJsonLines,  // one object a line, of a list each item
        kJsonPath,   // what a template prints of the answer
        kColumns,    // custom-columns: a table, with a row for each item of a list
    };

    // NOLINTNEXTLINE(google-explicit-constructor): most commands know formats without a template.
    Format(Kind kind = kTable) : kind_(kind) {}
    // NOLINTNEXTLINE(google-explicit-constructor)
    operator Kind() const { return kind_; }

    // Of kJsonPath.
    const JsonPath& path() const { return *path_; }
    // Of kColumns.
    const CustomColumns& columns() const { return *columns_; }
    // Whether tables have a line of titles (--no-headers).
    void set_titles(bool titles) { titles_ = titles; }
    TableLook look(TableLook look) const {
        look.titles = titles_;
        return look;
    }

    // "" means table. kUsage listing the formats if it is none of them, and saying where a template
    // is wrong. A template in a file is read here.
    static Outcome<Format> parse(std::string_view text);

  private:
    Kind kind_;
    bool titles_ = true;
    std::shared_ptr<const JsonPath> path_;
    std::shared_ptr<const CustomColumns> columns_;
};

// Whether a format prints whole objects, or what a template takes from them, not the command's own
// columns or names.
inline bool is_document(const Format& format) {
    return format != Format::kTable && format != Format::kWide && format != Format::kName;
}

}  // namespace snapgate::cli
