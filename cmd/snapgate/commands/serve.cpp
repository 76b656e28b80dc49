#include "app/serve.h"

#include <map>
#include <memory>
#include <string>

#include "app/settings.h"
#include "commands/command.h"

namespace snapgate::cli {
namespace {

constexpr const char* kFooter =
    R"(Every flag is also an environment variable (--data-dir: SNAPGATE_DATA_DIR) and a key of the
configuration file (data-dir: ...); a flag counts before the environment, that before the file.

Examples:
  snapgate serve --data-dir data --tls-self-signed
  snapgate serve --config /etc/snapgate.yaml)";

struct Options {
    std::map<std::string, std::string> values;
    std::map<std::string, bool> switches;
};

app::Flags given_flags(const CLI::App& command, const Options& options) {
    app::Flags flags;
    for (const app::Setting& setting : app::all_settings()) {
        const std::string name(setting.name);
        if (command.count("--" + name) == 0) continue;
        flags.emplace_back(name, setting.value.empty()
                                     ? (options.switches.at(name) ? "true" : "false")
                                     : options.values.at(name));
    }
    return flags;
}

Outcome<Exit> run(const app::Flags& flags) {
    SNAPGATE_ASSIGN(const bool ran, app::serve(flags));
    return ran ? Exit::kOk : Exit::kRefused;
}

}  // namespace

void add_serve(CLI::App& root, Action& chosen) {
    CLI::App* command = root.add_subcommand("serve", "Run the server");
    auto options = std::make_shared<Options>();
    for (const app::Setting& setting : app::all_settings()) {
        const std::string name(setting.name);
        if (setting.value.empty()) {
            command->add_flag("--" + name, options->switches[name], std::string(setting.help));
        } else {
            command->add_option("--" + name, options->values[name], std::string(setting.help))
                ->type_name(std::string(setting.value));
        }
    }
    command->footer(kFooter);
    command->callback([&chosen, command, options] {
        chosen = [flags = given_flags(*command, *options)](Shell&) { return run(flags); };
    });
}

}  // namespace snapgate::cli
