#include "api/kube/protobuf.h"

#include <gmock/gmock.h>

#include <string>

namespace snapgate::api::kube {
namespace {

using testing::HasSubstr;

std::string varint(uint64_t value) {
    std::string out;
    for (; value >= 0x80; value >>= 7U) out += static_cast<char>((value & 0x7fU) | 0x80U);
    return out += static_cast<char>(value);
}

std::string bytes(uint64_t number, const std::string& content) {
    return varint(number << 3U | 2U) + varint(content.size()) + content;
}

std::string number(uint64_t field, uint64_t value) {
    return varint(field << 3U) + varint(value);
}

std::string envelope(const std::string& version, const std::string& kind, const std::string& raw) {
    return std::string("k8s\0", 4) + bytes(1, bytes(1, version) + bytes(2, kind)) + bytes(2, raw) +
           bytes(3, "") + bytes(4, "");
}

std::string told_of(const std::string& body) {
    auto object = read_protobuf(body);
    return object ? json::serialize(*object) : object.error().message;
}

TEST(ProtobufTest, ANamespaceAsKubectlSendsIt) {
    std::string labels =
        bytes(11, bytes(1, "team") + bytes(2, "a")) + bytes(11, bytes(1, "empty") + bytes(2, ""));
    std::string metadata = bytes(1, "web") + bytes(2, "") + bytes(3, "") + bytes(8, "") +
                           number(7, 0) + labels + bytes(14, "example.com/hold");
    EXPECT_EQ(
        told_of(envelope("v1", "Namespace",
                         bytes(1, metadata) + bytes(2, "") + bytes(3, bytes(1, "")))),
        R"({"metadata":{"name":"web","labels":{"team":"a","empty":""},)"
        R"("finalizers":["example.com/hold"]},"spec":{},"apiVersion":"v1","kind":"Namespace"})");
}

TEST(ProtobufTest, AReviewOfAccess) {
    std::string attributes =
        bytes(1, "web") + bytes(2, "delete") + bytes(3, "snapshot.kubevirt.io") + bytes(5, "x");
    EXPECT_EQ(told_of(envelope("authorization.k8s.io/v1", "SelfSubjectAccessReview",
                               bytes(1, "") + bytes(2, bytes(1, attributes)))),
              R"({"metadata":{},"spec":{"resourceAttributes":{"namespace":"web","verb":"delete",)"
              R"("group":"snapshot.kubevirt.io","resource":"x"}},)"
              R"("apiVersion":"authorization.k8s.io/v1","kind":"SelfSubjectAccessReview"})");
}

TEST(ProtobufTest, OptionsOfADeletion) {
    EXPECT_EQ(told_of(envelope("v1", "DeleteOptions",
                               number(1, 30) + bytes(2, bytes(1, "u")) + number(3, 1) +
                                   bytes(4, "Background") + bytes(5, "All"))),
              R"({"gracePeriodSeconds":30,"preconditions":{"uid":"u"},"orphanDependents":true,)"
              R"("propagationPolicy":"Background","dryRun":["All"],)"
              R"("apiVersion":"v1","kind":"DeleteOptions"})");
}

TEST(ProtobufTest, WhatIsNoMessageIsRefused) {
    const std::string whole = envelope("v1", "Namespace", bytes(1, bytes(1, "web")));
    EXPECT_THAT(told_of(""), HasSubstr("no message"));
    EXPECT_THAT(told_of("{}"), HasSubstr("no message"));
    EXPECT_THAT(told_of(envelope("v1", "Pod", "")), HasSubstr("\"Pod\" is not taken"));
    // Cut off anywhere within the envelope's fields it says less, or nothing, but never reads on.
    for (size_t size = 0; size < whole.size(); ++size) {
        auto object = read_protobuf(whole.substr(0, size));
        if (object) EXPECT_LE(json::serialize(*object).size(), told_of(whole).size());
    }
    // A length beyond the end, a number that never ends, a group, a field of another type.
    for (const std::string& raw : {std::string("\x0a\xff\x01"), std::string(20, '\xff'),
                                   std::string("\x0b"), number(1, 5)}) {
        EXPECT_THAT(told_of(envelope("v1", "Namespace", raw)), HasSubstr("no message"));
    }
}

}  // namespace
}  // namespace snapgate::api::kube
