#pragma once

#include <string>
#include <vector>

#include "connect/declarations.h"
#include "remote/failure.h"

namespace snapgate::cli {

// A file of `snapgate apply`.
struct ApplyFile {
    std::string set;          // its name; "": it has none, and nothing is pruned for it
    bool from_input = false;  // it was standard input
    connect::Declarations declared;
    // The lists of which it has the name and nothing behind it, as a file that was cut off there.
    std::vector<std::string> without_value;
};

// Reads `set: NAME`, `projects: [...]` and `clusters: [...]`, or the list of clusters alone, of at
// most 16 MiB ("-": standard input). kUsage if the file cannot be read, kRefused with the place if
// it is no such file; of one that is something else altogether, as by a mistyped path, no message
// has a word. What is wrong with one project or cluster is a fault among the declarations.
Outcome<ApplyFile> read_apply_file(const std::string& file);

}  // namespace snapgate::cli
