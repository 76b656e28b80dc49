#pragma once

#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

#include "remote/failure.h"

namespace snapgate::cli {

// How flush() begins to say that it failed.
inline constexpr std::string_view kNotWritten = "the output could not be written";

// Where a command writes: answers to `out`, what is said about them to `err`. One thread. Whoever
// opened the two files closes them, after the console.
class Console {
  public:
    // Finds out itself whether the files are terminals.
    Console(std::FILE* out, std::FILE* err);

    // Text that is safe as it is: what printable() and Table made, or our own words.
    void print(std::string_view text);
    // A JSON or YAML document from the server, made printable: what is written into a pipe or a
    // file reaches a terminal, too, in the end. Adds the line end that it lacks.
    void print_document(std::string_view text);
    // A piece of such a document: the same, and no line end is added.
    void print_part(std::string_view text);
    // One line to stderr, made printable.
    void note(std::string_view line);
    // A line on a terminal's stderr that the next one overwrites; "" removes it.
    void status(std::string_view line);

    bool out_is_terminal() const { return out_terminal_; }
    bool err_is_terminal() const { return err_terminal_; }
    // Columns of the terminal on `out`; 0 where there is none, or it does not say.
    unsigned width() const;

    // Writes out what is buffered. kInternal if anything of the output could not be written (a full
    // disk, a signal that ends the waiting for a reader): an answer cut short must not end in
    // success. Nothing more is written then: it would be no continuation.
    base::Result<void> flush();

  private:
    void write(std::string_view text);
    void write_out();
    void give_up();

    std::FILE* out_;
    std::FILE* err_;
    std::optional<int> failure_;  // of the first write to `out` that failed, an errno
    bool out_terminal_;
    bool err_terminal_;
    bool status_shown_ = false;
};

}  // namespace snapgate::cli
