#pragma once

#include <string>
#include <vector>

#include "commands/command.h"

namespace snapgate::cli {

// A page of the manual, in section 1.
struct ManualPage {
    std::string name;  // snapgate-get-snapshots
    std::string text;  // roff, with the macros of man(7)
};

// The pages of the program and of all its commands: what --help prints, as manual pages.
// `environment_and_codes` is the text below the help of the program itself.
std::vector<ManualPage> manual_pages(const std::vector<Command>& commands,
                                     const std::string& environment_and_codes);

}  // namespace snapgate::cli
