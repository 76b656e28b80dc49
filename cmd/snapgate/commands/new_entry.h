#pragma once

#include <string>
#include <string_view>

#include "commands/command.h"

namespace snapgate::cli {

// What the commands share that make an entry of the registry: what it is called, and what is said
// of it.
struct NewEntry {
    std::string name;
    std::string uid;     // "": the server makes one
    std::string output;  // -o
};

// NAME, --uid and -o. `entry` must outlive the parsing.
void add_entry_options(CLI::App& command, NewEntry& entry);

// What the API answered as -o asks for it: a line, the uid alone, or all of it. `server` is named
// if the answer turns out to be no JSON.
Outcome<Exit> print_new_entry(Console& console, Format format, std::string_view kind,
                              const json::Object& made, std::string_view server);

}  // namespace snapgate::cli
