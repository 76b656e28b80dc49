#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "app/serve.h"
#include "command_line.h"

int main(int argc, char** argv) {
    if (argc > 1 && std::string_view(argv[1]) == "serve")
        return snapgate::app::serve(argc - 2, argv + 2);
    snapgate::cli::Console console(stdout, stderr);
    snapgate::cli::Shell shell{console, snapgate::cli::process_environment};
    std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
    return static_cast<int>(snapgate::cli::run_command_line(std::move(arguments), shell));
}
