#include "app/migrate.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "app/load_settings.h"
#include "app/serve.h"
#include "app/settings.h"
#include "base/count_text.h"
#include "commands/all_commands.h"
#include "terminal/progress.h"

namespace snapgate::cli {
namespace {

constexpr const char* kFooter =
    R"(--to etcd moves the projects, clusters, keys and objects of a data directory, whose server is
stopped, into an etcd that holds none yet; then servers with --etcd and data directories of their own
go on with them. --to dir moves them back, into a data directory that does not exist yet, once all of
these servers are stopped. What was moved is left where it was, and closed: no server works with it
any more, and the message of one that is started says how to open it again.

A move that was cut off is run again in the same way. Resource versions grow, so clients that watch
list again. Both sides have one secret, that of --credentials-key-file or of the environment variable
SNAPGATE_CREDENTIALS_KEY. The options, their variables and the configuration file are those of 'serve'.

Examples:
  snapgate migrate --to etcd --data-dir /var/lib/snapgate --etcd http://etcd-1:2379,http://etcd-2:2379
  snapgate migrate --to dir --data-dir /var/lib/snapgate-new --etcd http://etcd-1:2379)";

// The settings of `serve` that say where both sides are.
constexpr std::array<std::string_view, 12> kSettings = {"data-dir",
                                                        "etcd",
                                                        "etcd-ca",
                                                        "etcd-cert",
                                                        "etcd-key",
                                                        "etcd-username",
                                                        "etcd-password-file",
                                                        "etcd-prefix",
                                                        "etcd-max-txn-ops",
                                                        "etcd-max-request-bytes",
                                                        "credentials-key-file",
                                                        "config"};

struct Given {
    std::string text;
    bool given = false;
};
struct Options {
    std::string to;
    std::map<std::string_view, Given> settings;
};

// On a terminal a line that moves; elsewhere a line now and then.
class Told {
  public:
    explicit Told(Console& console) : console_(console) {}

    void tell(const std::string& what, uint64_t objects) {
        if (what != what_) {
            bar_.reset();
            bar_.emplace(console_, what, 0);
            what_ = what;
            if (!console_.err_is_terminal()) console_.note(what);
        }
        if (console_.err_is_terminal()) return bar_->advance(0, objects);
        constexpr std::chrono::seconds kBetweenLines{5};
        const auto now = std::chrono::steady_clock::now();
        if (now - told_ < kBetweenLines) return;
        told_ = now;
        console_.note(fmt::format("  {}", base::counted(objects, "object")));
    }

  private:
    Console& console_;
    std::string what_;
    std::optional<Progress> bar_;
    std::chrono::steady_clock::time_point told_ = std::chrono::steady_clock::now();
};

std::string held(const app::Migrated& done) {
    return fmt::format("{}, {}, {}, {}", base::counted(done.projects, "project"),
                       base::counted(done.clusters, "cluster"), base::counted(done.keys, "key"),
                       base::counted(done.objects, "object"));
}

Outcome<Exit> run(const Options& options, Shell& shell) {
    app::Flags flags;
    for (const auto& [name, one] : options.settings)
        if (one.given) flags.emplace_back(name, one.text);
    SNAPGATE_ASSIGN(const app::Settings settings,
                    app::load_settings(flags, app::Environment::of_process()));
    const bool to_etcd = options.to == "etcd";
    if (!to_etcd && options.to != "dir")
        return Failure(Exit::kUsage, fmt::format("--to {}: must be etcd or dir", options.to));
    base::Result<app::Migrated> done;
    {
        Told told(shell.console);
        const auto tell = [&told](const std::string& what, uint64_t objects) {
            told.tell(what, objects);
        };
        done = to_etcd ? app::migrate_to_etcd(settings, tell)
                       : app::migrate_to_directory(settings, tell);
    }
    if (!done) {
        Failure failure(done.error());
        // "In use" means that the files are locked, not that a server does not answer.
        if (failure.exit == Exit::kUnreachable) failure.exit = Exit::kRefused;
        return failure;
    }
    const std::string directory = settings.data_dir.string();
    const std::string prefix = settings.etcd.prefix + "/";
    if (done->before) {
        shell.console.print_line(
            fmt::format("{} was moved below {} of etcd before", directory, prefix));
    } else if (to_etcd) {
        shell.console.print_line(
            fmt::format("moved {} below {} of etcd: {}", directory, prefix, held(*done)));
        shell.console.note(
            "Start servers with --etcd, the same secret, and data directories of their own.");
    } else {
        shell.console.print_line(fmt::format("moved what is below {} of etcd to {}: {}", prefix,
                                             directory, held(*done)));
        shell.console.note("Start one server with it, without --etcd, and with the same secret.");
    }
    return Exit::kOk;
}

}  // namespace

Command migrate_command() {
    auto options = std::make_shared<Options>();
    std::vector<Option> rows;
    rows.push_back(
        with_words({"--to", &options->to, "SIDE",
                    "etcd: from the data directory into etcd; dir: from etcd into a new\n"
                    "data directory",
                    kNeeded},
                   {"etcd", "dir"}));
    for (const std::string_view name : kSettings) {
        const auto& all = app::all_settings();
        const auto setting = std::ranges::find(all, name, &app::Setting::name);
        Given& one = options->settings[setting->name];
        Option row{fmt::format("--{}", setting->name), &one.text, std::string(setting->value),
                   std::string(setting->help)};
        row.given = &one.given;
        rows.push_back(std::move(row));
    }
    return {
        .name = "migrate",
        .help = "Move a data directory into etcd, or back",
        .options = std::move(rows),
        .footer = kFooter,
        .run = [options](Shell& shell) { return run(*options, shell); },
    };
}

}  // namespace snapgate::cli
