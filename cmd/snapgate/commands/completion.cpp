#include "commands/all_commands.h"
#include "completion/scripts.h"

namespace snapgate::cli {

Command bash_completion_command() {
    return {
        .name = "bash",
        .help = "Print the completion script of bash",
        .footer =
            "Example:\n"
            "  echo 'source <(snapgate completion bash)' >>~/.bashrc",
        .run = [](Shell& shell) -> Outcome<Exit> {
            shell.console.print(bash_completion());
            return Exit::kOk;
        },
    };
}

Command zsh_completion_command() {
    return {
        .name = "zsh",
        .help = "Print the completion script of zsh",
        .footer =
            "Example (after compinit):\n"
            "  echo 'source <(snapgate completion zsh)' >>~/.zshrc",
        .run = [](Shell& shell) -> Outcome<Exit> {
            shell.console.print(zsh_completion());
            return Exit::kOk;
        },
    };
}

}  // namespace snapgate::cli
