// Runs the text tests in testdata/watch_*.txt: what is written, and what watchers see of it, side
// by side. A case is a command, "----" and the expected output, ended by a blank line. With
// SNAPGATE_REWRITE=1 the files are written anew with what the code gives.
//
//   put NS/NAME [KEY=VALUE ...]  stores a snapshot with these labels
//   put-all NS/NAME ...          several in one commit
//   fill NS COUNT                COUNT of them
//   delete NS/NAME
//   watch W PATH [QUERY]         begins a watch: "snapshots", "snapshots/NS", "namespaces", or any
//                                path within the cluster
//   accept W PATH TYPE [QUERY]   the same with that Accept header ("table", "metadata", ...)
//   read W COUNT                 its next events; fewer if it ends before
//   lines W COUNT                the same, as they come
//   skip W COUNT                 the first and the last of its next COUNT events
//   end W                        what is left until its end
//   advance DURATION             moves the store's clock
//   compact | restart | drop-cluster | revoke-key
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <vector>

#include "api/kube/forms.h"
#include "api/kube/watch_client_testing.h"
#include "base/duration.h"

namespace snapgate::api::kube {
namespace {

using model::Kind;

std::vector<std::string> words_of(const std::string& line) {
    std::istringstream in(line);
    std::vector<std::string> words;
    for (std::string word; in >> word;) words.push_back(word);
    return words;
}

std::pair<std::string, std::string> cut(const std::string& text, char at) {
    const size_t where = text.find(at);
    if (where == std::string::npos) return {text, ""};
    return {text.substr(0, where), text.substr(where + 1)};
}

std::string path_of(const std::string& word) {
    const std::string group = "/apis/snapshot.kubevirt.io/v1beta1";
    if (word == "snapshots") return group + "/virtualmachinesnapshots";
    if (word == "namespaces") return "/api/v1/namespaces";
    if (word.starts_with("snapshots/"))
        return group + "/namespaces/" + word.substr(10) + "/virtualmachinesnapshots";
    return word;
}

std::string accept_of(const std::string& word) {
    const std::string as = "application/json;g=meta.k8s.io;v=v1;as=";
    if (word == "table") return as + "Table,application/json";
    if (word == "metadata") return as + "PartialObjectMetadata,application/json";
    return word;
}

std::string text_of(const json::Object& object, std::string_view member) {
    const auto* value = object.if_contains(member);
    return value == nullptr     ? ""
           : value->is_string() ? std::string(value->get_string())
                                : json::serialize(*value);
}

// "TYPE ns/name @version {labels}"
std::string summary_of(const json::Object& event) {
    const json::Object& object = event.at("object").get_object();
    const std::string type = text_of(event, "type");
    if (type == "ERROR")
        return fmt::format("ERROR {} {}: {}\n", text_of(object, "code"), text_of(object, "reason"),
                           text_of(object, "message"));
    const json::Object& metadata = object.at("metadata").get_object();
    std::string name = text_of(metadata, "name");
    if (metadata.contains("namespace")) name = text_of(metadata, "namespace") + "/" + name;
    std::string out = type;
    if (!name.empty()) out += " " + name;
    out += " @" + text_of(metadata, "resourceVersion");
    for (const char* member : {"labels", "annotations"}) {
        if (metadata.contains(member)) out += " " + text_of(metadata, member);
    }
    return out + "\n";
}

// The columns are long, and the same everywhere.
std::string without_columns(std::string line) {
    const std::string columns(table_columns(Kind::kSnapshot));
    const size_t at = line.find(columns);
    return at == std::string::npos ? line : line.replace(at, columns.size(), "(the columns)");
}

class Scenario {
  public:
    std::string run(const std::string& command) {
        std::vector<std::string> words = words_of(command);
        const std::string verb = words.at(0);
        words.erase(words.begin());
        if (verb == "put") return put(words);
        if (verb == "put-all") return put_all(words);
        if (verb == "fill") return fill(words.at(0), std::stoi(words.at(1)));
        if (verb == "delete") return erase(words.at(0));
        if (verb == "watch") return watch(words, "");
        if (verb == "accept") {
            const std::string accept = accept_of(words.at(2));
            words.erase(words.begin() + 2);
            return watch(words, "Accept: " + accept + "\r\n");
        }
        if (verb == "read") return read(words.at(0), std::stoul(words.at(1)), false);
        if (verb == "lines") return read(words.at(0), std::stoul(words.at(1)), true);
        if (verb == "skip") return skip(words.at(0), std::stoul(words.at(1)));
        if (verb == "end") return end(words.at(0));
        if (verb == "advance") {
            clock_.advance(base::parse_duration(words.at(0)).value().count());
            return "ok\n";
        }
        if (verb == "compact") {
            auto done = service_.store().compact();
            return done ? "ok\n" : done.error().message + "\n";
        }
        if (verb == "restart") {
            service_.restart();
            return "ok\n";
        }
        if (verb == "drop-cluster") {
            service_.must([&](store::WriteTxn& txn) {
                return cluster::delete_cluster(txn, TestService::kCluster, true);
            });
            return "ok\n";
        }
        if (verb == "revoke-key") {
            service_.revoke_key();
            return "ok\n";
        }
        return "unknown command\n";
    }

  private:
    std::string put(const std::vector<std::string>& words) {
        const auto [ns, name] = cut(words.at(0), '/');
        std::map<std::string, std::string> labels;
        for (size_t i = 1; i < words.size(); ++i) labels.insert(cut(words[i], '='));
        return put_objects({make_snapshot(ns, name, labels)});
    }
    std::string put_all(const std::vector<std::string>& words) {
        std::vector<model::PreparedObject> objects;
        for (const std::string& word : words) {
            const auto [ns, name] = cut(word, '/');
            objects.push_back(make_snapshot(ns, name));
        }
        return put_objects(objects);
    }
    std::string fill(const std::string& ns, int count) {
        std::vector<model::PreparedObject> objects;
        objects.reserve(static_cast<size_t>(count));
        for (int i = 0; i < count; ++i)
            objects.push_back(make_snapshot(ns, fmt::format("o-{:05}", i)));
        const std::string revisions = put_objects(objects);
        return revisions.substr(0, revisions.find('\n')) + " to " +
               revisions.substr(revisions.rfind('@'));
    }
    std::string put_objects(const std::vector<model::PreparedObject>& objects) {
        std::string out;
        service_.must([&](store::WriteTxn& txn) -> base::Result<void> {
            out.clear();
            for (const model::PreparedObject& object : objects) {
                SNAPGATE_ASSIGN(const model::Revision revision,
                                txn.put(service_.cluster(), Kind::kSnapshot, object));
                out += fmt::format("@{}\n", revision);
            }
            return {};
        });
        return out;
    }
    std::string erase(const std::string& word) {
        const auto [ns, name] = cut(word, '/');
        service_.must([&](store::WriteTxn& txn) -> base::Result<void> {
            SNAPGATE_TRY(txn.erase(service_.cluster(), Kind::kSnapshot, ns, name));
            return {};
        });
        return "ok\n";
    }
    std::string watch(const std::vector<std::string>& words, const std::string& headers) {
        const std::string query = words.size() > 2 ? "?" + words[2] : "";
        auto& watcher = watchers_[words.at(0)];
        watcher = std::make_unique<WatchClient>(service_, path_of(words.at(1)) + query, headers);
        if (watcher->status() == 200) return "200\n";
        const auto status = json::parse(watcher->body());
        if (!status) return fmt::format("{} {}", watcher->status(), watcher->body());
        const json::Object& object = status->get_object();
        return fmt::format("{} {}: {}\n", watcher->status(), text_of(object, "reason"),
                           text_of(object, "message"));
    }
    std::string read(const std::string& name, size_t count, bool whole) {
        WatchClient& watcher = *watchers_.at(name);
        std::string out;
        for (size_t i = 0; i < count; ++i) {
            if (whole) {
                const auto line = watcher.next_line();
                if (!line) return out + "(ended)\n";
                out += without_columns(*line) + "\n";
            } else {
                const auto event = watcher.next();
                if (!event) return out + "(ended)\n";
                out += summary_of(*event);
            }
        }
        return out;
    }
    std::string skip(const std::string& name, size_t count) {
        const std::string first = read(name, 1, false);
        for (size_t i = 2; i < count; ++i) {
            if (!watchers_.at(name)->next_line()) return first + "(ended)\n";
        }
        return first + read(name, 1, false);
    }
    std::string end(const std::string& name) {
        WatchClient& watcher = *watchers_.at(name);
        std::string out;
        for (auto event = watcher.next(); event; event = watcher.next()) out += summary_of(*event);
        return out + (watcher.ended_well() ? "(ended)\n" : "(cut)\n");
    }

    store::TestClock clock_;
    TestService service_{clock_};
    std::map<std::string, std::unique_ptr<WatchClient>> watchers_;
};

class WatchText : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(WatchText, GivesWhatItSays) {
    std::ifstream in(GetParam());
    ASSERT_TRUE(in) << GetParam();
    Scenario scenario;
    std::string rewritten;
    std::string line;
    while (std::getline(in, line)) {
        if (line.empty() || line.starts_with('#')) {
            rewritten += line + "\n";
            continue;
        }
        const std::string command = line;
        ASSERT_TRUE(std::getline(in, line) && line == "----") << "after: " << command;
        std::string expected;
        while (std::getline(in, line) && !line.empty()) expected += line + "\n";
        const std::string output = scenario.run(command);
        if (std::getenv("SNAPGATE_REWRITE") == nullptr) EXPECT_EQ(output, expected) << command;
        rewritten.append(command).append("\n----\n").append(output).append("\n");
    }
    if (std::getenv("SNAPGATE_REWRITE") == nullptr) return;
    while (rewritten.ends_with("\n\n")) rewritten.pop_back();
    std::ofstream(GetParam()) << rewritten;
}

std::vector<std::filesystem::path> files() {
    std::vector<std::filesystem::path> out;
    for (const auto& entry :
         std::filesystem::directory_iterator(SNAPGATE_SOURCE_DIR "/src/api/kube/testdata")) {
        if (entry.path().filename().string().starts_with("watch_")) out.push_back(entry.path());
    }
    std::ranges::sort(out);
    return out;
}

INSTANTIATE_TEST_SUITE_P(Files, WatchText, testing::ValuesIn(files()),
                         [](const auto& info) { return info.param.stem().string(); });

}  // namespace
}  // namespace snapgate::api::kube
