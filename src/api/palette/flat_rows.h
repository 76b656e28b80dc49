#pragma once

#include <string>
#include <string_view>

#include "query/fleet_request.h"
#include "query/fleet_walk.h"
#include "query/vm_report.h"

namespace snapgate::api::palette {

// Snapshots, and VMs of a report, as lines of a flat table, for spreadsheets and for programs that
// read line by line.

// The first line of a CSV file: the names of the columns.
std::string csv_head_of_snapshots();
std::string csv_head_of_vms();

void append_flat_row(const query::FleetCluster& cluster, const query::FleetRow& row,
                     facts::Seconds now, query::ListFormat format, std::string& text);
void append_flat_row(const query::FleetCluster& cluster, const query::VmRow& row,
                     facts::Seconds now, query::ListFormat format, std::string& text);

// What tells of a VM: "vm", or "snapshots" that name it.
std::string_view known_from(const query::VmRow& row);

}  // namespace snapgate::api::palette
