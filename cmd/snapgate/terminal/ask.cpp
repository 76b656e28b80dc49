#include "terminal/ask.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>

#include "base/file_descriptor.h"
#include "terminal/printable.h"

namespace snapgate::cli {
namespace {

base::FileDescriptor open_terminal(bool input_taken) {
    if (::isatty(STDERR_FILENO) != 1) return base::FileDescriptor(-1);
    if (input_taken) return base::FileDescriptor(::open("/dev/tty", O_RDONLY | O_CLOEXEC));
    if (::isatty(STDIN_FILENO) != 1) return base::FileDescriptor(-1);
    return base::FileDescriptor(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0));
}

}  // namespace

bool can_ask(bool input_taken) {
    return static_cast<bool>(open_terminal(input_taken));
}

bool ask(bool input_taken, std::string_view question) {
    const base::FileDescriptor terminal = open_terminal(input_taken);
    if (!terminal) return false;
    const std::string shown = printable(question);
    std::fwrite(shown.data(), 1, shown.size(), stderr);
    std::fputs(" [y/N] ", stderr);
    std::fflush(stderr);
    char first = 0;
    bool any = false;
    while (true) {
        char c = 0;
        const ssize_t count = ::read(terminal.get(), &c, 1);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return false;
        if (c == '\n') break;
        if (!any) first = c;
        any = true;
    }
    return first == 'y' || first == 'Y';
}

}  // namespace snapgate::cli
