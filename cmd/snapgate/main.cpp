#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "commands/command_line.h"

namespace {

// If the program was started with a standard descriptor closed, the next file that is opened would
// get its number, and lines of the log would be written into the store. So the number is taken by a
// file on which reads or writes fail, as on a closed one.
void hold_standard_descriptors() {
    for (int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (::fcntl(fd, F_GETFD) != -1 || errno != EBADF) continue;
        static_cast<void>(::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY));
    }
}

}  // namespace

int main(int argc, char** argv) {
    hold_standard_descriptors();
    // A write to a file that may not grow (ulimit -f) must be an error, like one to a full disk.
    std::signal(SIGXFSZ, SIG_IGN);
    snapgate::cli::Console console(
        stdout, stderr, snapgate::cli::terminal_settings(snapgate::cli::process_environment));
    snapgate::cli::Shell shell{console, snapgate::cli::process_environment, {argv, argv + argc}};
    return static_cast<int>(snapgate::cli::run_command_line(shell));
}
