// Runs the text tests in testdata/: what is written through the store, and what lists and watches
// show of it, through the routes (base/text_cases_testing.h).
//
//   cluster UID NAME             makes another hosted cluster; put, fill, put-restore and delete
//   work
//                                on it from then on
//   use UID                      goes back to a cluster; the first one is "demo"
//   put NS/NAME [KEY=VALUE ...]  stores a snapshot with these labels
//   put-all NS/NAME ...          several in one commit
//   fill NS COUNT                COUNT of them
//   put-namespace NAME PHASE
//   put-restore NS/NAME OPEN|DONE [KEY=VALUE]
//   delete NS/NAME
//   list PATH [QUERY]            one page. PATH: "snapshots", "snapshots/NS", "namespaces",
//                                "restores", "restores/NS", or any path within the cluster. "T1"
//                                ... "Tn" in the query stands for the token that a page or an
//                                expiry printed
//                                "fleet/PATH" is that path of all clusters
//   table PATH [QUERY]           the columns and the rows of a Table
//   sweep PATH [QUERY]           follows the tokens to the end
//   watch W PATH [QUERY]         begins a watch
//   accept W PATH TYPE [QUERY]   the same with that Accept header ("table", "metadata", ...)
//   read W COUNT                 its next events; fewer if it ends before
//   lines W COUNT                the same, as they come
//   skip W COUNT                 the first and the last of its next COUNT events, without the
//                                bookmarks that a slow machine gets between them
//   end W                        what is left until its end
//   advance DURATION             moves the store's clock
//   compact | restart | drop-cluster | revoke-key
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <memory>
#include <vector>

#include "api/kube/forms.h"
#include "api/kube/watch_client_testing.h"
#include "base/clock_testing.h"
#include "base/duration.h"
#include "base/text_cases_testing.h"
#include "json/cluster_annotations.h"

namespace snapgate::api::kube {
namespace {

using model::Kind;

std::pair<std::string, std::string> cut(const std::string& text, char at) {
    const size_t where = text.find(at);
    if (where == std::string::npos) return {text, ""};
    return {text.substr(0, where), text.substr(where + 1)};
}

std::string path_of(const std::string& word) {
    const std::string group = "/apis/snapshot.kubevirt.io/v1beta1";
    if (word == "snapshots") return group + "/virtualmachinesnapshots";
    if (word == "restores") return group + "/virtualmachinerestores";
    if (word.starts_with("restores/"))
        return group + "/namespaces/" + word.substr(9) + "/virtualmachinerestores";
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
    for (const Kind kind : {Kind::kSnapshot, Kind::kRestore}) {
        const std::string_view columns = table_columns(kind);
        if (const size_t at = line.find(columns); at != std::string::npos)
            line.replace(at, columns.size(), "(the columns)");
    }
    return line;
}

class Scenario {
  public:
    std::string run(const std::string& command) {
        std::vector<std::string> words = base::words_of(command);
        const std::string verb = words.at(0);
        words.erase(words.begin());
        if (verb == "put") return put(words);
        if (verb == "put-all") return put_all(words);
        if (verb == "fill") return fill(words.at(0), std::stoi(words.at(1)));
        if (verb == "put-restore") return put_restore(words);
        if (verb == "put-namespace") return put_namespace(words.at(0), words.at(1));
        if (verb == "cluster") return make_cluster(words.at(0), words.at(1));
        if (verb == "use") {
            current_ = words.at(0);
            return "ok\n";
        }
        if (verb == "list") return list(words);
        if (verb == "table") return table(words);
        if (verb == "sweep") return sweep(words);
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
    std::string put_namespace(const std::string& name, const std::string& phase) {
        return put_objects({make_namespace(name, phase)}, Kind::kNamespace);
    }
    std::string put_restore(const std::vector<std::string>& words) {
        const auto [ns, name] = cut(words.at(0), '/');
        std::string labels;
        if (words.size() > 2) {
            const auto [key, value] = cut(words[2], '=');
            labels = fmt::format(R"("labels":{{"{}":"{}"}},)", key, value);
        }
        return put_objects({make_restore(ns, name, labels, words.at(1) == "DONE")}, Kind::kRestore);
    }
    std::string put_objects(const std::vector<model::PreparedObject>& objects,
                            Kind kind = Kind::kSnapshot) {
        std::string out;
        service_.must([&](store::WriteTxn& txn) -> base::Result<void> {
            out.clear();
            for (const model::PreparedObject& object : objects) {
                SNAPGATE_ASSIGN(const model::Revision revision,
                                txn.put(number_of(kind), kind, object));
                out += fmt::format("@{}\n", revision);
            }
            return {};
        });
        return out;
    }
    std::string erase(const std::string& word) {
        const auto [ns, name] = cut(word, '/');
        service_.must([&](store::WriteTxn& txn) -> base::Result<void> {
            SNAPGATE_TRY(txn.erase(number_of(Kind::kSnapshot), Kind::kSnapshot, ns, name));
            return {};
        });
        return "ok\n";
    }
    std::string make_cluster(const std::string& uid, const std::string& name) {
        cluster::Cluster& made = clusters_[uid];
        service_.must([&](store::WriteTxn& txn) -> base::Result<void> {
            cluster::Cluster cluster;
            cluster.uid = uid;
            cluster.name = name;
            SNAPGATE_ASSIGN(made, service_.create(txn, std::move(cluster)));
            return {};
        });
        service_.reload();
        current_ = uid;
        return "ok\n";
    }
    model::ClusterNumber number_of(Kind kind) const {
        const auto made = clusters_.find(current_);
        return made == clusters_.end() ? service_.cluster(kind) : made->second.number_of(kind);
    }
    // What a GET gives: the status, and the body as JSON.
    std::pair<unsigned, json::Object> get(const std::string& path, const std::string& query,
                                          const std::string& headers = "") {
        const std::string fleet = "fleet/";
        const bool of_fleet = path.starts_with(fleet);
        net::RawConnection connection(service_.port());
        connection.send(fmt::format(
            "GET /clusters/{}{}{} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {}\r\n{}\r\n",
            of_fleet ? "-" : TestService::kCluster,
            path_of(of_fleet ? path.substr(fleet.size()) : path), query.empty() ? "" : "?" + query,
            service_.key(), headers));
        const auto answer = connection.read_answer();
        if (!answer) return {0, {}};
        auto body = json::parse(answer->body);
        if (!body || !body->is_object()) return {answer->status, {}};
        return {answer->status, std::move(body->get_object())};
    }
    std::string with_tokens(std::string query) const {
        for (size_t i = tokens_.size(); i > 0; --i) {
            const std::string name = fmt::format("continue=T{}", i);
            const size_t at = query.find(name);
            if (at != std::string::npos)
                query.replace(at, name.size(), "continue=" + tokens_[i - 1]);
        }
        return query;
    }
    std::string name_token(const std::string& token) {
        tokens_.push_back(token);
        return fmt::format(" continue T{}", tokens_.size());
    }
    static std::string name_of(const json::Value& item) {
        const json::Object& metadata = item.get_object().at("metadata").get_object();
        std::string name = text_of(metadata, "name");
        if (metadata.contains("namespace")) name = text_of(metadata, "namespace") + "/" + name;
        if (const auto* annotations = metadata.if_contains("annotations")) {
            const json::Object& all = annotations->get_object();
            name = fmt::format("{} ({}) {}", text_of(all, json::kClusterAnnotation),
                               text_of(all, json::kClusterUidAnnotation), name);
        }
        return name + " @" + text_of(metadata, "resourceVersion");
    }
    std::string refusal(unsigned status, const json::Object& body) {
        std::string out =
            fmt::format("{} {}: {}\n", status, text_of(body, "reason"), text_of(body, "message"));
        const auto* metadata = body.if_contains("metadata");
        if (metadata == nullptr || !metadata->is_object()) return out;
        const std::string token = text_of(metadata->get_object(), "continue");
        if (!token.empty()) out += "--" + name_token(token) + "\n";
        return out;
    }
    std::string list(const std::vector<std::string>& words) {
        const auto [status, body] =
            get(words.at(0), words.size() > 1 ? with_tokens(words[1]) : std::string());
        if (status != 200) return refusal(status, body);
        std::string out;
        for (const json::Value& item : body.at("items").get_array()) out += name_of(item) + "\n";
        const json::Object& metadata = body.at("metadata").get_object();
        out += "-- version " + text_of(metadata, "resourceVersion");
        const std::string remaining = text_of(metadata, "remainingItemCount");
        if (!remaining.empty()) out += " remaining " + remaining;
        const std::string token = text_of(metadata, "continue");
        return out + (token.empty() ? "" : name_token(token)) + "\n";
    }
    std::string table(const std::vector<std::string>& words) {
        const auto [status, body] = get(words.at(0), words.size() > 1 ? words[1] : "",
                                        "Accept: " + accept_of("table") + "\r\n");
        if (status != 200) return refusal(status, body);
        std::string out;
        for (const json::Value& column : body.at("columnDefinitions").get_array())
            out += text_of(column.get_object(), "name") + " ";
        out.back() = '\n';
        for (const json::Value& row : body.at("rows").get_array()) {
            out += json::serialize(row.get_object().at("cells"));
            out += " " + json::serialize(row.get_object().at("object")) + "\n";
        }
        return out;
    }
    // All pages as one line; each object must come once and in order.
    std::string sweep(const std::vector<std::string>& words) {
        const std::string query = words.size() > 1 ? words[1] : "";
        std::string token;
        std::string version;
        std::vector<std::string> names;
        for (size_t pages = 1;; ++pages) {
            std::string page = query;
            if (!token.empty()) page.append("&continue=").append(token);
            const auto [status, body] = get(words.at(0), page);
            if (status != 200) return refusal(status, body);
            for (const json::Value& item : body.at("items").get_array())
                names.push_back(name_of(item));
            const json::Object& metadata = body.at("metadata").get_object();
            const std::string shown = text_of(metadata, "resourceVersion");
            if (pages > 1 && shown != version) return "VERSION CHANGED WITHIN A LISTING\n";
            version = shown;
            token = text_of(metadata, "continue");
            if (!token.empty()) continue;
            for (size_t i = 1; i < names.size(); ++i) {
                if (cut(names[i - 1], '@').first >= cut(names[i], '@').first)
                    return "OUT OF ORDER: " + names[i] + "\n";
            }
            return fmt::format("{} objects on {} pages, version {}\n", names.size(), pages,
                               version);
        }
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
        std::string line;
        for (size_t i = 1; i < count;) {
            line = read(name, 1, false);
            if (line == "(ended)\n") break;
            if (!line.starts_with("BOOKMARK ")) ++i;
        }
        return first + line;
    }
    std::string end(const std::string& name) {
        WatchClient& watcher = *watchers_.at(name);
        std::string out;
        for (auto event = watcher.next(); event; event = watcher.next()) out += summary_of(*event);
        return out + (watcher.ended_well() ? "(ended)\n" : "(cut)\n");
    }

    base::TestClock clock_;
    TestService service_{clock_};
    std::map<std::string, std::unique_ptr<WatchClient>> watchers_;
    std::vector<std::string> tokens_;
    std::map<std::string, cluster::Cluster> clusters_;  // that were made, by uid
    std::string current_;                               // uid of the cluster that is written to
};

class KubeText : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(KubeText, GivesWhatTheFileSays) {
    Scenario scenario;
    base::run_text_cases(GetParam(),
                         [&](const std::string& command) { return scenario.run(command); });
}

INSTANTIATE_TEST_SUITE_P(Files, KubeText,
                         testing::ValuesIn(base::text_case_files(SNAPGATE_SOURCE_DIR
                                                                 "/src/api/kube/testdata")),
                         base::text_case_name);

}  // namespace
}  // namespace snapgate::api::kube
