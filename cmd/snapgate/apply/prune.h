#pragma once

#include "remote/apply_file.h"
#include "remote/resolve.h"
#include "terminal/console.h"

namespace snapgate::cli {

struct PruneTerms {
    bool dry_run = false;
    bool yes = false;    // do not ask
    bool force = false;  // also hosted clusters that hold something
};

// Removes the projects and clusters that earlier applies of the file's set made, and that the file
// does not declare any more. Says first what goes with each, and asks. Leaves alone, with a word,
// hosted clusters that hold something, unless force is given, and projects that are not empty.
// kRefused if something was left, or the answer was no.
Outcome<Exit> prune(Api& api, const ApplyFile& file, const PruneTerms& terms, Console& console);

}  // namespace snapgate::cli
