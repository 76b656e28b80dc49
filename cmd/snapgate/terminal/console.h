#pragma once

#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

#include "remote/failure.h"
#include "terminal/table.h"
#include "terminal/terminal_settings.h"

namespace snapgate::cli {

// How the message of a failed flush() begins.
inline constexpr std::string_view kNotWritten = "the output could not be written";

// Where a command writes: answers to `out`, notes about them to `err`. Used by one thread. The
// caller closes the two files, after the console is gone.
class Console {
  public:
    // Finds out itself whether the files are terminals.
    Console(std::FILE* out, std::FILE* err, const TerminalSettings& settings = {});

    // Text that is safe to print: made by printable() or Table, or a literal of this program.
    void print(std::string_view text);
    // One line, made printable: a line end within `text` is shown as \n, so that no name can look
    // like another line of the output.
    void print_line(std::string_view text);
    // A JSON or YAML document from the server, made printable, also for a pipe or a file: their
    // content ends up on a terminal sooner or later. Adds a line end if it has none.
    void print_document(std::string_view text);
    // A piece of such a document, made printable; adds no line end.
    void print_part(std::string_view text);
    // One line to stderr, made printable.
    void note(std::string_view line);
    // A line on a terminal's stderr that the next one overwrites; "" removes it.
    void status(std::string_view line);

    bool out_is_terminal() const { return out_terminal_; }
    bool err_is_terminal() const { return err_terminal_; }
    // How tables on `out` look: as wide as its terminal, and with colours. Whole and without them
    // where it is none.
    TableLook look() const;

    // Writes out the buffer. kInternal if any output was lost (a full disk, or a signal while
    // waiting for a reader): a command whose answer was cut short must not succeed. After that
    // nothing more is written.
    base::Result<void> flush();

  private:
    void write(std::string_view text);
    void write_out();
    void give_up();

    std::FILE* out_;
    std::FILE* err_;
    TerminalSettings settings_;
    std::optional<int> failure_;  // of the first write to `out` that failed, an errno
    bool out_terminal_;
    bool err_terminal_;
    bool status_shown_ = false;
};

}  // namespace snapgate::cli
