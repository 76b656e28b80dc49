#include "app/serve.h"

#include <fmt/format.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "app/load_settings.h"
#include "app/settings.h"
#include "commands/all_commands.h"
#include "commands/check_config.h"

namespace snapgate::cli {
namespace {

constexpr const char* kFooter =
    R"(Every flag is also an environment variable (--data-dir: SNAPGATE_DATA_DIR) and a key of the
configuration file (data-dir: ...); a flag counts before the environment, that before the file.
The file may also declare projects and clusters. SIGHUP has the server read it again.

Examples:
  snapgate serve --data-dir data --tls-self-signed
  snapgate serve --config /etc/snapgate.yaml
  snapgate serve --config /etc/snapgate.yaml --check-config)";

// A setting as given on the command line.
struct GivenSetting {
    std::string text;
    bool on = false;  // of a switch
    bool given = false;
};
struct Options {
    std::map<std::string_view, GivenSetting> settings;
    bool check_config = false;
};

Outcome<Exit> run(const Options& options, Shell& shell) {
    app::Flags flags;
    for (const app::Setting& setting : app::all_settings()) {
        const GivenSetting& one = options.settings.at(setting.name);
        if (!one.given) continue;
        flags.emplace_back(setting.name,
                           !setting.value.empty() ? one.text : (one.on ? "true" : "false"));
    }
    if (options.check_config) {
        SNAPGATE_ASSIGN(const app::Settings settings,
                        app::load_settings(flags, app::Environment::of_process()));
        return check_config(settings, shell);
    }
    SNAPGATE_ASSIGN(const bool ran, app::serve(flags));
    return ran ? Exit::kOk : Exit::kRefused;
}

}  // namespace

Command serve_command() {
    auto options = std::make_shared<Options>();
    std::vector<Option> rows;
    for (const app::Setting& setting : app::all_settings()) {
        GivenSetting& one = options->settings[setting.name];
        Option row{fmt::format("--{}", setting.name), &one.text, std::string(setting.value),
                   std::string(setting.help)};
        if (setting.value.empty()) row.into = &one.on;
        row.given = &one.given;
        rows.push_back(std::move(row));
    }
    rows.push_back({"--check-config", &options->check_config, "",
                    "start nothing: say what would be wrong, and what would change"});
    return {
        .name = "serve",
        .help = "Run the server",
        .options = std::move(rows),
        .footer = kFooter,
        .run = [options](Shell& shell) { return run(*options, shell); },
    };
}

}  // namespace snapgate::cli
