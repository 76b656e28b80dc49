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

}  // namespace

int main(int argc, char** argv) {
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
