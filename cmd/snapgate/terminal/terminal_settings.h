#pragma once

#include "remote/environment.h"

namespace snapgate::cli {

// What the environment says of the terminal that output goes to.
struct TerminalSettings {
    unsigned columns = 0;  // COLUMNS, if it is a number above 0; else 0: ask the terminal
    // States may be coloured: NO_COLOR (https://no-color.org) is not set, and TERM is not "dumb".
    bool colours = true;
    // LC_ALL, LC_CTYPE or LANG names a locale in UTF-8; without it the program adds only ASCII of
    // its own.
    bool unicode = true;
};

TerminalSettings terminal_settings(const Environment& environment);

}  // namespace snapgate::cli
