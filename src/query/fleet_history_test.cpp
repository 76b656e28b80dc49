// Random histories of a fleet against a model that keeps every object in memory and looks at each
// of them anew for every question.

#include <algorithm>
#include <functional>
#include <list>
#include <optional>
#include <random>
#include <set>
#include <tuple>

#include "query/fleet_model_testing.h"
#include "query/fleet_random_testing.h"
#include "query/fleet_testing.h"

namespace snapgate::query {
namespace {

using base::Result;

class History {
  public:
    History(unsigned seed, bool with_index) : random_(seed), fleet_(with_index) {
        for (int i = 0; i < 4; ++i) create(i);
    }

    // Something happens.
    void change() {
        const uint64_t what = pick(100);
        if (what < 6) {
            write_vms();
        } else if (what < 17) {
            write_contents();
        } else if (what < 22) {
            write_restores();
        } else if (what < 60) {
            write_some();
        } else if (what < 72) {
            step_stage();
        } else if (what < 77) {
            remake(static_cast<int>(pick(4)));
        } else if (what < 85) {
            fleet_.clock.advance(static_cast<int64_t>(pick(200'000)));
        } else if (what < 92) {
            ok(fleet_.store().compact());
        } else if (what < 95) {
            reopen();
        } else {
            move_ages();
        }
    }

    // Follows a list over all its pages, while things happen between them.
    void check_list() {
        const Asked asked = ask(true);
        const auto limit = 1 + pick(7);
        const facts::Seconds now = fleet_.now();
        std::vector<Row> expected = rows(asked, now);
        std::vector<std::string> flat;
        flat.reserve(expected.size());
        for (const Row& row : expected) flat.push_back(row.flat_text());
        EXPECT_EQ(list_all(asked), flat) << asked.query;
        const auto begun_ms = fleet_.clock.now_ms();
        gone_.clear();
        std::string token;
        std::optional<model::Revision> revision;
        do {
            std::erase_if(expected,
                          [&](const Row& row) { return gone_.contains(row.cluster_uid); });
            const std::string query =
                fmt::format("{}&limit={}&continue={}", asked.query, limit, token);
            FleetRequest request =
                parse_fleet_request(query, kAllClusters, Question::kList).value();
            std::vector<std::string> page;
            auto list = list_page(std::move(request), page);
            if (!list) {
                check_expiry(list.error(), begun_ms);
                break;
            }
            const size_t size = std::min<size_t>(limit, expected.size());
            const std::vector<Row> head(expected.begin(), expected.begin() + long(size));
            ASSERT_EQ(page, texts(head)) << query;
            expected.erase(expected.begin(), expected.begin() + long(size));
            token = list->continue_token();
            ASSERT_EQ(token.empty(), expected.empty()) << query;
            const model::Revision at = list->listing().state().revision;
            if (revision) ASSERT_EQ(at, *revision) << "another state on a later page";
            revision = at;
            for (uint64_t i = pick(4); i > 0; --i) change();
        } while (!token.empty());
    }

    void check_report() {
        const Asked asked = ask(false);
        const facts::Seconds max_age = 3600 * (1 + static_cast<facts::Seconds>(pick(40)));
        const bool application = pick(3) == 0;
        const AskedVms vms{pick(3) == 0, pick(3) == 0, pick(5) == 0, pick(4) == 0};
        std::string query = fmt::format("maxAge={}s{}{}{}", max_age, asked.query, vms.query(),
                                        application ? "&consistency=application" : "");
        std::map<Verdict, uint64_t> totals;
        const auto expected = verdicts(asked, vms, max_age, application, totals);
        std::vector<std::string> got;
        std::string token;
        const auto limit = 1 + pick(5);
        do {
            const std::string page_query =
                fmt::format("{}&limit={}&continue={}", query, limit, token);
            ASSERT_NO_FATAL_FAILURE(report_page(page_query, got, token, totals));
        } while (!token.empty());
        EXPECT_EQ(got, expected) << query;
    }

    void check_summary() {
        const Asked asked = ask(true, false);
        const std::vector<Row> expected = rows(asked, fleet_.now());
        auto summary =
            FleetSummary::plan(
                fleet_.context(), fleet_.store().read(), fleet_.fleet(),
                parse_fleet_request(asked.query, kAllClusters, Question::kSummary).value(),
                fleet_.now())
                .value();
        while (!summary.step(fleet_.store().read()).value()) {
        }
        std::map<facts::State, uint64_t> states;
        std::map<std::string, uint64_t> clusters;
        std::map<std::string, uint64_t> causes;
        uint64_t good = 0;
        uint64_t stuck = 0;
        std::optional<uint64_t> bytes;
        std::optional<uint64_t> restored;
        for (const Row& row : expected) {
            const facts::Facts facts = row.facts();
            if (row.bytes) bytes = bytes.value_or(0) + *row.bytes;
            if (row.restores) restored = restored.value_or(0) + (*row.restores > 0 ? 1 : 0);
            ++states[facts.state];
            ++clusters[row.cluster_uid];
            if (!facts.cause_class.empty()) ++causes[std::string(facts.cause_class)];
            if (facts.good()) ++good;
            if (facts.stuck(fleet_.now())) ++stuck;
        }
        EXPECT_EQ(summary.numbers().total, expected.size()) << asked.query;
        EXPECT_EQ(summary.numbers().good, good) << asked.query;
        EXPECT_EQ(summary.numbers().stuck, stuck) << asked.query;
        EXPECT_EQ(summary.numbers().bytes, bytes) << asked.query;
        EXPECT_EQ(summary.numbers().restored, restored) << asked.query;
        for (const facts::State state : facts::kStates) {
            EXPECT_EQ(summary.numbers().by_state.at(static_cast<size_t>(state)), states[state])
                << asked.query << " " << name_of(state);
        }
        for (size_t i = 0; i < summary.by_cluster().size(); ++i) {
            EXPECT_EQ(summary.by_cluster()[i].total, clusters[summary.listing().clusters()[i]->uid])
                << asked.query;
        }
        std::map<std::string, uint64_t> counted;
        for (const FleetSummary::Cause& cause : summary.causes())
            counted[cause.cause_class] = cause.count;
        EXPECT_EQ(counted, causes) << asked.query;
    }

  private:
    uint64_t pick(uint64_t below) { return random_() % below; }

    static void ok(const Result<void>& result) {
        if (!result) throw std::runtime_error(result.error().message);
    }

    static std::string uid_of(int index) { return fmt::format("uid-{}", index); }
    // Two clusters have one name.
    static std::string name_of_cluster(int index) {
        return index < 2 ? "twin" : fmt::format("c{}", index);
    }

    void create(int index) {
        ok(fleet_.create(name_of_cluster(index), uid_of(index), "p"));
        model_[{name_of_cluster(index), uid_of(index)}] = {
            name_of_cluster(index), {}, {}, {}, {}, {}};
    }

    void remake(int index) {
        ok(fleet_.drop(uid_of(index)));
        gone_.insert(uid_of(index));
        create(index);
    }

    std::pair<const std::pair<std::string, std::string>, ModelCluster>& any_cluster() {
        return *std::next(model_.begin(), long(pick(model_.size())));
    }

    void write_some() {
        auto& [key, cluster] = any_cluster();
        const model::ClusterNumber number = fleet_.clusters.at(key.second).number;
        Objects& objects = cluster.stage ? *cluster.stage : cluster.objects;
        std::vector<std::pair<TestSnapshot, bool>> changes;  // and whether it is a deletion
        for (uint64_t i = 1 + pick(6); i > 0; --i)
            changes.emplace_back(make_.snapshot(fleet_.now()), pick(4) == 0);
        ok(fleet_.write([&](store::WriteTxn& txn) -> Result<void> {
            for (const auto& [snapshot, gone] : changes) {
                if (gone) {
                    SNAPGATE_TRY(
                        txn.erase(number, model::Kind::kSnapshot, snapshot.ns, snapshot.name));
                } else {
                    SNAPGATE_TRY(txn.put(number, model::Kind::kSnapshot, snapshot.prepare()));
                }
            }
            return {};
        }));
        for (const auto& [snapshot, gone] : changes) {
            const std::pair place(snapshot.ns, snapshot.name);
            objects.erase(place);
            if (gone) continue;
            TestSnapshot whole = snapshot;
            whole.without_facts = false;
            objects[place] = {snapshot, whole.prepare().facts};
        }
    }

    // Makes, changes or removes a VM: some clusters have none most of the time.
    void write_vms() {
        auto& [key, cluster] = any_cluster();
        const TestVm vm = make_.vm();
        write_kind(key.second, model::Kind::kVirtualMachine, vm, pick(3) == 0, cluster.vms);
    }

    // Makes, changes or removes some contents.
    void write_contents() {
        auto& [key, cluster] = any_cluster();
        for (uint64_t i = 1 + pick(6); i > 0; --i) {
            const TestContent content = make_.content();
            write_kind(key.second, model::Kind::kContent, content, pick(4) == 0, cluster.contents);
        }
    }
    void write_restores() {
        auto& [key, cluster] = any_cluster();
        for (uint64_t i = 1 + pick(3); i > 0; --i) {
            const TestRestore restore = make_.restore(fleet_.now());
            write_kind(key.second, model::Kind::kRestore, restore, pick(3) == 0, cluster.restores);
        }
    }
    template <class Object>
    void write_kind(const std::string& uid, model::Kind kind, const Object& object, bool gone,
                    std::map<std::pair<std::string, std::string>, Object>& objects) {
        const std::pair place(object.ns, object.name);
        objects.erase(place);
        if (gone) {
            ok(fleet_.erase(uid, kind, object.ns, object.name));
        } else {
            ok(fleet_.put(uid, kind, object.prepare()));
            objects[place] = object;
        }
    }

    // Opens a stage; or publishes, gives up or opens anew the one that is open.
    void step_stage() {
        auto& [key, cluster] = any_cluster();
        const model::ClusterNumber number = fleet_.clusters.at(key.second).number;
        const uint64_t what = cluster.stage ? pick(4) : 3;
        ok(fleet_.write([&](store::WriteTxn& txn) {
            if (what < 2)
                return txn.publish_stage(number, fmt::format("list-{}", fleet_.clock.now_ms()));
            return what == 2 ? txn.give_up_stage(number) : txn.open_stage(number);
        }));
        if (what < 2) cluster.objects = *cluster.stage;
        cluster.stage.reset();
        if (what == 3) cluster.stage = cluster.objects;
    }

    void reopen() {
        // A stage that is open is given up.
        fleet_.reopen();
        for (auto& [key, cluster] : model_) cluster.stage.reset();
    }

    void move_ages() {
        const std::string uid = uid_of(static_cast<int>(pick(4)));
        fleet_.known_ages.erase(uid);
        if (pick(2) == 0) return;
        const auto ago = static_cast<facts::Seconds>(pick(50) * 3600);
        fleet_.known_ages[uid] = {pick(4) == 0 ? 0 : fleet_.now() - ago, true, 0};
    }

    // A question; of its filters only those that a report has, too, unless `facts`.
    Asked ask(bool facts, bool sorted = true) {
        Asked asked;
        if (pick(4) == 0) {
            asked.query += "&vmName=vm1,vm3,vm9";
            asked.conditions.emplace_back([](const Row& row, facts::Seconds) {
                return row.entry.snapshot.vm == "vm1" || row.entry.snapshot.vm == "vm3";
            });
        }
        if (pick(4) == 0) {
            asked.query += "&namespace=ns0,ns2";
            asked.conditions.emplace_back([](const Row& row, facts::Seconds) {
                return row.entry.snapshot.ns == "ns0" || row.entry.snapshot.ns == "ns2";
            });
        }
        if (pick(4) == 0) {
            asked.query += "&cluster=twin,uid-3";
            asked.conditions.emplace_back(
                [](const Row& row, facts::Seconds) { return row.cluster_uid != uid_of(2); });
        }
        if (facts) add_facts(asked);
        if (facts && sorted) add_sort(asked);
        return asked;
    }

    void add_facts(Asked& asked) {
        const auto add = [&](const std::string& query, auto condition) {
            if (pick(7) != 0) return;
            asked.query += "&" + query;
            asked.conditions.emplace_back([condition](const Row& row, facts::Seconds now) {
                return condition(row.facts(), row.entry.snapshot, now);
            });
        };
        using facts::Facts;
        using facts::Seconds;
        using Snapshot = TestSnapshot;
        add("good=true", [](const Facts& f, const Snapshot&, Seconds) {
            return f.state == facts::State::kSucceeded && f.ready;
        });
        add("ready=false", [](const Facts& f, const Snapshot&, Seconds) { return !f.ready; });
        add("phase=Failed,Succeeded", [](const Facts& f, const Snapshot&, Seconds) {
            return f.state == facts::State::kFailed || f.state == facts::State::kSucceeded;
        });
        add("consistency=crash,offline", [](const Facts& f, const Snapshot&, Seconds) {
            return f.consistency == facts::Consistency::kCrash ||
                   f.consistency == facts::Consistency::kOffline;
        });
        add("stuck=true", [](const Facts& f, const Snapshot&, Seconds now) {
            return f.stuck_at != 0 && f.stuck_at <= now;
        });
        add("name=S1", [](const Facts&, const Snapshot& s, Seconds) {
            return s.name.find("s1") != std::string::npos;
        });
        add("cause=AGENT", [](const Facts& f, const Snapshot&, Seconds) {
            return f.cause.find("Agent") != std::string_view::npos;
        });
        add("labelSelector=tier%3Dgold",
            [](const Facts&, const Snapshot& s, Seconds) { return s.label == "gold"; });
        add("createdAfter=30h", [](const Facts& f, const Snapshot&, Seconds now) {
            return f.created != 0 && f.created >= now - 30 * 3600;
        });
        add("finishedBefore=20h", [](const Facts& f, const Snapshot&, Seconds now) {
            return f.finished != 0 && f.finished < now - 20 * 3600;
        });
    }

    void add_sort(Asked& asked) {
        using Key = std::optional<std::pair<uint64_t, std::string>>;
        const uint64_t what = pick(8);
        if (what >= 5) return;
        asked.descending = pick(2) == 0;
        static const std::vector<std::string> fields{"created", "finished", "duration", "name",
                                                     "vm"};
        asked.query += fmt::format("&sort={}{}", asked.descending ? "-" : "", fields[what]);
        asked.key = [what](const Row& row) -> Key {
            const facts::Facts facts = row.entry.facts();
            const auto time = [](facts::Seconds t) { return t == 0 ? Key() : Key({t, ""}); };
            if (what == 0) return time(facts.created);
            if (what == 1) return time(facts.finished);
            if (what == 3) return Key({0, row.entry.snapshot.name});
            if (what == 4) {
                const std::string& vm = row.entry.snapshot.vm;
                return vm.empty() ? Key() : Key({0, vm});
            }
            if (facts.created == 0 || facts.finished < facts.created) return Key();
            return Key({facts.finished - facts.created, ""});
        };
    }

    // What the model says now.
    std::vector<Row> rows(const Asked& asked, facts::Seconds now) const {
        std::vector<Row> out;
        for (const auto& [key, cluster] : model_) {
            for (const auto& [place, entry] : cluster.objects) {
                Row row = cluster.row_of(key.second, entry);
                if (asked.selects(row, now)) out.push_back(std::move(row));
            }
        }
        if (!asked.key) return out;
        // A list's sort keeps the order of equal ones.
        std::list<Row> sorted(out.begin(), out.end());
        sorted.sort([&](const Row& a, const Row& b) {
            const auto left = asked.key(a);
            const auto right = asked.key(b);
            if (!left || !right) return left && !right;
            return asked.descending ? *right < *left : *left < *right;
        });
        return {sorted.begin(), sorted.end()};
    }

    static std::vector<std::string> texts(const std::vector<Row>& rows) {
        std::vector<std::string> out;
        out.reserve(rows.size());
        for (const Row& row : rows) out.push_back(row.text());
        return out;
    }

    Result<FleetList> list_page(FleetRequest request, std::vector<std::string>& page,
                                bool all = false) {
        SNAPGATE_ASSIGN(FleetList list,
                        FleetList::plan(fleet_.context(), fleet_.store().read(), fleet_.fleet(),
                                        std::move(request), fleet_.now()));
        if (all) list.show_all();
        while (true) {
            std::string out;
            SNAPGATE_ASSIGN(
                const bool whole,
                list.step(fleet_.store().read(), out, 64,
                          [&](const FleetRow& row, std::string& text) -> Result<void> {
                              page.push_back(fmt::format(
                                  "{} {}/{}", list.listing().clusters()[row.cluster]->uid, row.ns,
                                  row.name));
                              if (!all) return {};
                              page.back() += flat_text(row.bytes, row.restores, row.facts);
                              text += page.back();
                              return {};
                          }));
            if (whole) break;
        }
        return list;
    }

    std::vector<std::string> list_all(const Asked& asked) {
        std::vector<std::string> out;
        auto request = parse_fleet_request(asked.query, kAllClusters, Question::kList).value();
        request.format = pick(2) == 0 ? ListFormat::kCsv : ListFormat::kNdjson;
        const auto list = list_page(std::move(request), out, true);
        EXPECT_TRUE(list);
        return out;
    }

    // A token may only expire once something was replaced longer ago than history reaches.
    void check_expiry(const base::Error& error, int64_t begun_ms) const {
        EXPECT_EQ(error.code, base::Code::kExpired) << error.message;
        EXPECT_FALSE(error.continue_token.empty());
        EXPECT_GT(fleet_.clock.now_ms() - begun_ms, fleet_.history.count());
    }

    Verdict judge(const std::string& cluster, const std::vector<Row>& snapshots,
                  facts::Seconds max_age, bool application) const {
        const facts::Seconds now = fleet_.now();
        const auto known = fleet_.known_ages.find(cluster);
        if (known != fleet_.known_ages.end() &&
            (known->second.as_of == 0 || known->second.as_of + max_age < now))
            return Verdict::kUnknown;
        bool good = false;
        for (const Row& row : snapshots) {
            const facts::Facts facts = row.entry.facts();
            const bool enough = !application ||
                                facts.consistency == facts::Consistency::kApplication ||
                                facts.consistency == facts::Consistency::kOffline;
            if (!facts.good() || !enough) continue;
            good = true;
            if (facts.taken != 0 && facts.taken + max_age >= now) return Verdict::kProtected;
        }
        const auto last = last_attempt(snapshots);
        if (last != snapshots.end() && last->entry.facts().state == facts::State::kFailed)
            return Verdict::kFailing;
        return good ? Verdict::kLate : Verdict::kNever;
    }

    static bool has_status(const TestSnapshot& snapshot) { return !snapshot.phase.empty(); }

    // The rows of a report, and how often each verdict is among them.
    std::vector<std::string> verdicts(const Asked& asked, const AskedVms& asked_vms,
                                      facts::Seconds max_age, bool application,
                                      std::map<Verdict, uint64_t>& totals) const {
        std::vector<std::pair<std::tuple<std::string, std::string, std::string>, std::vector<Row>>>
            vms;  // in the order of clusters and namespaces
        for (const auto& [key, cluster] : model_) {
            std::map<std::pair<std::string, std::string>, std::vector<Row>> here;
            for (const auto& [place, vm] : cluster.vms) {
                Row row;
                row.cluster_uid = key.second;
                row.entry.snapshot.ns = vm.ns;
                row.entry.snapshot.vm = vm.name;
                if (asked.selects(row, fleet_.now())) here[place];
            }
            for (const auto& [place, entry] : cluster.objects) {
                Row row = cluster.row_of(key.second, entry);
                const TestSnapshot& snapshot = entry.snapshot;
                if (snapshot.vm.empty() || snapshot.of_clone) continue;
                if (!asked.selects(row, fleet_.now())) continue;
                const auto vm = cluster.vms.find({snapshot.ns, snapshot.vm});
                const bool of_another = vm != cluster.vms.end() && has_status(snapshot) &&
                                        !snapshot.source_uid.empty() &&
                                        snapshot.source_uid != vm->second.uid;
                if (!of_another) here[{snapshot.ns, snapshot.vm}].push_back(std::move(row));
            }
            for (auto& [place, all] : here) {
                const auto vm = cluster.vms.find(place);
                const TestVm* known = vm == cluster.vms.end() ? nullptr : &vm->second;
                if (!asked_vms.selects(known, !cluster.vms.empty())) continue;
                vms.emplace_back(std::tuple(key.second, place.first, place.second), std::move(all));
            }
        }
        std::vector<std::string> out;
        for (const auto& [vm, snapshots] : vms) {
            const Verdict verdict = judge(std::get<0>(vm), snapshots, max_age, application);
            const std::string cause = cause_of_last(snapshots);
            if (asked_vms.agent && cause.find("Agent") == std::string::npos) continue;
            ++totals[verdict];
            out.push_back(fmt::format("{} {}/{} {} {} {}", std::get<0>(vm), std::get<1>(vm),
                                      std::get<2>(vm), name_of(verdict), snapshots.size(), cause));
        }
        return out;
    }

    void report_page(const std::string& query, std::vector<std::string>& got, std::string& token,
                     const std::map<Verdict, uint64_t>& totals) {
        const auto fleet = fleet_.fleet();
        auto report = VmReport::plan(
            fleet_.context(), fleet_.store().read(), fleet, fleet_.ages(*fleet),
            parse_fleet_request(query, kAllClusters, Question::kProtection).value(), fleet_.now());
        ASSERT_TRUE(report) << report.error().message << query;
        std::string out;
        // A page may have room for few rows.
        const size_t full = random_() % 2 == 0 ? SIZE_MAX : 1 + random_() % 8;
        const auto append = [&](const VmRow& row, std::string& text) {
            text += '.';
            got.push_back(fmt::format(
                "{} {}/{} {} {} {}", report->listing().clusters()[row.cluster]->uid, row.ns, row.vm,
                name_of(row.verdict), row.snapshots, row.last_attempt.cause));
        };
        while (!report->step(fleet_.store().read(), out, full, append).value()) {
        }
        EXPECT_LE(out.size(), full);
        if (token.empty()) {
            ASSERT_TRUE(report->totals());
            for (const Verdict verdict : kVerdicts) {
                const auto expected = totals.find(verdict);
                EXPECT_EQ(report->totals()->of(verdict),
                          expected == totals.end() ? 0 : expected->second)
                    << query << " " << name_of(verdict);
            }
        }
        token = report->continue_token();
    }

    std::mt19937_64 random_;
    RandomObjects make_{random_};
    TestFleet fleet_;
    Model model_;
    std::set<std::string> gone_;  // clusters that were deleted since the listing began
};

class FleetHistoryTest : public testing::TestWithParam<std::tuple<int, bool>> {};

TEST_P(FleetHistoryTest, AnswersAsTheModelDoes) {
    const auto [seed, with_index] = GetParam();
    History history(static_cast<unsigned>(seed), with_index);
    for (int round = 0; round < 30 && !testing::Test::HasFailure(); ++round) {
        SCOPED_TRACE(fmt::format("round {}", round));
        for (int i = 0; i < 4; ++i) history.change();
        history.check_list();
        history.check_report();
        history.check_summary();
    }
}

INSTANTIATE_TEST_SUITE_P(Seeds, FleetHistoryTest,
                         testing::Combine(testing::Range(1, 5), testing::Bool()));

}  // namespace
}  // namespace snapgate::query
