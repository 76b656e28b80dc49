#include "console.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "printable.h"

namespace snapgate::cli {
namespace {

bool is_terminal(std::FILE* file) {
    int fd = fileno(file);
    return fd >= 0 && isatty(fd) == 1;
}

void write_all(std::string_view text, std::FILE* file) {
    // A failure stays in ferror(), where flush() finds it.
    static_cast<void>(std::fwrite(text.data(), 1, text.size(), file));
}

unsigned columns(std::FILE* file) {
    winsize size{};
    if (ioctl(fileno(file), TIOCGWINSZ, &size) != 0) return 0;
    return size.ws_col;
}

}  // namespace

Console::Console(std::FILE* out, std::FILE* err)
    : out_(out), err_(err), out_terminal_(is_terminal(out)), err_terminal_(is_terminal(err)) {}

void Console::print(std::string_view text) {
    write_all(text, out_);
}

void Console::print_part(std::string_view text) {
    write_all(printable_document(text), out_);
}

void Console::print_document(std::string_view text) {
    print_part(text);
    if (!text.ends_with('\n')) write_all("\n", out_);
}

void Console::note(std::string_view line) {
    status({});
    std::fflush(out_);  // in the order of what was said, where both are the same terminal
    write_all(printable(line) + "\n", err_);
    std::fflush(err_);
}

void Console::status(std::string_view line) {
    if (!err_terminal_ || (line.empty() && !status_shown_)) return;
    unsigned width = columns(err_);
    std::string shown = printable(line);
    if (width > 1) shown = cut_to(shown, width - 1);
    write_all("\r\033[K" + shown, err_);
    std::fflush(err_);
    status_shown_ = !line.empty();
}

unsigned Console::width() const {
    return out_terminal_ ? columns(out_) : 0;
}

base::Result<void> Console::flush() {
    status({});
    errno = 0;
    if (std::fflush(out_) != 0 || std::ferror(out_) != 0) {
        return base::Error(
            base::Code::kInternal,
            fmt::format("{}{}{}: what was printed is not complete", kNotWritten,
                        errno != 0 ? ": " : "", errno != 0 ? std::strerror(errno) : ""));
    }
    return {};
}

}  // namespace snapgate::cli
