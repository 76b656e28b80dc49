#include "terminal/console.h"

#include <fmt/format.h>
#include <stdio_ext.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>

#include "terminal/printable.h"

namespace snapgate::cli {
namespace {

bool is_terminal(std::FILE* file) {
    int fd = fileno(file);
    return fd >= 0 && isatty(fd) == 1;
}

// Less than stdio's buffer, so that no write is longer than this. A pipe takes this much whole or
// not at all, so a signal that comes while it is full ends the write with an error. A longer write
// would return a shorter count, and stdio would continue with the rest.
constexpr size_t kPieceBytes = PIPE_BUF / 2;

// If stderr cannot be written, there is nowhere to report it.
void write_note(std::string_view text, std::FILE* file) {
    static_cast<void>(std::fwrite(text.data(), 1, text.size(), file));
    std::fflush(file);
}

unsigned columns(std::FILE* file) {
    winsize size{};
    if (ioctl(fileno(file), TIOCGWINSZ, &size) != 0) return 0;
    return size.ws_col;
}

}  // namespace

Console::Console(std::FILE* out, std::FILE* err, const TerminalSettings& settings)
    : out_(out),
      err_(err),
      settings_(settings),
      out_terminal_(is_terminal(out)),
      err_terminal_(is_terminal(err)) {}

void Console::print(std::string_view text) {
    write(text);
}

void Console::print_line(std::string_view text) {
    write(printable(text));
    write("\n");
}

void Console::print_part(std::string_view text) {
    write(printable_document(text));
}

void Console::print_document(std::string_view text) {
    print_part(text);
    if (!text.ends_with('\n')) write("\n");
}

void Console::note(std::string_view line) {
    status({});
    write_out();  // keeps the order of lines if both are one terminal
    write_note(printable(line) + "\n", err_);
}

void Console::status(std::string_view line) {
    if (!err_terminal_ || (line.empty() && !status_shown_)) return;
    unsigned width = columns(err_);
    std::string shown = printable(line);
    if (width > 1) shown = cut_to(shown, width - 1, settings_.unicode ? kEllipsis : kAsciiEllipsis);
    write_note("\r\033[K" + shown, err_);
    status_shown_ = !line.empty();
}

TableLook Console::look() const {
    if (!out_terminal_) return {};
    return {.width = settings_.columns != 0 ? settings_.columns : columns(out_),
            .colours = settings_.colours,
            .ellipsis = settings_.unicode ? kEllipsis : kAsciiEllipsis};
}

base::Result<void> Console::flush() {
    status({});
    write_out();
    if (!failure_) return {};
    return base::Error(base::Code::kInternal,
                       fmt::format("{}: {}: what was printed is not complete", kNotWritten,
                                   std::strerror(*failure_)));
}

void Console::write(std::string_view text) {
    while (!failure_ && !text.empty()) {
        const std::string_view piece = text.substr(0, kPieceBytes);
        if (std::fwrite(piece.data(), 1, piece.size(), out_) != piece.size()) give_up();
        text.remove_prefix(piece.size());
    }
}

void Console::write_out() {
    if (!failure_ && std::fflush(out_) != 0) give_up();
}

void Console::give_up() {
    failure_ = errno;
    // At the end of the process stdio would try again to write the rest, and wait for a reader that
    // does not read.
    ::__fpurge(out_);
}

}  // namespace snapgate::cli
