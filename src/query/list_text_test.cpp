// Runs the text tests in testdata/: requests and the pages they give (base/text_cases_testing.h).
//
//   put NS/NAME[:VM] ...    stores objects (a fresh text each time)
//   delete NS/NAME ...      deletes objects
//   fill NS COUNT [VM]      stores COUNT objects NS/o-0000...
//   list CLUSTER [QUERY]    one page; "T1" ... "Tn" in it stands for the token that a page printed
//   sweep CLUSTER [QUERY]   follows the tokens to the end
//   churn COUNT SEED        random writes
//   use CLUSTER             put, delete, fill and churn write to this cluster; made if missing
//   advance DURATION        moves the clock
//   compact                 runs compaction
//   reopen [HISTORY]        closes the store and opens it again
//   new-store               goes on with a new store, in which the clusters are empty
//   drop CLUSTER            deletes a cluster

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <regex>
#include <tuple>

#include "base/clock_testing.h"
#include "base/crypto.h"
#include "base/duration.h"
#include "base/temporary_folder_testing.h"
#include "base/text_cases_testing.h"
#include "query/listing_testing.h"
#include "query/palette_list.h"
#include "store/store.h"
#include "store/temporary_store_testing.h"

namespace snapgate::query {
namespace {

model::PreparedObject make_object(const std::string& ns, const std::string& name,
                                  const std::string& vm, int generation) {
    model::PreparedObject object;
    object.ns = ns;
    object.name = name;
    object.vm = vm;
    object.text =
        fmt::format(R"({{"key":"{}/{}","generation":{},"resourceVersion":")", ns, name, generation);
    object.version_offset = static_cast<uint32_t>(object.text.size());
    object.text += R"(","vm":")";
    object.vm_offset = static_cast<uint32_t>(object.text.size());
    object.text += vm + "\"}";
    return object;
}

class Scenario {
  public:
    Scenario() { open(); }
    Scenario(const Scenario&) = delete;
    Scenario& operator=(const Scenario&) = delete;

    std::string run(const std::string& command) {
        std::vector<std::string> words = base::words_of(command);
        std::string verb = words.at(0);
        words.erase(words.begin());
        if (verb == "put") return put(words);
        if (verb == "delete") return erase(words);
        if (verb == "fill") return fill(words);
        if (verb == "churn") return churn(std::stoi(words.at(0)), std::stoul(words.at(1)));
        if (verb == "use") return use(words.at(0));
        if (verb == "drop") return drop(words.at(0));
        if (verb == "list") return list(words.at(0), words.size() > 1 ? words[1] : "");
        if (verb == "sweep") return sweep(words.at(0), words.size() > 1 ? words[1] : "");
        if (verb == "advance") {
            clock_.advance(base::parse_duration(words.at(0)).value().count());
            return "ok\n";
        }
        if (verb == "compact") return ok(store_->compact());
        if (verb == "reopen") {
            if (!words.empty()) history_ = base::parse_duration(words[0]).value();
            store_.reset();
            open();
            return "ok\n";
        }
        if (verb == "new-store") {
            store_.reset();
            std::filesystem::remove_all(directory_);
            std::map<std::string, model::ClusterNumber> names;
            std::swap(names, clusters_);
            open();
            for (const auto& [name, number] : names) use(name);
            return "ok\n";
        }
        return "unknown command\n";
    }

  private:
    void open() {
        store::StoreOptions options = store::small_options(directory_, clock_);
        options.history = history_;
        store_ = store::open_or_throw(options);
    }

    static std::string ok(const base::Result<void>& result) {
        return result ? "ok\n" : "error: " + result.error().message + "\n";
    }

    std::string write(const store::WriteFunction& function) {
        clock_.advance(1);  // no two commits at the same moment
        return ok(store_->write_and_wait(store::Priority::kRequest, function));
    }

    std::string use(const std::string& name) {
        current_ = name;
        if (clusters_.contains(name)) return "ok\n";
        return write([&](store::WriteTxn& txn) -> base::Result<void> {
            SNAPGATE_ASSIGN(clusters_[name], txn.create_cluster());
            return {};
        });
    }

    std::string drop(const std::string& name) {
        std::string out =
            write([&](store::WriteTxn& txn) { return txn.delete_cluster(clusters_.at(name)); });
        clusters_.erase(name);
        return out;
    }

    std::string put(const std::vector<std::string>& words) {
        return write([&](store::WriteTxn& txn) -> base::Result<void> {
            for (const std::string& word : words) {
                size_t slash = word.find('/');
                size_t colon = word.find(':');
                std::string vm = colon == std::string::npos ? "vm" : word.substr(colon + 1);
                SNAPGATE_TRY(txn.put(
                    clusters_.at(current_), model::Kind::kSnapshot,
                    make_object(word.substr(0, slash), word.substr(slash + 1, colon - slash - 1),
                                vm, ++generation_)));
            }
            return {};
        });
    }

    std::string erase(const std::vector<std::string>& words) {
        return write([&](store::WriteTxn& txn) -> base::Result<void> {
            for (const std::string& word : words) {
                size_t slash = word.find('/');
                SNAPGATE_TRY(txn.erase(clusters_.at(current_), model::Kind::kSnapshot,
                                       word.substr(0, slash), word.substr(slash + 1)));
            }
            return {};
        });
    }

    std::string fill(const std::vector<std::string>& words) {
        int count = std::stoi(words.at(1));
        std::string vm = words.size() > 2 ? words[2] : "vm";
        return write([&](store::WriteTxn& txn) -> base::Result<void> {
            for (int i = 0; i < count; ++i) {
                SNAPGATE_TRY(
                    txn.put(clusters_.at(current_), model::Kind::kSnapshot,
                            make_object(words[0], fmt::format("o-{:04}", i), vm, ++generation_)));
            }
            return {};
        });
    }

    std::string churn(int count, unsigned long seed) {
        std::mt19937_64 random(seed);
        for (int i = 0; i < count; ++i) {
            std::string ns = fmt::format("ns-{}", random() % 5);
            std::string name = fmt::format("o-{:04}", random() % 200);
            std::string vm = fmt::format("vm-{}", random() % 10);
            bool gone = random() % 3 == 0;
            write([&](store::WriteTxn& txn) -> base::Result<void> {
                model::ClusterNumber cluster = clusters_.at(current_);
                if (gone) {
                    SNAPGATE_TRY(txn.erase(cluster, model::Kind::kSnapshot, ns, name));
                } else {
                    SNAPGATE_TRY(txn.put(cluster, model::Kind::kSnapshot,
                                         make_object(ns, name, vm, ++generation_)));
                }
                return {};
            });
        }
        return "ok\n";
    }

    struct Page {
        std::vector<std::string> items;
        std::string version;
        std::optional<uint64_t> remaining;
        std::string token;
        std::string etag;

        auto content() const { return std::tie(items, version, remaining, token); }
    };

    base::Result<Page> page(const std::string& cluster, const std::string& query) {
        SNAPGATE_ASSIGN(ListRequest request, parse_list_request(tokens_.filled(query)));
        const ListContext context{*store_, signer_, kTestWords};
        auto found = clusters_.find(cluster);
        model::ClusterNumber number = found == clusters_.end() ? 999 : found->second;
        SNAPGATE_ASSIGN(PaletteList list, PaletteList::plan(context, store_->read(),
                                                            {number, cluster}, std::move(request)));
        Page page;
        const auto append = [&page](const store::Found& one, std::string&) -> base::Result<void> {
            page.items.push_back(
                fmt::format("{}/{} {} r{}", one.ns, one.name, one.object.vm, one.object.version));
            return {};
        };
        std::string out;
        while (true) {
            SNAPGATE_ASSIGN(bool whole, list.step(store_->read(), out, kMostPageBytes, append));
            if (whole) break;
        }
        page.version = list.version();
        page.remaining = list.remaining();
        page.token = list.continue_token();
        page.etag = list.etag();
        return page;
    }

    std::string list(const std::string& cluster, const std::string& query) {
        auto got = page(cluster, query);
        if (!got) return tokens_.describe(got.error());
        const std::vector<std::string>& items = got->items;
        std::string out;
        for (size_t i = 0; i < items.size(); ++i) {
            bool left_out = items.size() > 12 && i >= 3 && i < items.size() - 3;
            if (!left_out) out += items[i] + "\n";
            if (items.size() > 12 && i == 3) out += fmt::format("... {} more\n", items.size() - 6);
        }
        out += "-- version " + got->version;
        if (got->remaining) out += fmt::format(" remaining {}", *got->remaining);
        if (!got->token.empty()) out += " continue " + tokens_.name(got->token);
        const auto [known, first] = etags_.emplace(got->etag, *got);
        if (!first && known->second.content() != got->content()) out += " ETAG OF ANOTHER CONTENT";
        return out + "\n";
    }

    // All pages as one line: how many objects, whether each came once and in order, and a digest.
    std::string sweep(const std::string& cluster, const std::string& query) {
        std::string token;
        std::vector<std::string> all;
        std::string version;
        size_t pages = 0;
        while (true) {
            // A token in the query is where it begins.
            static const std::regex begin("&?continue=[^&]*");
            std::string next = query;
            if (!token.empty()) next = std::regex_replace(query, begin, "") + "&continue=" + token;
            auto got = page(cluster, next);
            if (!got) return tokens_.describe(got.error());
            all.insert(all.end(), got->items.begin(), got->items.end());
            if (!version.empty() && got->version != version)
                return "VERSION CHANGED WITHIN A LISTING\n";
            version = got->version;
            ++pages;
            token = got->token;
            if (token.empty()) break;
        }
        auto key = [](const std::string& item) {
            std::string word = item.substr(0, item.find(' '));
            std::replace(word.begin(), word.end(), '/', '\0');
            return word;
        };
        for (size_t i = 1; i < all.size(); ++i) {
            if (key(all[i - 1]) >= key(all[i])) return "OUT OF ORDER: " + all[i] + "\n";
        }
        return fmt::format("{} objects on {} pages, version {}\n", all.size(), pages, version);
    }

    const base::TemporaryFolder folder_;
    const std::filesystem::path directory_ = folder_.path() / "store";
    base::TestClock clock_{1'000'000'000};
    base::Millis history_{300'000};
    std::unique_ptr<store::Store> store_;
    TokenSigner signer_{std::string(32, 'k')};
    std::map<std::string, model::ClusterNumber> clusters_;
    std::string current_;
    int generation_ = 0;
    NamedTokens tokens_;
    std::map<std::string, Page> etags_;
};

class ListTextTest : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(ListTextTest, GivesWhatTheFileSays) {
    Scenario scenario;
    base::run_text_cases(GetParam(),
                         [&](const std::string& command) { return scenario.run(command); });
}

INSTANTIATE_TEST_SUITE_P(Files, ListTextTest,
                         testing::ValuesIn(base::text_case_files(SNAPGATE_SOURCE_DIR
                                                                 "/src/query/testdata")),
                         base::text_case_name);

}  // namespace
}  // namespace snapgate::query
