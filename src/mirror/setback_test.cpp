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

}  // namespace
}  // namespace snapgate::mirror
