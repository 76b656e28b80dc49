// Reads of a connected cluster, which come from its mirror: they speak of the cluster's own
// resource versions. Nobody follows the cluster here, so its mirror is shown as it was last.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/kube/watch_client_testing.h"
#include "base/clock_testing.h"

namespace snapgate::api::kube {
namespace {

using model::Kind;
using testing::HasSubstr;
using testing::Optional;

constexpr std::string_view kMirror = "mirror";
constexpr std::string_view kAll = "/apis/snapshot.kubevirt.io/v1beta1/virtualmachinesnapshots";
constexpr std::string_view kPalette = "/v1/spectroclusters/mirror/vms/snapshot";

class MirrorReadsTest : public testing::Test {
  protected:
    MirrorReadsTest() {
        service_.must([&](store::WriteTxn& txn) -> base::Result<void> {
            cluster::Cluster cluster;
            cluster.uid = cluster.name = kMirror;
            cluster.project = "0123456789abcdef01234567";
            cluster.sealed = "sealed";
            SNAPGATE_ASSIGN(cluster, cluster::create_connected(txn, cluster));
            cluster_ = cluster.number;
            return {};
        });
        service_.reload();
    }

    static model::PreparedObject object(std::string_view name, std::string_view version,
                                        std::string_view labels = "{}") {
        auto prepared = json::prepare_mirrored_snapshot(fmt::format(
            R"({{"metadata":{{"labels":{},"name":"{}","namespace":"ns","resourceVersion":"{}",)"
            R"("uid":"u"}},"spec":{{"source":{{"name":"vm"}}}}}})",
            labels, name, version));
        if (!prepared) throw std::runtime_error(prepared.error().message);
        return std::move(*prepared);
    }
    void put(std::string_view name, std::string_view version, std::string_view labels = "{}") {
        service_.must([&](store::WriteTxn& txn) -> base::Result<void> {
            SNAPGATE_TRY(
                txn.put(cluster_, Kind::kSnapshot, object(name, version, labels), version));
            return txn.set_list_version(cluster_, version);
        });
    }
    void erase(std::string_view name, std::string_view version) {
        service_.must([&](store::WriteTxn& txn) -> base::Result<void> {
            SNAPGATE_TRY(txn.erase(cluster_, Kind::kSnapshot, "ns", name));
            return txn.set_list_version(cluster_, version);
        });
    }
    // A list at 9'000 that holds a and b, and events behind it.
    void fill() {
        service_.must([&](store::WriteTxn& txn) -> base::Result<void> {
            SNAPGATE_TRY(txn.open_stage(cluster_));
            SNAPGATE_TRY(txn.put(cluster_, Kind::kSnapshot, object("a", "8001"), "8001"));
            SNAPGATE_TRY(txn.put(cluster_, Kind::kSnapshot, object("b", "8002"), "8002"));
            return txn.publish_stage(cluster_, "9000");
        });
        put("c", "9100");
        erase("a", "9200");
    }

    net::RawConnection::Answer ask(std::string_view path, std::string_view headers = {}) {
        net::RawConnection connection(service_.port());
        connection.send(
            fmt::format("GET {} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {}\r\n"
                        "ApiKey: {}\r\nConnection: close\r\n{}\r\n",
                        path, service_.key(), service_.key(), headers));
        auto answer = connection.read_answer();
        EXPECT_TRUE(answer);
        return answer ? std::move(*answer) : net::RawConnection::Answer{};
    }
    net::RawConnection::Answer list(std::string_view query, std::string_view headers = {}) {
        return ask(fmt::format("/clusters/{}{}{}", kMirror, kAll, query), headers);
    }
    // "version: name@version …"
    std::string listed(std::string_view query) {
        const auto answer = list(query);
        auto value = json::parse(answer.body);
        if (answer.status != 200 || !value) return fmt::format("{}", answer.status);
        std::string out(value->at_pointer("/metadata/resourceVersion").get_string());
        out += ":";
        for (const json::Value& item : value->at("items").get_array()) {
            const json::Object& metadata = item.at("metadata").get_object();
            out += " " + std::string(metadata.at("name").get_string());
            out += "@" + std::string(metadata.at("resourceVersion").get_string());
        }
        return out;
    }
    WatchClient watch(std::string_view query) {
        return WatchClient(service_, fmt::format("{}{}", kAll, query), {}, kMirror);
    }
    // "TYPE name@version", or the code of an error.
    static std::string shown(const std::optional<json::Object>& event) {
        if (!event) return "none";
        const std::string type(event->at("type").get_string());
        const json::Object& object = event->at("object").get_object();
        if (type == "ERROR") return fmt::format("ERROR {}", object.at("code").get_int64());
        const json::Object& metadata = object.at("metadata").get_object();
        std::string name;
        if (const json::Value* given = metadata.if_contains("name")) name = given->get_string();
        return fmt::format("{} {}@{}", type, name,
                           std::string_view(metadata.at("resourceVersion").get_string()));
    }

    base::TestClock clock_;
    TestService service_{clock_};
    model::ClusterNumber cluster_ = 0;
};

TEST_F(MirrorReadsTest, WhatWasNeverSyncedIsUnavailable) {
    const auto kube = list("");
    EXPECT_EQ(kube.status, 503U);
    EXPECT_THAT(kube.body, HasSubstr("\"kind\":\"Status\""));
    EXPECT_TRUE(kube.header("Retry-After"));
    const auto palette = ask(kPalette);
    EXPECT_EQ(palette.status, 503U);
    EXPECT_THAT(palette.body, HasSubstr("\"ClusterUnavailable\""));
    EXPECT_TRUE(palette.header("Retry-After"));
    EXPECT_EQ(ask(fmt::format("/clusters/{}{}?watch=1", kMirror, kAll)).status, 503U);
}

TEST_F(MirrorReadsTest, ListsCarryTheClustersVersions) {
    fill();
    EXPECT_EQ(listed(""), "9200: b@8002 c@9100");
    EXPECT_EQ(listed("?resourceVersion=0"), "9200: b@8002 c@9100");
    EXPECT_EQ(listed("?resourceVersion=9100&resourceVersionMatch=Exact"),
              "9100: a@8001 b@8002 c@9100");
    EXPECT_EQ(listed("?resourceVersion=9000&resourceVersionMatch=Exact"), "9000: a@8001 b@8002");
    EXPECT_EQ(listed("?resourceVersion=9000&limit=1"), "9000: a@8001") << "exact for old clients";
    EXPECT_EQ(listed("?resourceVersion=9050&resourceVersionMatch=Exact"), "410");
    EXPECT_EQ(listed("?resourceVersion=opaque"), "410");
    EXPECT_EQ(listed("?resourceVersion=a%20b"), "400");
    EXPECT_EQ(listed("?resourceVersion=9050&resourceVersionMatch=NotOlderThan"),
              "9200: b@8002 c@9100");
    EXPECT_EQ(listed("?resourceVersion=9000"), "9200: b@8002 c@9100");
    const auto palette = ask(kPalette);
    EXPECT_THAT(palette.body, HasSubstr(R"("resourceVersion":"9200")"));
    const auto old = ask(fmt::format(
        "/clusters/{}/apis/snapshot.kubevirt.io/v1alpha1/namespaces/ns/virtualmachinesnapshots/b",
        kMirror));
    EXPECT_EQ(old.status, 200U);
    EXPECT_THAT(old.body, HasSubstr("snapshot.kubevirt.io/v1alpha1"));
}

TEST_F(MirrorReadsTest, PagesGoOnAtTheirVersion) {
    fill();
    auto first = json::parse(list("?limit=1").body);
    ASSERT_TRUE(first);
    const std::string token(first->at_pointer("/metadata/continue").get_string());
    put("d", "9300");
    EXPECT_EQ(listed("?limit=5&continue=" + token), "9200: c@9100");
    EXPECT_EQ(listed("?resourceVersion=9200&continue=" + token), "400");
}

TEST_F(MirrorReadsTest, AWatchGoesOnFromAnyOfItsVersions) {
    fill();
    WatchClient from_list = watch("?resourceVersion=9000");
    EXPECT_EQ(shown(from_list.next()), "ADDED c@9100");
    EXPECT_EQ(shown(from_list.next()), "DELETED a@9200") << "as of when it went";
    put("d", "9300");
    EXPECT_EQ(shown(from_list.next()), "ADDED d@9300");
    WatchClient from_event = watch("?resourceVersion=9100");
    EXPECT_EQ(shown(from_event.next()), "DELETED a@9200");
    EXPECT_EQ(shown(watch("?resourceVersion=9050").next()), "ERROR 410");
    EXPECT_EQ(shown(watch("?resourceVersion=opaque").next()), "ERROR 410");
    EXPECT_EQ(shown(watch("?resourceVersion=99999").next()), "ERROR 410");
}

TEST_F(MirrorReadsTest, AVersionThatIsAheadIsWaitedFor) {
    fill();
    service_.must([&](store::WriteTxn& txn) { return txn.set_list_version(cluster_, "9210"); });
    WatchClient ahead = watch("?resourceVersion=9300&timeoutSeconds=20");
    put("d", "9300");
    put("e", "9400");
    EXPECT_EQ(shown(ahead.next()), "ADDED e@9400");
}

TEST_F(MirrorReadsTest, TheStateComesFirstWhereItIsAskedFor) {
    fill();
    WatchClient watched = watch(
        "?sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
        "&resourceVersion=9050");
    EXPECT_EQ(shown(watched.next()), "ADDED b@8002");
    EXPECT_EQ(shown(watched.next()), "ADDED c@9100");
    const auto mark = watched.next();
    EXPECT_EQ(shown(mark), "BOOKMARK @9200");
    service_.must([&](store::WriteTxn& txn) { return txn.set_list_version(cluster_, "9250"); });
    EXPECT_EQ(shown(watched.next()), "BOOKMARK @9250") << "the next in its rhythm";
}

TEST_F(MirrorReadsTest, WhatAStageDeletesGoesUnderItsVersion) {
    fill();
    WatchClient watched = watch("?resourceVersion=9200");
    service_.must([&](store::WriteTxn& txn) -> base::Result<void> {
        SNAPGATE_TRY(txn.open_stage(cluster_));
        SNAPGATE_TRY(txn.erase(cluster_, Kind::kSnapshot, "ns", "b"));
        SNAPGATE_TRY(txn.erase(cluster_, Kind::kSnapshot, "ns", "c"));
        return txn.publish_stage(cluster_, "9500");
    });
    EXPECT_EQ(shown(watched.next()), "DELETED b@9500");
    EXPECT_EQ(shown(watched.next()), "DELETED c@9500");
}

TEST_F(MirrorReadsTest, WhatLeavesASelectionHasTheVersionOfTheChange) {
    fill();
    put("d", "9300", R"({"app":"x"})");
    WatchClient watched = watch("?resourceVersion=9300&labelSelector=app%3Dx");
    put("d", "9400", R"({"app":"y"})");
    EXPECT_EQ(shown(watched.next()), "DELETED d@9400");
}

TEST_F(MirrorReadsTest, StalenessIsTold) {
    fill();
    clock_.advance(42'000);
    const auto palette = ask(kPalette);
    EXPECT_EQ(palette.status, 200U);
    EXPECT_THAT(palette.header("Age"), Optional(std::string_view("42")));
    EXPECT_THAT(palette.header("Warning"),
                Optional(std::string_view("110 - \"Response is Stale\"")));
    const std::string etag(palette.header("ETag").value_or(""));
    clock_.advance(1'000);
    const auto unchanged = ask(kPalette, "If-None-Match: " + etag + "\r\n");
    EXPECT_EQ(unchanged.status, 304U);
    EXPECT_THAT(unchanged.header("Age"), Optional(std::string_view("43")));
    EXPECT_TRUE(unchanged.header("Warning"));
    EXPECT_EQ(ask(kPalette, "Cache-Control: max-age=43\r\n").status, 200U);
    const auto refused = ask(kPalette, "Cache-Control: max-age=42\r\n");
    EXPECT_EQ(refused.status, 504U);
    EXPECT_THAT(refused.body, HasSubstr("\"ClusterTimeout\""));

    const std::string one =
        "/clusters/mirror/apis/snapshot.kubevirt.io/v1beta1/namespaces/ns/virtualmachinesnapshots/"
        "b";
    const std::string watched = fmt::format("/clusters/{}{}?watch=1", kMirror, kAll);
    for (const std::string& path : {fmt::format("/clusters/{}{}", kMirror, kAll), one, watched}) {
        const auto kube = ask(path);
        EXPECT_EQ(kube.status, 200U) << path;
        EXPECT_THAT(kube.header("Age"), Optional(std::string_view("43"))) << path;
        EXPECT_THAT(std::string(kube.header("Warning").value_or("")),
                    HasSubstr("299 - \"cluster mirror is Pending"))
            << path;
        EXPECT_EQ(ask(path, "Cache-Control: max-age=0\r\n").status, 504U) << path;
    }
    const auto object = ask("/v1/spectroclusters/mirror/vms/vm/snapshot/b?namespace=ns");
    EXPECT_EQ(object.status, 200U);
    EXPECT_TRUE(object.header("Warning"));
}

}  // namespace
}  // namespace snapgate::api::kube
