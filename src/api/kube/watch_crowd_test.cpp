// Sixty-four watchers, writers and compaction, all at once in one process: whoever watches, in
// whatever selection and however often it comes back, ends with the state of the store. Made to be
// run under ThreadSanitizer, too.
#include <gtest/gtest.h>

#include <atomic>
#include <charconv>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "api/kube/watch_client_testing.h"
#include "base/clock_testing.h"

namespace snapgate::api::kube {
namespace {

using model::Kind;
using model::Revision;

constexpr int kWatchers = 64;
constexpr int kWriters = 3;
constexpr int kWritesEach = 400;
constexpr int kNamespaces = 4;
constexpr int kNames = 12;
constexpr const char* kState =
    "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";

using Model = std::map<std::string, Revision>;  // "namespace/name" -> version

std::string namespace_of(int number) {
    return "n" + std::to_string(number);
}

Revision version_of(const json::Object& metadata) {
    const auto text = metadata.at("resourceVersion").get_string();
    Revision version = 0;
    std::from_chars(text.data(), text.data() + text.size(), version);
    return version;
}

// What a watcher watches, and how it goes about it.
struct Selection {
    std::string ns;        // "" for all
    std::string label;     // a value of "part"; "" for all
    int leaves_after = 0;  // events, then it comes back; 0: it stays
    std::chrono::milliseconds absence{0};

    bool matches(std::string_view in, const query::Labels& labels) const {
        if (!ns.empty() && in != ns) return false;
        if (label.empty()) return true;
        return std::ranges::find(labels, std::pair<std::string, std::string>("part", label)) !=
               labels.end();
    }
    std::string path() const {
        return "/apis/snapshot.kubevirt.io/v1beta1" + (ns.empty() ? "" : "/namespaces/" + ns) +
               "/virtualmachinesnapshots?timeoutSeconds=600" +
               (label.empty() ? "" : "&labelSelector=part%3D" + label);
    }
    // Of the last objects, which all selections see in their namespaces.
    size_t last_objects() const { return ns.empty() ? kNamespaces : 1; }
};

class Watcher {
  public:
    Watcher(TestService& service, Selection selection)
        : service_(service), selection_(std::move(selection)) {}

    // Until it has seen the last objects.
    void run() {
        while (last_ < selection_.last_objects() && !testing::Test::HasFailure()) {
            watch();
            std::this_thread::sleep_for(selection_.absence);
        }
    }
    const Model& model() const { return model_; }
    const Selection& selection() const { return selection_; }

  private:
    void watch() {
        const bool anew = position_ == 0;
        if (anew) {
            model_.clear();
            last_ = 0;
        }
        WatchClient client(service_,
                           selection_.path() + "&" +
                               (anew ? kState : "resourceVersion=" + std::to_string(position_)));
        ASSERT_EQ(client.status(), 200U) << client.body();
        bool state = anew;
        for (int seen = 0; state || last_ < selection_.last_objects(); ++seen) {
            if (!state && selection_.leaves_after > 0 && seen >= selection_.leaves_after) return;
            const auto event = client.next();
            ASSERT_TRUE(event) << "the stream ended";
            const std::string type(event->at("type").get_string());
            const json::Object& object = event->at("object").get_object();
            if (type == "ERROR") {
                // Too slow for the history that is kept: from the beginning.
                ASSERT_EQ(object.at("code").as_int64(), 410) << json::serialize(object);
                position_ = 0;
                return;
            }
            take(type, object.at("metadata").get_object(), state);
            if (testing::Test::HasFailure()) return;
        }
    }

    void take(const std::string& type, const json::Object& metadata, bool& state) {
        const Revision version = version_of(metadata);
        if (type == "BOOKMARK") {
            state = false;
            ASSERT_GE(version, position_);
            position_ = version;
            return;
        }
        const std::string name(metadata.at("name").get_string());
        const std::string key = std::string(metadata.at("namespace").get_string()) + "/" + name;
        if (!state) {
            ASSERT_GT(version, position_) << type << " " << key;
            position_ = version;
        }
        if (name == "last") ++last_;
        if (type == "DELETED") {
            ASSERT_EQ(model_.erase(key), 1U) << "deleted and not there: " << key;
        } else {
            ASSERT_EQ(model_.contains(key), type == "MODIFIED") << type << " " << key;
            model_[key] = version;
        }
    }

    TestService& service_;
    const Selection selection_;
    Model model_;
    Revision position_ = 0;
    size_t last_ = 0;
};

class WatchCrowdTest : public testing::Test {
  protected:
    void write_randomly(unsigned seed) {
        std::minstd_rand random(seed);
        for (int i = 0; i < kWritesEach; ++i) {
            const std::string ns = namespace_of(static_cast<int>(random() % kNamespaces));
            const std::string name = "o" + std::to_string(random() % kNames);
            const auto choice = random() % 8;
            service_.must([&](store::WriteTxn& txn) -> base::Result<void> {
                if (choice == 0) {
                    SNAPGATE_TRY(txn.erase(service_.cluster(), Kind::kSnapshot, ns, name));
                    return {};
                }
                std::map<std::string, std::string> labels;
                if (choice < 6) labels["part"] = std::to_string(choice % 3);
                SNAPGATE_TRY(
                    txn.put(service_.cluster(), Kind::kSnapshot, make_snapshot(ns, name, labels)));
                return {};
            });
        }
    }
    // History passes by within 50 ms, so that slow watchers fall behind it.
    void compact_until(const std::atomic<bool>& end) {
        while (!end) {
            clock_.advance(1'000);
            EXPECT_TRUE(service_.store().compact());
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
    }
    Model state(const Selection& selection) {
        Model model;
        const store::ReadView view = service_.store().read();
        auto scan = view.scan(service_.cluster(), Kind::kSnapshot, UINT64_MAX);
        for (auto found = scan.seek("", ""); found && *found; found = scan.next()) {
            const auto labels = json::read_labels(scan.found().object);
            if (selection.matches(scan.found().ns, *labels))
                model[std::string(scan.found().ns) + "/" + std::string(scan.found().name)] =
                    scan.found().revision;
        }
        return model;
    }

    base::TestClock clock_;
    TestService service_{clock_, base::Millis(10'000)};
};

TEST_F(WatchCrowdTest, EveryWatcherEndsWithTheStateOfTheStore) {
    std::vector<std::unique_ptr<Watcher>> watchers;
    for (int i = 0; i < kWatchers; ++i) {
        Selection selection;
        if (i % 4 == 1) selection.ns = namespace_of(i / 4 % kNamespaces);
        if (i % 4 == 2) selection.label = "0";
        if (i % 8 >= 4) selection.leaves_after = 5 + i;
        // Longer than what is kept of history.
        if (i % 16 >= 12) selection.absence = std::chrono::milliseconds(100);
        watchers.push_back(std::make_unique<Watcher>(service_, selection));
    }
    std::vector<std::thread> threads;
    threads.reserve(watchers.size());
    for (const auto& watcher : watchers) threads.emplace_back([&] { watcher->run(); });
    std::atomic<bool> end = false;
    std::thread compactor([&] { compact_until(end); });
    std::vector<std::thread> writers;
    writers.reserve(kWriters);
    for (unsigned i = 0; i < kWriters; ++i) writers.emplace_back([&, i] { write_randomly(i + 1); });
    for (std::thread& writer : writers) writer.join();
    service_.must([&](store::WriteTxn& txn) -> base::Result<void> {
        for (int i = 0; i < kNamespaces; ++i) {
            SNAPGATE_TRY(txn.put(service_.cluster(), Kind::kSnapshot,
                                 make_snapshot(namespace_of(i), "last", {{"part", "0"}})));
        }
        return {};
    });
    for (std::thread& thread : threads) thread.join();
    end = true;
    compactor.join();
    for (const auto& watcher : watchers) EXPECT_EQ(watcher->model(), state(watcher->selection()));
}

}  // namespace
}  // namespace snapgate::api::kube
