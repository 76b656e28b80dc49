#pragma once

#include <map>
#include <string>
#include <vector>

#include "json/value.h"
#include "remote/api.h"
#include "remote/failure.h"
#include "remote/resolve.h"
#include "terminal/table.h"

// How projects, clusters and keys are shown as rows of a table.
namespace snapgate::cli {

// Names of projects by uid. Projects that the key may not see are shown by uid.
using ProjectNames = std::map<std::string, std::string, std::less<>>;
Outcome<ProjectNames> project_names(Api& api);

// The columns of the table of a kind; `wide` adds some to that of clusters.
std::vector<Column> columns_of(Kind kind, bool wide);
// An object of the registry's answers as a row of these columns.
Table::Row row_of(Kind kind, const json::Object& object, const ProjectNames& projects, bool wide);

}  // namespace snapgate::cli
