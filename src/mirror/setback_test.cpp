#include "mirror/setback.h"

#include <gtest/gtest.h>

namespace snapgate::mirror {
namespace {

TEST(Setback, OfAClientCertificateThatHasExpired) {
    const base::Error expired(base::Code::kInvalidParameter, "it has expired",
                              "client-certificate");
    const Setback setback = setback_of(expired);
    EXPECT_EQ(setback.state, MirrorState::kUnauthorized);
    EXPECT_EQ(setback.reason, "ClientCertificateExpired");
    EXPECT_NE(setback.message.find("it has expired"), std::string::npos);
    EXPECT_NE(setback.message.find("set kubeconfig"), std::string::npos);
}

TEST(Setback, OfAnotherFaultOfTheConnection) {
    const Setback setback =
        setback_of(base::Error(base::Code::kInvalidParameter, "it is no URL", "server"));
    EXPECT_EQ(setback.state, MirrorState::kFailing);
    EXPECT_EQ(setback.reason, "ConnectionInvalid");
    EXPECT_EQ(setback.message, "it is no URL");
}

TEST(Setback, AVersionThatIsGoneOrTooLargeHasManyForms) {
    const auto next_of = [](unsigned code, const std::string& members) {
        net::ClientResponse answer;
        answer.status = code;
        answer.body = R"({"kind":"Status")" + members + "}";
        return setback_of(answer).next;
    };
    const std::string large = R"(,"message":"Timeout: Too large resource version: 7, current: 5")";
    EXPECT_EQ(next_of(410, ""), Setback::Next::kRelist);
    EXPECT_EQ(next_of(400, R"(,"reason":"Expired")"), Setback::Next::kRelist);
    EXPECT_EQ(next_of(500, R"(,"reason":"Gone")"), Setback::Next::kRelist);
    EXPECT_EQ(next_of(500, R"(,"message":"mvcc: required revision has been compacted")"),
              Setback::Next::kRelist);
    EXPECT_EQ(next_of(504, large), Setback::Next::kRelistNewest);
    EXPECT_EQ(next_of(500, large), Setback::Next::kRelistNewest);
    EXPECT_EQ(next_of(504, R"(,"details":{"causes":[{"message":"Too large resource version"}]})"),
              Setback::Next::kRelistNewest);
    EXPECT_EQ(next_of(504, R"(,"details":{"causes":[{"reason":"ResourceVersionTooLarge"}]})"),
              Setback::Next::kRelistNewest);
    EXPECT_EQ(next_of(504, ""), Setback::Next::kSame);
    EXPECT_EQ(next_of(500, R"(,"message":"etcdserver: no leader")"), Setback::Next::kSame);
}

TEST(Setback, SaysWhatTheAnswerIs) {
    const auto message = [](unsigned code, std::string_view reason) {
        return setback_of_status(code, reason, "", false).message;
    };
    EXPECT_NE(message(307, "").find("redirects are not followed"), std::string::npos);
    EXPECT_NE(message(403, "Forbidden").find("print rbac"), std::string::npos);
    EXPECT_EQ(message(403, "").find("print rbac"), std::string::npos);
    EXPECT_EQ(message(0, "Expired"), "the cluster sent an error");
}

}  // namespace
}  // namespace snapgate::mirror
