// Field selectors over a socket: phases of namespaces, and what no name can be.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "api/kube/watch_client_testing.h"
#include "base/clock_testing.h"
#include "json/object.h"

namespace snapgate::api::kube {
namespace {

using model::Kind;
using testing::HasSubstr;

constexpr std::string_view kNamespaces = "/api/v1/namespaces";
constexpr std::string_view kSnapshots =
    "/apis/snapshot.kubevirt.io/v1beta1/virtualmachinesnapshots";

class FieldSelectorTest : public testing::Test {
  protected:
    void put(Kind kind, const model::PreparedObject& object) {
        service_.must([&](store::WriteTxn& txn) -> base::Result<void> {
            SNAPGATE_TRY(txn.put(service_.cluster(), kind, object));
            return {};
        });
    }
    // A snapshot in it that a finalizer holds keeps a namespace that is going from being swept
    // away.
    void hold(std::string_view ns) {
        auto held = json::prepare_snapshot(
            fmt::format(R"({{"apiVersion":"snapshot.kubevirt.io/v1beta1",)"
                        R"("kind":"VirtualMachineSnapshot","metadata":{{"name":"held",)"
                        R"("namespace":"{}","finalizers":["a.example/b"]}},"spec":{{"source":)"
                        R"({{"apiGroup":"kubevirt.io","kind":"VirtualMachine","name":"vm"}}}}}})",
                        ns),
            {.uid = "6f4b2a52-3c3c-4b38-9c8a-2f6b7a1d5e90",
             .creation_timestamp = "2026-11-04T14:19:06Z"});
        ASSERT_TRUE(held) << held.error().message;
        put(Kind::kSnapshot, held->object);
    }
    std::string answer(std::string_view method, std::string_view target, unsigned status = 200) {
        net::RawConnection connection(service_.port());
        connection.send(
            fmt::format("{} /clusters/{}{} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {}\r\n\r\n",
                        method, TestService::kCluster, target, service_.key()));
        auto read = connection.read_answer();
        EXPECT_TRUE(read) << target;
        if (!read) return {};
        EXPECT_EQ(read->status, status) << target << read->body;
        return read->body;
    }
    std::string names(std::string_view target) {
        auto list = json::parse(answer("GET", target));
        EXPECT_TRUE(list);
        std::string out;
        if (!list) return out;
        for (const json::Value& item : list->at("items").get_array())
            out += std::string(item.at("metadata").at("name").get_string()) + " ";
        return out;
    }
    // "TYPE name", or "" at the end.
    static std::string next(WatchClient& watch) {
        auto event = watch.next();
        if (!event) return {};
        const json::Value& object = event->at("object");
        std::string out(event->at("type").get_string());
        if (const auto* metadata = object.get_object().if_contains("metadata")) {
            if (const auto* name = metadata->get_object().if_contains("name"))
                out += " " + std::string(name->get_string());
        }
        return out;
    }

    base::TestClock clock_;
    TestService service_{clock_};
};

TEST_F(FieldSelectorTest, NamespacesByTheirPhase) {
    hold("ending");
    put(Kind::kNamespace, make_namespace("ending", "Terminating"));
    put(Kind::kNamespace, make_namespace("web", "Active"));
    const std::string list = std::string(kNamespaces) + "?fieldSelector=";
    EXPECT_EQ(names(list + "status.phase%3DTerminating"), "ending ");
    EXPECT_THAT(names(list + "status.phase%3DActive"), HasSubstr("web "));
    EXPECT_THAT(names(list + "status.phase%3DActive"), testing::Not(HasSubstr("ending")));
    EXPECT_EQ(names(list + "status.phase%3DActive,metadata.name%3Dweb"), "web ");
    EXPECT_EQ(names(list + "status.phase%3DActive,metadata.name%3Dending"), "");
    EXPECT_THAT(answer("GET", list + "metadata.namespace%3Dx", 400),
                HasSubstr("field label not supported: metadata.namespace"));
    EXPECT_THAT(
        answer("GET", std::string(kSnapshots) + "?fieldSelector=status.phase%3DActive", 400),
        HasSubstr("field label not supported: status.phase"));
}

TEST_F(FieldSelectorTest, ANamespaceCrossesFromPhaseToPhase) {
    hold("web");
    hold("zoo");
    put(Kind::kNamespace, make_namespace("web", "Active"));
    put(Kind::kNamespace, make_namespace("zoo", "Terminating"));
    const auto path = [](std::string_view phase) {
        return fmt::format("{}?fieldSelector=metadata.name%21%3Ddefault,status.phase%3D{}",
                           kNamespaces, phase);
    };
    WatchClient active(service_, path("Active"));
    WatchClient ending(service_, path("Terminating"));
    EXPECT_EQ(next(active), "ADDED web");
    EXPECT_EQ(next(ending), "ADDED zoo");
    put(Kind::kNamespace, make_namespace("web", "Terminating"));
    EXPECT_EQ(next(active), "DELETED web");
    EXPECT_EQ(next(ending), "ADDED web");
    service_.must([&](store::WriteTxn& txn) -> base::Result<void> {
        SNAPGATE_TRY(txn.erase(service_.cluster(), Kind::kNamespace, "", "web"));
        return {};
    });
    put(Kind::kNamespace, make_namespace("yak", "Active"));
    EXPECT_EQ(next(ending), "DELETED web");
    EXPECT_EQ(next(active), "ADDED yak");
}

TEST_F(FieldSelectorTest, WhatNoNameCanBeSelectsNothing) {
    put(Kind::kSnapshot, make_snapshot("ns", "one"));
    const std::string longer(300, 'x');
    const std::string within =
        "/apis/snapshot.kubevirt.io/v1beta1/namespaces/{}/virtualmachinesnapshots";
    const std::string all(kSnapshots);
    for (const std::string& target :
         {fmt::format("{}?fieldSelector=metadata.name%3D{}", all, longer),
          fmt::format("{}?fieldSelector=metadata.namespace%3D{}", all, longer),
          fmt::format(fmt::runtime(within), longer),
          fmt::format(fmt::runtime(within), "ns") + "?fieldSelector=metadata.name%3D" + longer,
          std::string(kNamespaces) + "?fieldSelector=metadata.name%3D" + longer}) {
        EXPECT_EQ(names(target), "") << target;
        WatchClient watch(service_, target + (target.find('?') != std::string::npos ? "&" : "?") +
                                        "timeoutSeconds=1");
        EXPECT_EQ(watch.status(), 200U) << target;
        EXPECT_EQ(watch.next_line(), std::nullopt) << target;
        EXPECT_TRUE(watch.ended_well()) << target;
    }
    EXPECT_THAT(answer("DELETE", fmt::format(fmt::runtime(within), longer)),
                HasSubstr(R"("items":[])"));
    EXPECT_THAT(answer("DELETE", fmt::format(fmt::runtime(within), "ns") +
                                     "?fieldSelector=metadata.name%3D" + longer),
                HasSubstr(R"("items":[])"));
    EXPECT_EQ(names(all), "one ");
}

}  // namespace
}  // namespace snapgate::api::kube
