// Runs the text tests in testdata/fleet/: questions about a fleet and their answers
// (base/text_cases_testing.h). Each file runs twice: with the index in memory, and without.
//
//   cluster NAME UID [PROJECT]   makes a cluster; put, delete and so on write to it from then on
//   use UID                      goes back to a cluster
//   rename UID NAME
//   drop UID                     deletes a cluster
//   put NS/NAME:VM [WORD ...]    stores a snapshot. Words: a phase; ready, clone, bare (without
//                                facts); created=AGE, taken=AGE, failed=AGE, deleted=AGE, where AGE
//                                is how long ago; tier=VALUE (a label); error=TEXT with "_" for a
//                                blank; Online, GuestAgent, QuiesceFailed, QuiesceTimeout
//   good NS/NAME:VM AGE          a good one, made that long ago
//   fill NS COUNT                stores NS/o-0000:vm ...
//   delete NS/NAME
//   vm NS/NAME [WORD ...]        stores a VM. Words: a status; uid=UID, tier=VALUE (a label),
//   ignore.
//                                "source=UID" of a put is the VM that the snapshot was taken of
//   restore NS/NAME VM SNAPSHOT AGE
//   content NS/NAME SNAPSHOT SIZE|- [volume=NAME] [error=TEXT]
//                                "content=NAME" of a put is the snapshot's
//   follow KIND                  takes in an empty list of restores or contents of a mirror
//   remove KIND NS/NAME          of VMs (vm), restores and contents
//   relist [NS/NAME ...]         begins a stage with the deletion of these and ends it
//   away UID AGE|never           the cluster was last heard of so long ago
//   back UID
//   list [QUERY]                 a page of all clusters; "=T1" in it is the token of an answer
//   one UID [QUERY]              a page of one cluster
//   sweep [QUERY]                all pages; also whether one list without pages has the same
//   rows [QUERY]                 every match with its size, restores and cause, as CSV has them
//   report [QUERY]               a page of VMs; reports: all pages
//   summary [QUERY]
//   advance DURATION, compact, reopen [HISTORY]

#include <algorithm>
#include <optional>
#include <tuple>

#include "base/text_cases_testing.h"
#include "query/fleet_testing.h"

namespace snapgate::query {
namespace {

using base::Result;

std::string blanks(std::string text) {
    std::ranges::replace(text, '_', ' ');
    return text;
}

class Scenario {
  public:
    explicit Scenario(bool with_index) : fleet_(with_index) {}

    std::string run(const std::string& command) {
        std::vector<std::string> words = base::words_of(command);
        const std::string verb = words.at(0);
        words.erase(words.begin());
        const std::string first = words.empty() ? "" : words[0];
        const std::string second = words.size() < 2 ? "" : words[1];
        if (verb == "list") return list(fleet_.fleet(), kAllClusters, first);
        if (verb == "one") return list(Fleet::make({fleet_.clusters.at(first)}), first, second);
        if (verb == "sweep") return sweep(first);
        if (verb == "rows") return rows(first);
        if (verb == "report") return report(first);
        if (verb == "reports") return reports(first);
        if (verb == "summary") return summary(first);
        return change(verb, words, first, second);
    }

  private:
    std::string change(const std::string& verb, const std::vector<std::string>& words,
                       const std::string& first, const std::string& second) {
        if (verb == "cluster") {
            current_ = second;
            return ok(fleet_.create(first, second, words.size() > 2 ? words[2] : "p"));
        }
        if (verb == "use") {
            current_ = first;
        } else if (verb == "rename") {
            fleet_.clusters.at(first).name = second;
        } else if (verb == "drop") {
            return ok(fleet_.drop(first));
        } else if (verb == "put") {
            return put(words);
        } else if (verb == "good") {
            return put({first, "Succeeded", "ready", "created=" + second, "taken=" + second});
        } else if (verb == "fill") {
            return fill(first, std::stoi(second));
        } else if (verb == "delete") {
            return ok(fleet_.write([&](store::WriteTxn& txn) { return erase(txn, first); }));
        } else if (verb == "vm") {
            return put_vm(words);
        } else if (verb == "restore") {
            return put_restore(words);
        } else if (verb == "content") {
            return put_content(words);
        } else if (verb == "follow") {
            return follow(first);
        } else if (verb == "remove") {
            const auto [ns, name] = place_of(second);
            return ok(fleet_.erase(current_, kind_of(first), ns, name));
        } else if (verb == "relist") {
            return relist(words);
        } else if (verb == "away") {
            const bool never = second == "never";
            fleet_.known_ages[first] = {never ? 0 : ago(second), true, fleet_.now()};
        } else if (verb == "back") {
            fleet_.known_ages[first] = {fleet_.now(), false, fleet_.now()};
        } else if (verb == "advance") {
            fleet_.clock.advance(base::parse_duration(first).value().count());
        } else if (verb == "compact") {
            return ok(fleet_.store().compact());
        } else if (verb == "reopen") {
            if (!first.empty()) fleet_.history = base::parse_duration(first).value();
            fleet_.reopen();
        } else {
            return "unknown command\n";
        }
        return "ok\n";
    }

    static std::string ok(const Result<void>& result) {
        return result ? "ok\n" : "error: " + result.error().message + "\n";
    }

    facts::Seconds ago(std::string_view age) const {
        return fleet_.now() -
               static_cast<facts::Seconds>(base::parse_duration(age).value().count() / 1000);
    }

    model::ClusterNumber current() const { return fleet_.clusters.at(current_).number; }

    static std::pair<std::string, std::string> place_of(const std::string& word) {
        const size_t slash = word.find('/');
        return {word.substr(0, slash), word.substr(slash + 1)};
    }

    // Reads what `put` says.
    TestSnapshot snapshot_of(const std::vector<std::string>& words) const {
        TestSnapshot out;
        const std::string& place = words.at(0);
        const size_t colon = place.find(':');
        std::tie(out.ns, out.name) = place_of(place.substr(0, colon));
        if (colon != std::string::npos) out.vm = place.substr(colon + 1);
        out.created = fleet_.now();
        for (size_t i = 1; i < words.size(); ++i) read_word(words[i], out);
        return out;
    }

    void read_word(const std::string& word, TestSnapshot& out) const {
        const size_t equals = word.find('=');
        const std::string name = word.substr(0, equals);
        const std::string value = equals == std::string::npos ? "" : word.substr(equals + 1);
        if (name == "ready") {
            out.ready = true;
        } else if (name == "clone") {
            out.of_clone = true;
        } else if (name == "bare") {
            out.without_facts = true;
        } else if (name == "created") {
            out.created = ago(value);
        } else if (name == "taken") {
            out.taken = ago(value);
        } else if (name == "failed") {
            out.failed = ago(value);
        } else if (name == "deleted") {
            out.deleted = ago(value);
        } else if (name == "tier") {
            out.label = value;
        } else if (name == "source") {
            out.source_uid = value;
        } else if (name == "content") {
            out.content = value;
        } else if (name == "error") {
            out.error = blanks(value);
        } else if (facts::state_of(name)) {
            out.phase = name;
        } else {
            out.indications.push_back(name);
        }
    }

    std::string put(const std::vector<std::string>& words) {
        const model::PreparedObject object = snapshot_of(words).prepare();
        return ok(fleet_.write([&](store::WriteTxn& txn) -> Result<void> {
            SNAPGATE_TRY(txn.put(current(), model::Kind::kSnapshot, object));
            return {};
        }));
    }

    static model::Kind kind_of(const std::string& word) {
        if (word == "vm") return model::Kind::kVirtualMachine;
        return word == "restore" ? model::Kind::kRestore : model::Kind::kContent;
    }

    std::string put_vm(const std::vector<std::string>& words) {
        TestVm vm;
        std::tie(vm.ns, vm.name) = place_of(words.at(0));
        vm.uid = "u-" + vm.name;
        for (size_t i = 1; i < words.size(); ++i) {
            const std::string& word = words[i];
            if (word == "ignore") {
                vm.ignored = true;
            } else if (word.starts_with("uid=")) {
                vm.uid = word.substr(4);
            } else if (word.starts_with("tier=")) {
                vm.label = word.substr(5);
            } else {
                vm.status = word;
            }
        }
        return ok(fleet_.put(current_, model::Kind::kVirtualMachine, vm.prepare()));
    }

    std::string put_restore(const std::vector<std::string>& words) {
        TestRestore restore;
        std::tie(restore.ns, restore.name) = place_of(words.at(0));
        restore.vm = words.at(1);
        restore.snapshot = words.at(2);
        restore.at = ago(words.at(3));
        return ok(fleet_.put(current_, model::Kind::kRestore, restore.prepare()));
    }

    std::string put_content(const std::vector<std::string>& words) {
        TestContent content;
        std::tie(content.ns, content.name) = place_of(words.at(0));
        content.snapshot = words.at(1);
        if (words.at(2) != "-") content.size = words.at(2);
        for (size_t i = 3; i < words.size(); ++i) {
            const std::string& word = words[i];
            if (word.starts_with("volume=")) content.volume = word.substr(7);
            if (word.starts_with("error=")) content.error = blanks(word.substr(6));
        }
        return ok(fleet_.put(current_, model::Kind::kContent, content.prepare()));
    }

    // What a mirror does that found nothing.
    std::string follow(const std::string& kind) {
        fleet_.clusters.at(current_).connected = true;
        const model::ClusterNumber number = fleet_.number_of(current_, kind_of(kind));
        return ok(fleet_.write([&](store::WriteTxn& txn) -> Result<void> {
            SNAPGATE_TRY(txn.open_stage(number));
            return txn.publish_stage(number, fmt::format("list-{}", ++relists_));
        }));
    }

    std::string fill(const std::string& ns, int count) {
        return ok(fleet_.write([&](store::WriteTxn& txn) -> Result<void> {
            for (int i = 0; i < count; ++i) {
                const std::string place = fmt::format("{}/o-{:04}:vm", ns, i);
                SNAPGATE_TRY(
                    txn.put(current(), model::Kind::kSnapshot, snapshot_of({place}).prepare()));
            }
            return {};
        }));
    }

    Result<void> erase(store::WriteTxn& txn, const std::string& word) const {
        const auto [ns, name] = place_of(word);
        SNAPGATE_TRY(txn.erase(current(), model::Kind::kSnapshot, ns, name));
        return {};
    }

    std::string relist(const std::vector<std::string>& gone) {
        return ok(fleet_.write([&](store::WriteTxn& txn) -> Result<void> {
            SNAPGATE_TRY(txn.open_stage(current()));
            for (const std::string& word : gone) SNAPGATE_TRY(erase(txn, word));
            return txn.publish_stage(current(), fmt::format("list-{}", ++relists_));
        }));
    }

    struct Page {
        std::vector<std::string> items;
        model::Revision revision = 0;
        std::optional<uint64_t> remaining;
        std::string token;
        std::string etag;

        auto content() const { return std::tie(items, revision, remaining, token); }
    };

    Result<FleetRequest> parse(const std::string& query, std::string_view cluster,
                               Question question) const {
        return parse_fleet_request(tokens_.filled(query), cluster, question);
    }

    Result<Page> page(std::shared_ptr<const Fleet> fleet, FleetRequest request, bool all = false) {
        const bool flat = all && request.is_flat();
        SNAPGATE_ASSIGN(FleetList list,
                        FleetList::plan(fleet_.context(), fleet_.store().read(), std::move(fleet),
                                        std::move(request), fleet_.now()));
        if (all) list.show_all();
        Page page;
        const auto append = [&](const FleetRow& row, std::string& out) -> Result<void> {
            const FleetCluster& cluster = *list.listing().clusters()[row.cluster];
            std::string item = fmt::format("{} {}/{} {} {}", cluster.name, row.ns, row.name,
                                           row.vm.empty() ? "-" : row.vm, name_of(row.facts.state));
            if (row.facts.good()) item += " good";
            if (row.bytes) item += fmt::format(" {} bytes", *row.bytes);
            if (row.restores) item += fmt::format(" restored {} times", *row.restores);
            if (!row.facts.cause.empty()) item += fmt::format(" ({})", row.facts.cause);
            if (flat) item += fmt::format(" [{}]", row.facts.cause_class);
            out += item;
            page.items.push_back(std::move(item));
            return {};
        };
        // Everything comes in small pieces.
        const size_t full = all ? 100 : kMostPageBytes;
        while (true) {
            std::string out;
            SNAPGATE_ASSIGN(const bool whole, list.step(fleet_.store().read(), out, full, append));
            if (whole) break;
        }
        page.revision = list.listing().state().revision;
        page.remaining = list.remaining();
        page.token = list.continue_token();
        page.etag = list.etag();
        return page;
    }

    std::string list(std::shared_ptr<const Fleet> fleet, std::string_view cluster,
                     const std::string& query) {
        auto request = parse(query, cluster, Question::kList);
        if (!request) return tokens_.describe(request.error());
        const auto got = page(std::move(fleet), std::move(*request));
        if (!got) return tokens_.describe(got.error());
        std::string out;
        for (const std::string& item : got->items) out += item + "\n";
        out += fmt::format("-- at {}", got->revision);
        if (got->remaining) out += fmt::format(" remaining {}", *got->remaining);
        if (!got->token.empty()) out += " continue " + tokens_.name(got->token);
        if (got->etag.empty()) {
            out += " no ETag";
        } else {
            const auto [known, first] = etags_.emplace(got->etag, *got);
            if (!first && known->second.content() != got->content())
                out += " ETAG OF ANOTHER CONTENT";
        }
        return out + "\n";
    }

    std::string sweep(const std::string& query) {
        auto parsed = parse(query, kAllClusters, Question::kList);
        if (!parsed) return tokens_.describe(parsed.error());
        const FleetRequest request = *parsed;
        std::vector<std::string> items;
        std::string token = request.continue_token;
        model::Revision revision = 0;
        size_t pages = 0;
        while (true) {
            FleetRequest next = request;
            next.continue_token = token;
            const auto got = page(fleet_.fleet(), std::move(next));
            if (!got) return tokens_.describe(got.error());
            items.insert(items.end(), got->items.begin(), got->items.end());
            if (pages > 0 && got->revision != revision) return "REVISION CHANGED IN A LISTING\n";
            revision = got->revision;
            ++pages;
            token = got->token;
            if (token.empty()) break;
        }
        const auto all = page(fleet_.fleet(), request, true);
        if (!all) return tokens_.describe(all.error());
        std::string out = fmt::format("{} on {} pages\n", items.size(), pages);
        if (all->items != items) out += "ANOTHER LIST WITHOUT PAGES\n";
        for (size_t i = 0; i < items.size() && i < 20; ++i) out += items[i] + "\n";
        return out;
    }

    std::string rows(const std::string& query) {
        auto request = parse(query, kAllClusters, Question::kList);
        if (!request) return tokens_.describe(request.error());
        request->format = ListFormat::kCsv;
        const auto all = page(fleet_.fleet(), std::move(*request), true);
        if (!all) return tokens_.describe(all.error());
        std::string out;
        for (const std::string& item : all->items) out += item + "\n";
        return out + fmt::format("-- {} rows\n", all->items.size());
    }

    static std::string describe(const FleetCluster& cluster, const VmRow& row, facts::Seconds now) {
        std::string out = fmt::format("{} {}/{} {}: {} snapshots, {} failed", cluster.name, row.ns,
                                      row.vm, name_of(row.verdict), row.snapshots, row.failed);
        if (row.last_good) {
            const auto age = row.age_of_last_good(now);
            out +=
                fmt::format(", good {} {} {}", row.last_good->name,
                            age ? base::format_duration(base::Millis(int64_t{*age} * 1000)) : "-",
                            name_of(row.last_good->consistency));
        }
        if (!row.last_attempt.name.empty()) {
            out +=
                fmt::format(", last {} {}", row.last_attempt.name, name_of(row.last_attempt.state));
        }
        if (!row.last_attempt.cause.empty()) out += fmt::format(" ({})", row.last_attempt.cause);
        if (row.known == VmRow::Known::kItself) out += fmt::format(", VM {}", row.status);
        if (row.known == VmRow::Known::kGone) out += ", gone";
        if (row.ignored) out += ", ignored";
        if (row.bytes) out += fmt::format(", {} bytes", *row.bytes);
        if (row.last_restore) {
            out += fmt::format(", restored {} by {}", row.last_restore->snapshot,
                               row.last_restore->name);
        }
        return out + "\n";
    }

    // A page of VMs, or all of them.
    Result<std::string> rows(FleetRequest request, bool all, std::string& end, std::string& token) {
        const auto fleet = fleet_.fleet();
        SNAPGATE_ASSIGN(VmReport report,
                        VmReport::plan(fleet_.context(), fleet_.store().read(), fleet,
                                       fleet_.ages(*fleet), std::move(request), fleet_.now()));
        if (all) report.show_all();
        std::string rows;
        while (true) {
            std::string out;
            SNAPGATE_ASSIGN(const bool done,
                            report.step(fleet_.store().read(), out, all ? 100 : SIZE_MAX,
                                        [&](const VmRow& row, std::string& text) {
                                            text +=
                                                describe(*report.listing().clusters()[row.cluster],
                                                         row, report.listing().now());
                                        }));
            rows += out;
            if (done) break;
        }
        const AgeCounts ages = report.clusters();
        end =
            fmt::format("-- clusters {} stale {} unknown {}", ages.total, ages.stale, ages.unknown);
        if (const auto& totals = report.totals()) {
            for (const Verdict verdict : kVerdicts)
                if (totals->of(verdict) != 0)
                    end += fmt::format(", {} {}", name_of(verdict), totals->of(verdict));
        }
        if (const auto remaining = report.remaining())
            end += fmt::format(", remaining {}", *remaining);
        token = report.continue_token();
        return rows;
    }

    std::string report(const std::string& query) {
        auto request = parse(query, kAllClusters, Question::kProtection);
        if (!request) return tokens_.describe(request.error());
        std::string end;
        std::string token;
        const auto text = rows(std::move(*request), false, end, token);
        if (!text) return tokens_.describe(text.error());
        if (!token.empty()) end += " continue " + tokens_.name(token);
        return *text + end + "\n";
    }

    std::string reports(const std::string& query) {
        auto parsed = parse(query, kAllClusters, Question::kProtection);
        if (!parsed) return tokens_.describe(parsed.error());
        const FleetRequest request = *parsed;
        std::string text;
        std::string token = request.continue_token;
        std::string end;
        size_t pages = 0;
        do {
            FleetRequest next = request;
            next.continue_token = token;
            const auto page = rows(std::move(next), false, end, token);
            if (!page) return tokens_.describe(page.error());
            text += *page;
            ++pages;
        } while (!token.empty());
        const auto all = rows(request, true, end, token);
        if (!all) return tokens_.describe(all.error());
        if (*all != text) text += "ANOTHER REPORT WITHOUT PAGES:\n" + *all;
        return text + fmt::format("-- {} pages\n", pages);
    }

    static std::string describe(const FleetSummary::Numbers& numbers) {
        std::string out =
            fmt::format("{} good {} stuck {}", numbers.total, numbers.good, numbers.stuck);
        for (const facts::State state : facts::kStates) {
            if (const uint64_t count = numbers.by_state.at(static_cast<size_t>(state)))
                out += fmt::format(", {} {}", name_of(state), count);
        }
        if (numbers.bytes) out += fmt::format(", {} bytes", *numbers.bytes);
        if (numbers.restored) out += fmt::format(", restored {}", *numbers.restored);
        return out + "\n";
    }

    std::string summary(const std::string& query) {
        auto request = parse(query, kAllClusters, Question::kSummary);
        if (!request) return tokens_.describe(request.error());
        const auto got = summarize(std::move(*request));
        return got ? *got : tokens_.describe(got.error());
    }

    Result<std::string> summarize(FleetRequest request) {
        SNAPGATE_ASSIGN(FleetSummary summary,
                        FleetSummary::plan(fleet_.context(), fleet_.store().read(), fleet_.fleet(),
                                           std::move(request), fleet_.now()));
        while (true) {
            SNAPGATE_ASSIGN(const bool done, summary.step(fleet_.store().read()));
            if (done) break;
        }
        std::string out = describe(summary.numbers());
        for (const facts::Consistency consistency : facts::kConsistencies) {
            if (const auto count = summary.by_consistency().at(static_cast<size_t>(consistency)))
                out += fmt::format("{} {}\n", name_of(consistency), count);
        }
        for (const FleetSummary::Project& project : summary.by_project())
            out += fmt::format("{}: {}", project.name, describe(project.numbers));
        for (size_t i = 0; i < summary.by_cluster().size(); ++i) {
            out += fmt::format("cluster {}: {}", summary.listing().clusters()[i]->name,
                               describe(summary.by_cluster()[i]));
        }
        for (size_t i = 0; i < summary.days().size(); ++i) {
            const FleetSummary::Day& day = summary.days().at(i);
            if (day.created + day.succeeded + day.failed == 0) continue;
            out += fmt::format("day -{}: created {} succeeded {} failed {}\n",
                               FleetSummary::kDays - 1 - i, day.created, day.succeeded, day.failed);
        }
        for (const FleetSummary::Cause& cause : summary.causes()) {
            out += fmt::format("{} x {} ({} VMs, {} clusters): {}\n", cause.count,
                               cause.cause_class, cause.vms, cause.clusters, cause.example);
        }
        return out;
    }

    TestFleet fleet_;
    std::string current_;
    int relists_ = 0;
    NamedTokens tokens_;
    std::map<std::string, Page> etags_;
};

class FleetTextTest : public testing::TestWithParam<std::tuple<std::filesystem::path, bool>> {};

TEST_P(FleetTextTest, GivesWhatTheFileSays) {
    Scenario scenario(std::get<1>(GetParam()));
    base::run_text_cases(std::get<0>(GetParam()),
                         [&](const std::string& command) { return scenario.run(command); });
}

INSTANTIATE_TEST_SUITE_P(
    Files, FleetTextTest,
    testing::Combine(testing::ValuesIn(base::text_case_files(SNAPGATE_SOURCE_DIR
                                                             "/src/query/testdata/fleet")),
                     testing::Bool()),
    [](const testing::TestParamInfo<std::tuple<std::filesystem::path, bool>>& test) {
        std::string name = std::get<0>(test.param).stem().string();
        std::ranges::replace(name, '-', '_');
        return name + (std::get<1>(test.param) ? "_indexed" : "_read");
    });

}  // namespace
}  // namespace snapgate::query
