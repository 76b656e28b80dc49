#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "apply/applied.h"
#include "apply/prune.h"
#include "commands/all_commands.h"
#include "remote/apply_file.h"
#include "terminal/ask.h"
#include "terminal/read_file.h"

namespace snapgate::cli {
namespace {

constexpr const char* kFooter =
    R"(The file lists projects and clusters; paths in it are relative to its folder:

  set: fleet
  projects:
  - name: payments
    quota: {clusters: 20}
  clusters:
  - name: edge-1
    kubeconfig: edge-1.kubeconfig
  - name: edge-2
    project: payments
    uid: edge-2
    kubeconfig: fleet.kubeconfig
    context: edge-2
  - name: archive
    hosted: true

Missing projects and clusters are created, and connections and quotas that changed are replaced. What
already is as the file says, and what it does not name, is left alone. One line for each says what
was done, in the file's order. If one fails, the others are still applied, and the exit code is 1.

New ones are marked with the file's set. With --prune those of the set that the file does not name any
more are removed; what was made by hand, or by another set, never is. What goes is shown first, and
you are asked. If anything of the file is wrong or fails, nothing is removed.

Examples:
  snapgate apply -f clusters.yaml --dry-run --prune
  snapgate apply -f clusters.yaml --prune --yes)";

struct Options {
    ConnectionFlags connection;
    std::string file;
    bool dry_run = false;
    bool prune = false;
    bool yes = false;
    bool force = false;
};

// The server needs ten seconds to check a cluster that does not answer, so this many clusters are
// applied at a time, each over its own connection.
constexpr size_t kSideBySide = 16;

// Applies clusters on several threads. One thread takes the results, in the file's order.
class Applying {
  public:
    Applying(const std::vector<connect::DeclaredCluster>& declared, const Registry& registry,
             const ApplyTerms& terms, const std::function<Api()>& connect)
        : declared_(declared),
          registry_(registry),
          terms_(terms),
          connect_(connect),
          applied_(declared.size()) {
        for (size_t i = 0; i < std::min(kSideBySide, declared.size()); ++i)
            threads_.emplace_back([this] { work(); });
    }
    ~Applying() {
        next_ = declared_.size();
        for (std::thread& thread : threads_) thread.join();
    }
    Applying(const Applying&) = delete;
    Applying& operator=(const Applying&) = delete;

    // Waits until the cluster is applied.
    Outcome<Applied> take(size_t at) {
        std::unique_lock lock(mutex_);
        done_.wait(lock, [&] { return applied_[at].has_value(); });
        return *std::move(applied_[at]);
    }

  private:
    void work() {
        Api api = connect_();
        for (size_t at = next_++; at < declared_.size(); at = next_++) {
            auto applied = apply_cluster(api, registry_, declared_[at], terms_);
            const std::lock_guard lock(mutex_);
            applied_[at] = std::move(applied);
            done_.notify_all();
        }
    }

    const std::vector<connect::DeclaredCluster>& declared_;
    const Registry& registry_;
    const ApplyTerms& terms_;
    const std::function<Api()>& connect_;
    std::atomic<size_t> next_ = 0;
    std::mutex mutex_;
    std::condition_variable done_;
    std::vector<std::optional<Outcome<Applied>>> applied_;
    std::vector<std::thread> threads_;
};

// Says what was done with one, and remembers whether all went well.
class Report {
  public:
    Report(Console& console, bool dry_run) : console_(console), dry_run_(dry_run) {}

    void fault(const std::string& text) {
        good_ = false;
        console_.note("error: " + text);
    }
    // The server is gone: the others cannot be applied, either. What the key may not do is the same
    // for each, and is said at the end.
    Outcome<> tell(const std::string& what, const Outcome<Applied>& applied) {
        if (!applied && applied.error().exit == Exit::kUnreachable) return applied.error();
        if (!applied) {
            if (applied.error().status == 403) {
                good_ = false;
                forbidden_[applied.error().message].push_back(what);
            } else {
                fault(fmt::format("{}: {}", what, applied.error().message));
            }
            return {};
        }
        for (const std::string& text : applied->warnings)
            console_.note(fmt::format("warning: {}: {}", what, text));
        console_.print_line(
            fmt::format("{} {}{}", what, applied->word, dry_run_ ? " (dry run)" : ""));
        SNAPGATE_TRY(console_.flush());
        return {};
    }
    void tell_forbidden() {
        for (const auto& [message, all] : forbidden_) {
            fault(all.size() == 1 ? fmt::format("{}: {}", all.front(), message)
                                  : fmt::format("{} of what the file lists, such as {}: {}",
                                                all.size(), all.front(), message));
        }
    }
    bool good() const { return good_; }

  private:
    Console& console_;
    const bool dry_run_;
    bool good_ = true;
    std::map<std::string, std::vector<std::string>> forbidden_;  // what, by the server's message
};

Outcome<> check(const Options& options, const ApplyFile& file) {
    if (!options.prune) {
        if (!options.yes && !options.force) return {};
        return Failure(Exit::kUsage, "--yes and --force go with --prune");
    }
    if (file.set.empty()) {
        return Failure(Exit::kUsage,
                       fmt::format("--prune needs to know which set {} is: name it there, as in "
                                   "\"set: fleet\"",
                                   input_name(options.file)));
    }
    if (!file.without_value.empty()) {
        const std::string& list = file.without_value.front();
        return Failure(Exit::kRefused,
                       fmt::format("{}: {}: has no value, as if the file was cut off there, and "
                                   "--prune would remove all that is not in it: if there are none, "
                                   "say so by \"{}: []\"",
                                   input_name(options.file), list, list));
    }
    if (options.dry_run || options.yes || can_ask(file.from_input)) return {};
    return Failure(Exit::kUsage,
                   "there is no terminal to ask on: give --yes, or see with --dry-run what would "
                   "be removed");
}

Outcome<Exit> run(const Options& options, Shell& shell) {
    SNAPGATE_ASSIGN(const ApplyFile file, read_apply_file(options.file));
    SNAPGATE_TRY(check(options, file));
    SNAPGATE_ASSIGN(Target target, resolve_target(options.connection, shell.environment));
    SNAPGATE_ASSIGN(Api api, open_api(options.connection, shell));
    SNAPGATE_ASSIGN(Registry registry, read_registry(api));
    const std::function<Api()> connect = [&] {
        Api own(target);
        own.enter_project(api.project_uid());
        return own;
    };
    const ApplyTerms terms{file.set, options.dry_run};
    Report report(shell.console, options.dry_run);
    for (const connect::DeclarationFault& fault : file.declared.faults)
        report.fault(file.declared.text(fault));
    for (const connect::DeclaredProject& project : file.declared.projects) {
        SNAPGATE_TRY(
            report.tell("project/" + project.name, apply_project(api, registry, project, terms)));
    }
    Applying applying(file.declared.clusters, registry, terms, connect);
    for (size_t at = 0; at < file.declared.clusters.size(); ++at) {
        SNAPGATE_TRY(report.tell("cluster/" + file.declared.clusters[at].name, applying.take(at)));
    }
    report.tell_forbidden();
    if (!options.prune) return report.good() ? Exit::kOk : Exit::kRefused;
    if (!report.good()) {
        shell.console.note("Nothing was removed, as the file could not be applied whole.");
        return Exit::kRefused;
    }
    return prune(api, file, {options.dry_run, options.yes, options.force}, shell.console);
}

}  // namespace

Command apply_command() {
    auto options = std::make_shared<Options>();
    return {
        .name = "apply",
        .help = "Make the projects and connect the clusters that a file lists",
        .options = {{"-f,--filename", &options->file, "FILE", "The file ('-': standard input)",
                     kNeeded},
                    {"--dry-run", &options->dry_run, "", "Say what would be done, and do nothing"},
                    {"--prune", &options->prune, "",
                     "Remove what the file's set made and the file names no more"},
                    {"--yes", &options->yes, "", "With --prune: do not ask"},
                    {"--force", &options->force, "",
                     "With --prune: also remove hosted clusters that hold something"}},
        .connection = &options->connection,
        .footer = kFooter,
        .run = [options](Shell& shell) { return run(*options, shell); },
    };
}

}  // namespace snapgate::cli
