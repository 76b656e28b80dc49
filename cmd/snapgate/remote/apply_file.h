#pragma once

#include <string>

#include "connect/declarations.h"
#include "remote/failure.h"

namespace snapgate::cli {

// A file of `snapgate apply`.
struct ApplyFile {
    std::string set;  // its name; "": it has none, and nothing is pruned for it
    connect::Declarations declared;
};

// Reads `set: NAME`, `projects: [...]` and `clusters: [...]`, or the list of clusters alone, of at
// most 16 MiB ("-": standard input). kUsage if the file cannot be read, kRefused with the place if
// it is no such file. What is wrong with one project or cluster is a fault among the declarations.
Outcome<ApplyFile> read_apply_file(const std::string& file);

}  // namespace snapgate::cli
