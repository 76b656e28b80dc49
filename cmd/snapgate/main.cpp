#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/serve.h"
#include "command_line.h"

namespace {

bool is(const char* argument, std::string_view word) {
    return word == argument;
}

// A standard descriptor that whoever started us has closed would be given to the next file that is
// opened, and lines of the log would be written into the store. What is put in its place fails as
// a closed one does.
void hold_standard_descriptors() {
    for (int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (::fcntl(fd, F_GETFD) != -1 || errno != EBADF) continue;
        static_cast<void>(::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY));
    }
}

}  // namespace

int main(int argc, char** argv) {
    hold_standard_descriptors();
    // The server reads its own command line, and explains it.
    if (argc > 1 && is(argv[1], "serve")) return snapgate::app::serve(argc - 2, argv + 2);
    if (argc == 3 && is(argv[1], "help") && is(argv[2], "serve")) {
        std::string help = "--help";
        char* arguments[] = {help.data()};
        return snapgate::app::serve(1, arguments);
    }
    snapgate::cli::Console console(stdout, stderr);
    snapgate::cli::Shell shell{console, snapgate::cli::process_environment};
    std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
    return static_cast<int>(snapgate::cli::run_command_line(std::move(arguments), shell));
}
