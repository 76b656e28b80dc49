#pragma once

#include <string>
#include <string_view>

#include "api/palette/flat_writer.h"
#include "base/result.h"
#include "query/fleet_request.h"
#include "query/fleet_walk.h"
#include "query/vm_report.h"

namespace snapgate::api::palette {

// Snapshots, and VMs of a report, as lines of a flat table, for spreadsheets and for programs that
// read line by line.

// How the request wants its rows. kInvalidParameter where it names a column that they do not have.
base::Result<FlatForm> flat_form_of_snapshots(query::ListFormat format,
                                              const query::FleetRequest& request);
base::Result<FlatForm> flat_form_of_vms(query::ListFormat format,
                                        const query::FleetRequest& request);

// The first line of a CSV file: the names of the columns.
std::string csv_head_of_snapshots(const FlatForm& form);
std::string csv_head_of_vms(const FlatForm& form);

void append_flat_row(const query::FleetCluster& cluster, const query::FleetRow& row,
                     facts::Seconds now, const FlatForm& form, std::string& text);
void append_flat_row(const query::FleetCluster& cluster, const query::VmRow& row,
                     facts::Seconds now, const FlatForm& form, std::string& text);

// What tells of a VM: "vm", or "snapshots" that name it.
std::string_view known_from(const query::VmRow& row);

}  // namespace snapgate::api::palette
