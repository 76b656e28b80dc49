// Lists over a socket: what the client gets in each form, whole and in pieces.
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <thread>

#include "api/kube/watch_client_testing.h"
#include "base/clock_testing.h"
#include "json/yaml.h"

namespace snapgate::api::kube {
namespace {

using model::Kind;

constexpr std::string_view kAll = "/apis/snapshot.kubevirt.io/v1beta1/virtualmachinesnapshots";
constexpr std::string_view kTable = "Accept: application/json;as=Table;v=v1;g=meta.k8s.io\r\n";
constexpr std::string_view kMetadata =
    "Accept: application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io\r\n";
constexpr std::string_view kYaml = "Accept: application/yaml\r\n";

class ListTest : public testing::Test {
  protected:
    struct Answer {
        unsigned status = 0;
        std::string type;
        std::string body;
        bool chunked = false;
        bool whole = false;  // with the end that its framing promises
    };

    Answer ask(std::string_view target, std::string_view headers = {},
               std::string_view method = "GET") {
        net::RawConnection connection(service_.port());
        connection.send(fmt::format(
            "{} /clusters/{}{} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {}\r\n{}\r\n", method,
            TestService::kCluster, target, service_.key(), headers));
        auto read = connection.read_answer(method == "HEAD");
        if (!read) return {};
        Answer answer{read->status, std::string(read->header("Content-Type").value_or("")),
                      std::move(read->body), read->header("Transfer-Encoding") == "chunked", true};
        if (!answer.chunked || method == "HEAD") {
            connection.end_sending();
            EXPECT_EQ(connection.read_to_end(), "");
            return answer;
        }
        net::ChunkedBody chunks;
        while (chunks.state() == net::ChunkedBody::State::kReading) {
            std::string came = connection.take_received();
            if (came.empty()) {
                if (!connection.receive()) break;
                came = connection.take_received();
            }
            std::string_view rest(came);
            while (!rest.empty() && chunks.state() == net::ChunkedBody::State::kReading) {
                const net::ChunkedBody::Step step = chunks.next(rest);
                answer.body.append(step.piece);
                rest.remove_prefix(step.consumed);
            }
        }
        answer.whole = chunks.state() == net::ChunkedBody::State::kDone;
        return answer;
    }
    json::Value json_of(std::string_view target, std::string_view headers = {}) {
        const Answer answer = ask(target, headers);
        EXPECT_EQ(answer.status, 200U) << answer.body;
        EXPECT_TRUE(answer.whole);
        auto value = json::parse(answer.body);
        EXPECT_TRUE(value) << value.error().message;
        return value ? *value : json::Value();
    }
    static std::string names(const json::Value& items) {
        std::string out;
        for (const json::Value& item : items.get_array())
            out += std::string(item.at("metadata").at("name").get_string()) + " ";
        return out;
    }

    void put(std::string_view ns, std::string_view name,
             const std::map<std::string, std::string>& labels = {}) {
        service_.must([&](store::WriteTxn& txn) -> base::Result<void> {
            SNAPGATE_TRY(
                txn.put(service_.cluster(), Kind::kSnapshot, make_snapshot(ns, name, labels)));
            return {};
        });
    }
    // More than goes out as one answer.
    size_t fill() {
        constexpr size_t kObjects = 12'000;
        const std::string vm(200, 'v');
        for (size_t begin = 0; begin < kObjects; begin += 500) {
            service_.must([&](store::WriteTxn& txn) -> base::Result<void> {
                for (size_t i = begin; i < begin + 500; ++i) {
                    SNAPGATE_TRY(txn.put(service_.cluster(), Kind::kSnapshot,
                                         make_snapshot("many", fmt::format("o-{:05}", i), {}, vm)));
                }
                return {};
            });
        }
        return kObjects;
    }

    base::TestClock clock_;
    TestService service_{clock_};
};

TEST_F(ListTest, Objects) {
    put("a", "1", {{"k", "v"}});
    put("a", "2");
    put("b", "3");
    json::Value list = json_of(kAll);
    EXPECT_EQ(list.at("apiVersion"), "snapshot.kubevirt.io/v1beta1");
    EXPECT_EQ(list.at("kind"), "VirtualMachineSnapshotList");
    EXPECT_EQ(names(list.at("items")), "1 2 3 ");
    EXPECT_EQ(list.at("metadata").at("continue"), "");
    EXPECT_EQ(list.at("metadata").get_object().size(), 2U);

    list = json_of(std::string(kAll) + "?limit=2");
    EXPECT_EQ(names(list.at("items")), "1 2 ");
    EXPECT_EQ(list.at("metadata").at("remainingItemCount"), 1);
    const std::string token(list.at("metadata").at("continue").get_string());
    EXPECT_EQ(names(json_of(fmt::format("{}?limit=2&continue={}", kAll, token)).at("items")), "3 ");
    EXPECT_EQ(names(json_of(std::string(kAll) + "?labelSelector=k%3Dv").at("items")), "1 ");
    EXPECT_EQ(names(json_of(std::string(kAll) + "?fieldSelector=metadata.name%3D3").at("items")),
              "3 ");
    const json::Value old =
        json_of("/apis/snapshot.kubevirt.io/v1alpha1/namespaces/b/virtualmachinesnapshots");
    EXPECT_EQ(old.at("apiVersion"), "snapshot.kubevirt.io/v1alpha1");
    EXPECT_EQ(old.at("items").at(0).at("apiVersion"), "snapshot.kubevirt.io/v1alpha1");
}

TEST_F(ListTest, OtherForms) {
    put("a", "1");
    put("a", "2");
    const std::string two = std::string(kAll) + "?limit=1";
    const Answer table = ask(two, kTable);
    EXPECT_EQ(table.type, "application/json");
    // The metadata come first, as Go writes them.
    EXPECT_TRUE(table.body.starts_with(
        R"({"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":{"resourceVersion":")"));
    EXPECT_NE(table.body.find(R"(,"remainingItemCount":1},"columnDefinitions":[{"name":"Name")"),
              std::string::npos);
    const auto rows = json::parse(table.body);
    ASSERT_TRUE(rows);
    EXPECT_EQ(rows->at("rows").at(0).at("cells").at(0), "1");
    EXPECT_EQ(rows->at("rows").get_array().size(), 1U);

    const json::Value metadata = json_of(kAll, kMetadata);
    EXPECT_EQ(metadata.at("kind"), "PartialObjectMetadataList");
    EXPECT_EQ(names(metadata.at("items")), "1 2 ");
    EXPECT_EQ(metadata.at("metadata").get_object().size(), 1U);

    const json::Value namespaces = json_of("/api/v1/namespaces");
    EXPECT_EQ(namespaces.at("kind"), "NamespaceList");
    EXPECT_EQ(namespaces.at("apiVersion"), "v1");
    EXPECT_EQ(names(namespaces.at("items")), "default ");
    EXPECT_EQ(namespaces.at("items").at(0).get_object().if_contains("kind"), nullptr);
    const json::Value ages = json_of("/api/v1/namespaces", kTable);
    EXPECT_EQ(ages.at("rows").at(0).at("cells").at(1), "Active");
    EXPECT_EQ(ages.at("rows").at(0).at("object").at("metadata").at("name"), "default");
}

TEST_F(ListTest, YamlSaysTheSame) {
    put("a", "1", {{"k", "v"}});
    put("a", "2");
    for (const char* query : {"", "?limit=1", "?labelSelector=absent"}) {
        for (const std::string_view as : {"", ";as=Table;v=v1;g=meta.k8s.io",
                                          ";as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"}) {
            const std::string target = std::string(kAll) + query;
            const Answer yaml = ask(target, fmt::format("Accept: application/yaml{}\r\n", as));
            EXPECT_EQ(yaml.type, "application/yaml");
            auto value = json::parse_yaml(yaml.body);
            ASSERT_TRUE(value) << value.error().message << yaml.body;
            EXPECT_EQ(*value, json_of(target, fmt::format("Accept: application/json{}\r\n", as)))
                << yaml.body;
        }
    }
}

TEST_F(ListTest, ALargeListComesInPieces) {
    const size_t objects = fill();
    for (const std::string_view headers : {std::string_view(), kTable, kMetadata, kYaml}) {
        const Answer answer = ask(kAll, headers);
        EXPECT_EQ(answer.status, 200U);
        EXPECT_TRUE(answer.chunked);
        EXPECT_TRUE(answer.whole);
        if (headers == kYaml) {
            EXPECT_NE(answer.body.find("\nkind: VirtualMachineSnapshotList\n"), std::string::npos);
            EXPECT_NE(answer.body.find("\nmetadata:\n  continue: \"\"\n"), std::string::npos);
            continue;
        }
        auto list = json::parse(answer.body);
        ASSERT_TRUE(list) << list.error().message;
        const json::Value& items = list->at(headers == kTable ? "rows" : "items");
        EXPECT_EQ(items.get_array().size(), objects);
        EXPECT_TRUE(list->at("metadata").at("resourceVersion").is_string());
    }
    // A page that is large, too.
    const Answer page = ask(std::string(kAll) + "?limit=11900", kTable);
    EXPECT_TRUE(page.chunked);
    auto list = json::parse(page.body);
    ASSERT_TRUE(list);
    EXPECT_EQ(list->at("metadata").at("remainingItemCount"), 100);
    const std::string token(list->at("metadata").at("continue").get_string());
    EXPECT_EQ(json_of(fmt::format("{}?continue={}", kAll, token)).at("items").get_array().size(),
              100U);
    // A page that is not.
    EXPECT_FALSE(ask(std::string(kAll) + "?limit=100").chunked);
}

TEST_F(ListTest, Head) {
    put("a", "1");
    const Answer small = ask(kAll, {}, "HEAD");
    EXPECT_EQ(small.status, 200U);
    EXPECT_EQ(small.body, "");
    fill();
    const Answer large = ask(kAll, {}, "HEAD");
    EXPECT_EQ(large.status, 200U);
    EXPECT_TRUE(large.chunked);
    EXPECT_EQ(large.body, "");
}

TEST_F(ListTest, ASelectorThatLetsLittleThrough) {
    fill();
    put("z", "last", {{"k", "v"}});
    EXPECT_EQ(names(json_of(std::string(kAll) + "?labelSelector=k").at("items")), "last ");
}

TEST_F(ListTest, AVersionIsWaitedFor) {
    put("a", "1");
    const auto head = service_.store().read().head(service_.cluster());
    ASSERT_TRUE(head && *head);
    const std::string next = fmt::format("{}?resourceVersion={}", kAll, (*head)->revision + 1);
    auto waiting = std::async(std::launch::async, [&] { return json_of(next); });
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    put("a", "2");
    EXPECT_EQ(names(waiting.get().at("items")), "1 2 ");

    const Answer late = ask(fmt::format("{}?resourceVersion=999999", kAll));
    EXPECT_EQ(late.status, 504U);
    EXPECT_NE(late.body.find("Timeout: Too large resource version: 999999, current: "),
              std::string::npos);
}

TEST_F(ListTest, ErrorsAreStatuses) {
    for (const char* query :
         {"?limit=abc", "?limit=", "?limit", "?limit=99999999999999999999", "?timeoutSeconds=x",
          "?timeoutSeconds=", "?labelSelector=a%20b", "?fieldSelector=spec.x%3D1", "?continue=x",
          "?resourceVersion=x", "?resourceVersion=-1"}) {
        const Answer answer = ask(std::string(kAll) + query);
        EXPECT_EQ(answer.status, 400U) << query << answer.body;
        EXPECT_NE(answer.body.find(R"("reason":"BadRequest")"), std::string::npos) << answer.body;
    }
    for (const char* query :
         {"?resourceVersionMatch=Exact", "?resourceVersionMatch=Exact&resourceVersion=0",
          "?resourceVersionMatch=NotOlderThan&resourceVersion=1&continue=x",
          "?resourceVersionMatch=Other&resourceVersion=1", "?sendInitialEvents=true"}) {
        const Answer answer = ask(std::string(kAll) + query);
        EXPECT_EQ(answer.status, 422U) << query << answer.body;
        EXPECT_NE(answer.body.find(R"("group":"meta.k8s.io","kind":"ListOptions")"),
                  std::string::npos)
            << answer.body;
    }
    EXPECT_EQ(ask(kAll, "Accept: text/html\r\n").status, 406U);
}

// A flag without a value is set, as for kube-apiserver.
TEST_F(ListTest, FlagsAsGoReadsThem) {
    const std::string watch = std::string(kAll) + "?timeoutSeconds=1&";
    for (const char* set : {"watch=1", "watch=true", "watch", "watch=", "watch=no"})
        EXPECT_EQ(ask(watch + set).body.find("VirtualMachineSnapshotList"), std::string::npos)
            << set;
    for (const char* unset : {"watch=0", "watch=false", "watch=False", "watc=1"})
        EXPECT_NE(ask(watch + unset).body.find("VirtualMachineSnapshotList"), std::string::npos)
            << unset;
    EXPECT_EQ(ask(std::string(kAll) + "?sendInitialEvents=").status, 422U);
}

}  // namespace
}  // namespace snapgate::api::kube
