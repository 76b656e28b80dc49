#pragma once

#include <string>
#include <string_view>

#include "query/fleet_walk.h"

namespace snapgate::api::palette {

// A snapshot as one line of a table, for spreadsheets and for programs that read line by line: what
// is derived from it, with its cluster and project.

// The first line of a CSV file: the names of its columns.
std::string_view csv_head();

// Appends a line of CSV (RFC 4180). A cell that a spreadsheet would run as a formula gets a quote
// before it.
void append_csv_row(const query::FleetCluster& cluster, const query::FleetRow& row,
                    facts::Seconds now, std::string& out);

// Appends a line with a flat JSON object, whose members are the columns of the CSV; what a snapshot
// does not have is left out.
void append_ndjson_row(const query::FleetCluster& cluster, const query::FleetRow& row,
                       facts::Seconds now, std::string& out);

// Appends a cell as append_csv_row() writes it, without what stands between cells.
void append_csv_cell(std::string_view text, std::string& out);

}  // namespace snapgate::api::palette
