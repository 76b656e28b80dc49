#pragma once

#include <string>
#include <vector>

#include "commands/command.h"

namespace snapgate::cli {

// What may stand in place of the last word of a command line.
struct Completion {
    struct Candidate {
        std::string word;
        std::string help;  // "" for none
    };
    std::vector<Candidate> words;
    // What else may stand there, besides `words`: files, folders, or things that only the server or
    // the contexts know.
    Completes also = Completes::kNothing;
    // What the word has already before the part that is completed: "--cluster=", or "a," of a list.
    std::string prefix;
    // The part that is completed.
    std::string typed;
};

// Completes the last of `words`, which may be empty; those before it are the command line so far,
// without the program. It knows what the table of commands knows. A command line that is wrong
// before that word has no completion.
Completion complete(const std::vector<Command>& commands, std::vector<std::string> words);

// The values of the connection's options, and of --cluster, on a command line that may not be
// whole.
struct TypedValues {
    ConnectionFlags connection;
    std::string cluster;
    std::string ns;
};
TypedValues typed_values(const std::vector<std::string>& words);

}  // namespace snapgate::cli
