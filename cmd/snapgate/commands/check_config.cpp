#include "commands/check_config.h"

#include <fmt/format.h>

#include <filesystem>
#include <optional>
#include <utility>

#include "app/check_config.h"
#include "base/count_text.h"
#include "remote/resolve.h"
#include "terminal/read_file.h"

namespace snapgate::cli {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxUrlBytes = 4096;

// Of the server that runs on this data directory: it is asked as other clients ask it.
Outcome<app::KnownRegistry> registry_of_running(const fs::path& data_dir, Shell& shell) {
    SNAPGATE_ASSIGN(std::string url,
                    read_file((data_dir / "url").string(), kMaxUrlBytes, "the server's address"));
    while (!url.empty() && (url.back() == '\n' || url.back() == '\r')) url.pop_back();
    ConnectionFlags flags;
    flags.server = url;
    std::error_code failed;
    if (const fs::path key = data_dir / "admin.key"; fs::exists(key, failed))
        flags.api_key_file = key.string();
    if (const fs::path ca = data_dir / "ca.crt"; fs::exists(ca, failed)) flags.ca = ca.string();
    SNAPGATE_ASSIGN(const Target target, resolve_target(flags, shell.environment));
    Api api(target, std::chrono::seconds(10));
    SNAPGATE_ASSIGN(const auto projects, list_objects(api, Kind::kProject));
    SNAPGATE_ASSIGN(const auto clusters, list_objects(api, Kind::kCluster));
    SNAPGATE_ASSIGN(app::KnownRegistry registry, app::read_registry(projects, clusters));
    return registry;
}

std::optional<app::KnownRegistry> find_registry(const fs::path& data_dir, Shell& shell) {
    auto stopped = app::registry_of_stopped(data_dir);
    if (stopped) return std::move(*stopped);
    auto running = registry_of_running(data_dir, shell);
    if (running) return std::move(*running);
    std::error_code failed;
    const std::string why =
        fs::exists(data_dir / "url", failed) ? running.error().message : stopped.error().message;
    shell.console.note(fmt::format(
        "note: what would change is not told, as what the server has is not known: {}", why));
    return std::nullopt;
}

}  // namespace

Outcome<Exit> check_config(const app::Settings& settings, Shell& shell) {
    const auto registry = find_registry(settings.data_dir, shell);
    const app::ConfigReport report = app::check_config(settings, registry ? &*registry : nullptr);
    for (const std::string& change : report.changes) shell.console.print_line(change);
    SNAPGATE_TRY(shell.console.flush());
    for (const std::string& fault : report.faults) shell.console.note("error: " + fault);
    const std::string what =
        settings.config.empty() ? std::string("the settings") : settings.config.string();
    shell.console.print_line(fmt::format(
        "{}: {} and {} declared, {}, {}", what, base::counted(report.projects, "project"),
        base::counted(report.clusters, "cluster"),
        registry ? base::counted(report.changes.size(), "change") : std::string("changes unknown"),
        base::counted(report.faults.size(), "fault")));
    return report.faults.empty() ? Exit::kOk : Exit::kRefused;
}

}  // namespace snapgate::cli
