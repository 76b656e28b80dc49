#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <set>
#include <utility>

#include "base/count_text.h"
#include "base/encoding.h"
#include "commands/all_commands.h"
#include "import/import_check.h"
#include "import/import_input.h"
#include "import/import_upload.h"
#include "json/object.h"
#include "json/path.h"
#include "json/whole_number.h"
#include "remote/resolve.h"
#include "terminal/ask.h"
#include "terminal/printable.h"
#include "terminal/progress.h"
#include "terminal/read_file.h"

namespace snapgate::cli {
namespace {

// How long the server may be silent: at the end of a prune it may have a million objects to remove.
constexpr std::chrono::minutes kSilence{10};

constexpr const char* kFooter =
    R"(A FILE holds what kubectl or the API printed, as JSON or YAML: a List or
VirtualMachineSnapshotList, a saved page, single objects, JSON lines or YAML
documents. How it begins tells which. - is standard input.

The whole input is read and checked before anything is sent: because of one bad
object all of it is refused. If an import was cut off, run it again to complete
it: what is already stored is left untouched.

--prune needs a dump that shows where it ends, as lists do. JSON lines and YAML
documents do not: say with --complete that they are whole. The command asks
before it changes anything; without a terminal it needs --yes.

Examples:
  kubectl get vmsnapshots -A -o json | snapgate import --cluster demo -
  snapgate import --cluster demo monday.json tuesday.yaml
  # Make the cluster hold exactly what the dump holds
  snapgate import --cluster demo --prune --dry-run dump.json
  snapgate import --cluster demo --prune dump.json)";

struct Options {
    ConnectionFlags connection;
    std::string cluster;
    std::string on_conflict = "replace";
    bool prune = false;
    bool complete = false;
    bool yes = false;
    bool dry_run = false;
    bool keep_going = false;
    std::vector<std::string> files;
    std::string output;
};

// The counts in the server's answer.
struct Counts {
    int64_t created = 0;
    int64_t replaced = 0;
    int64_t unchanged = 0;
    int64_t skipped = 0;
    int64_t pruned = 0;
    int64_t refused = 0;
};

int64_t number_at(const json::Object& object, std::string_view name) {
    return json::whole_number(object, name).value_or(0);
}

Counts counts_of(const json::Object& answer) {
    Counts counts{number_at(answer, "created"),   number_at(answer, "replaced"),
                  number_at(answer, "unchanged"), number_at(answer, "skipped"),
                  number_at(answer, "pruned"),    number_at(answer, "refusedCount")};
    const json::Array* refused = json::array_at(answer, {"refused"});
    // The server sends refusedCount only if it lists fewer objects than it refused.
    if (counts.refused == 0 && refused != nullptr)
        counts.refused = static_cast<int64_t>(refused->size());
    return counts;
}

// The result of an upload.
struct Sent {
    net::ClientResponse response;
    json::Object answer;
    std::set<size_t> too_large;  // numbers of objects that were replaced by a stand-in
};

Outcome<> check_options(const Options& options) {
    size_t standard = 0;
    for (const std::string& file : options.files) standard += file == "-" ? 1 : 0;
    if (standard > 1)
        return Failure(Exit::kUsage, "standard input can be read only once: give - only once");
    if (options.on_conflict != "replace" && options.on_conflict != "skip" &&
        options.on_conflict != "fail")
        return Failure(Exit::kUsage, fmt::format("--on-conflict {}: must be replace, skip or fail",
                                                 options.on_conflict));
    // Checked before the input is read, which may take hours: then it would be too late to find
    // that nobody can be asked.
    if (options.prune && !options.dry_run && !options.yes && !can_ask(standard > 0))
        return Failure(Exit::kUsage,
                       "--prune removes snapshots, and there is no terminal to ask on: give --yes, "
                       "or see with --dry-run what would be removed");
    return {};
}

Outcome<std::vector<ImportInput>> open_inputs(const Options& options, Console& console) {
    std::vector<ImportInput> inputs;
    for (const std::string& file : options.files) {
        Progress progress(console, "Reading " + input_name(file), 0);
        SNAPGATE_ASSIGN(ImportInput input,
                        ImportInput::open(file, options.complete,
                                          [&](uint64_t bytes) { progress.advance(bytes, 0); }));
        inputs.push_back(std::move(input));
    }
    return inputs;
}

// Refuses the whole input because of its faults.
Failure refuse_input(const CheckReport& report, Console& console) {
    for (const Fault& fault : report.faults) console.note(describe(fault));
    if (report.fault_count > report.faults.size())
        console.note(fmt::format("... and {} more",
                                 base::format_count(report.fault_count - report.faults.size())));
    return {Exit::kRefused, fmt::format("{} of {} cannot be imported, so nothing was stored: fix "
                                        "the input, or import the rest of it with --keep-going",
                                        base::format_count(report.fault_count),
                                        base::counted(report.total, "object"))};
}

// Refuses to prune by an input that may be only a part of a dump.
Outcome<> check_end(const Options& options, const json::DumpEnd& end) {
    if (!options.prune) return {};
    if (auto missing = end.missing())
        return Failure(
            Exit::kRefused,
            fmt::format("--prune needs the whole dump: {}; nothing was stored", *missing));
    if (end.closed() || options.complete) return {};
    return Failure(
        Exit::kRefused,
        "--prune removes what is not in the input, and this input (JSON lines, single objects, "
        "YAML documents, or a YAML list whose items come last) does not show where it ends: it may "
        "have been cut off. Give --complete if it is whole; nothing was stored");
}

// Notes what the server refused, with file and item.
void note_refused(const Sent& sent, const std::vector<ImportInput>& inputs,
                  const CheckReport& report, const Counts& counts, Console& console) {
    const json::Object& answer = sent.answer;
    const json::Array* refused = json::array_at(answer, {"refused"});
    if (refused == nullptr) return;
    for (const json::Value& value : *refused) {
        const json::Object* one = value.if_object();
        if (one == nullptr) continue;
        auto index = static_cast<size_t>(number_at(*one, "index"));
        auto origin = origin_of(index, report.items);
        std::string message = sent.too_large.contains(index)
                                  ? json::too_large_message()
                                  : std::string(json::text_at(*one, {"message"}));
        Fault fault{origin ? inputs[origin->input].name() : "input", origin ? origin->item : index,
                    std::string(json::text_at(*one, {"name"})), std::move(message)};
        console.note("refused: " + describe(fault));
    }
    auto listed = static_cast<int64_t>(refused->size());
    if (counts.refused > listed)
        console.note(
            fmt::format("... and {} more were refused",
                        base::format_count(static_cast<uint64_t>(counts.refused - listed))));
}

std::string summary(const Counts& counts, const Options& options, const std::string& cluster,
                    std::chrono::duration<double> elapsed) {
    auto count = [](int64_t value) { return base::format_count(static_cast<uint64_t>(value)); };
    return fmt::format(
        "{} cluster {}: {} created, {} replaced, {} unchanged, {} skipped, {} pruned, {} refused "
        "({:.1f} s)",
        options.dry_run ? "would be imported into" : "imported into", cluster,
        count(counts.created), count(counts.replaced), count(counts.unchanged),
        count(counts.skipped), count(counts.pruned), count(counts.refused), elapsed.count());
}

// One import of all inputs, after they were checked.
class Sender {
  public:
    Sender(Api& api, const Options& options, const Named& cluster,
           const std::vector<ImportInput>& inputs, const CheckReport& report, Console& console)
        : api_(api),
          options_(options),
          cluster_(cluster),
          inputs_(inputs),
          report_(report),
          console_(console) {}

    // Objects written after the version `as_of` are not pruned; "" for no such bound.
    Outcome<Sent> send(bool dry_run, std::string_view as_of) {
        std::string target =
            fmt::format("{}/import?onConflict={}&prune={}", path_of(Kind::kCluster, cluster_.uid),
                        options_.on_conflict, options_.prune);
        if (dry_run) target += "&dryRun=true";
        if (!as_of.empty()) target += "&pruneAsOf=" + base::percent_encode(as_of);
        if (dry_run) SNAPGATE_TRY(expect_dry_runs(target));
        return upload(target, dry_run);
    }

  private:
    // A server before 0.2.1 ignores dryRun and would import. This probe, an empty list without a
    // prune, changes nothing on such a server.
    Outcome<> expect_dry_runs(const std::string& target) {
        const std::string probe = target.substr(0, target.find('?')) + "?dryRun=true";
        SNAPGATE_ASSIGN(auto response, api_.post(probe, json::Object{{"items", json::Array()}}));
        SNAPGATE_ASSIGN(auto answer, parse_answer(response, api_.server()));
        if (answer.if_contains("dryRun") != nullptr) return {};
        return Failure(Exit::kRefused,
                       "the server is older than 0.2.1 and cannot say what an import would do; "
                       "nothing was changed");
    }

    Outcome<Sent> upload(const std::string& target, bool dry_run) {
        uint64_t bytes = 0;
        for (const ImportInput& input : inputs_) bytes += input.bytes();
        Progress progress(console_, dry_run ? "Comparing" : "Sending", bytes);
        ImportUpload upload(inputs_, report_,
                            [&](uint64_t done, size_t items) { progress.advance(done, items); });
        api_.reconnect();
        auto response =
            api_.upload(target, "application/json", [&]() -> base::Result<std::string_view> {
                auto piece = upload.next();
                if (piece && piece->empty())
                    progress.wait_for("Waiting for the server to finish ...");
                return piece;
            });
        if (!response) {
            Failure failure = std::move(response).error();
            // A server that answered has said itself what was stored.
            if (failure.status == 0 && upload.items() > 0 && !dry_run)
                failure.message +=
                    "; part of the input may be stored: run the import again to complete it";
            return failure;
        }
        SNAPGATE_ASSIGN(auto answer, parse_answer(*response, api_.server()));
        return Sent{std::move(*response), std::move(answer), upload.too_large()};
    }

    Api& api_;
    const Options& options_;
    const Named& cluster_;
    const std::vector<ImportInput>& inputs_;
    const CheckReport& report_;
    Console& console_;
};

// Asks whether to prune, where --yes was not given. Returns the version at which the snapshots were
// counted, so that none written between the count and the prune is removed.
Outcome<std::string> ask_to_prune(Sender& sender, const Options& options, const Named& cluster,
                                  Console& console) {
    SNAPGATE_ASSIGN(Sent dry, sender.send(true, {}));
    const Counts counts = counts_of(dry.answer);
    std::string as_of(json::text_at(dry.answer, {"pruneAsOf"}));
    if (counts.pruned == 0) return as_of;
    const bool standard = std::ranges::find(options.files, "-") != options.files.end();
    const bool yes = ask(
        standard, fmt::format("{} of cluster {} {} not in the input and will be removed. Go on?",
                              base::counted(static_cast<uint64_t>(counts.pruned), "snapshot"),
                              printable(cluster.name), counts.pruned == 1 ? "is" : "are"));
    console.status({});
    if (!yes) return Failure(Exit::kRefused, "nothing was changed");
    return as_of;
}

Outcome<Exit> run(const Options& options, Shell& shell) {
    SNAPGATE_ASSIGN(Format format, Format::parse(options.output));
    SNAPGATE_TRY(check_options(options));
    SNAPGATE_ASSIGN(Api api, open_api(options.connection, shell, kSilence));
    // Resolved before the input is read: a mistyped name should not cost minutes.
    SNAPGATE_ASSIGN(Named cluster, resolve(api, Kind::kCluster, options.cluster));
    auto begun = std::chrono::steady_clock::now();
    SNAPGATE_ASSIGN(auto inputs, open_inputs(options, shell.console));
    uint64_t bytes = 0;
    for (const ImportInput& input : inputs) bytes += input.bytes();

    CheckReport report;
    {
        Progress progress(shell.console, "Checking", bytes);
        SNAPGATE_ASSIGN(report, check_inputs(inputs, [&](uint64_t done, size_t items) {
                            progress.advance(done, items);
                        }));
    }
    // With --keep-going every object is sent, also those that the server will refuse: it must see
    // them, so that a prune leaves their stored versions alone.
    if (report.fault_count > 0 && !options.keep_going) return refuse_input(report, shell.console);
    SNAPGATE_TRY(check_end(options, report.end));

    Sender sender(api, options, cluster, inputs, report, shell.console);
    std::string as_of;
    if (options.prune && !options.yes && !options.dry_run) {
        SNAPGATE_ASSIGN(as_of, ask_to_prune(sender, options, cluster, shell.console));
    }
    SNAPGATE_ASSIGN(Sent sent, sender.send(options.dry_run, as_of));
    const json::Object& answer = sent.answer;
    Counts counts = counts_of(answer);
    note_refused(sent, inputs, report, counts, shell.console);
    if (auto kept = json::text_at(answer, {"notPruned"}); !kept.empty())
        shell.console.note(fmt::format("warning: {}", kept));
    if (format == Format::kTable) {
        shell.console.print_line(
            summary(counts, options, cluster.name, std::chrono::steady_clock::now() - begun));
    } else {
        SNAPGATE_TRY(print_answer(shell.console, format, sent.response, api.server()));
    }
    bool complete = counts.refused == 0 && json::text_at(answer, {"notPruned"}).empty();
    return complete ? Exit::kOk : Exit::kRefused;
}

}  // namespace

Command import_command() {
    auto options = std::make_shared<Options>();
    return {
        .name = "import",
        .help = "Load VM snapshots from dumps into a hosted cluster",
        .options = {{"FILE", &options->files, "", "Dumps; - is standard input", kNeeded},
                    cluster_option(options->cluster),
                    with_words({"--on-conflict", &options->on_conflict, "POLICY",
                                "What to do with an object that is already stored and differs:\n"
                                "replace (the default), skip or fail"},
                               {"replace", "skip", "fail"}),
                    {"--prune", &options->prune, "",
                     "Remove snapshots of the cluster that are in none of the FILEs"},
                    {"--complete", &options->complete, "",
                     "The FILEs are whole, even where they cannot show it: JSON\n"
                     "lines, single objects, YAML documents"},
                    {"--yes", &options->yes, "", "Prune without asking"},
                    {"--dry-run", &options->dry_run, "",
                     "Count what would be created, replaced and removed, and\n"
                     "change nothing"},
                    {"--keep-going", &options->keep_going, "",
                     "Import what is good and list what is refused"},
                    nameless_output_option(options->output, "json or yaml: the API's answer")},
        .connection = &options->connection,
        .footer = kFooter,
        .run = [options](Shell& shell) { return run(*options, shell); },
    };
}

}  // namespace snapgate::cli
