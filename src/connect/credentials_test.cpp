#include "connect/credentials.h"

#include <gtest/gtest.h>

#include "base/sealing.h"
#include "connect/source_testing.h"

namespace snapgate::connect {
namespace {

Connection connection() {
    Connection connection;
    connection.server = "https://edge";
    connection.token = "a-secret-token";
    return connection;
}

const CredentialSealer& sealer() {
    static const CredentialSealer sealer(std::string(base::kSealingKeyBytes, 'k'));
    return sealer;
}

TEST(Credentials, OpenWhereTheyWereSealedFor) {
    auto sealed = sealer().seal("edge", connection());
    ASSERT_TRUE(sealed) << sealed.error().message;
    EXPECT_EQ(sealed->find("secret"), std::string::npos);
    auto opened = sealer().open("edge", *sealed);
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_EQ(*opened, connection());
}

TEST(Credentials, OpenNowhereElse) {
    auto sealed = sealer().seal("edge", connection());
    ASSERT_TRUE(sealed) << sealed.error().message;
    const CredentialSealer other(std::string(base::kSealingKeyBytes, 'o'));
    for (const auto& opened :
         {sealer().open("core", *sealed), other.open("edge", *sealed), sealer().open("edge", "")}) {
        ASSERT_FALSE(opened);
        EXPECT_EQ(opened.error().code, base::Code::kUnauthorized);
        EXPECT_NE(opened.error().message.find("snapgate set kubeconfig"), std::string::npos);
    }
}

TEST(Credentials, HaveAKeyMadeWhenTheFirstAreSealed) {
    const std::string key(base::kSealingKeyBytes, 'm');
    int made = 0;
    bool there = false;
    const auto read = [&]() -> base::Result<std::string> {
        if (!there) return base::Error(base::Code::kNotFound, "no such file");
        return key;
    };
    const auto make = [&]() -> base::Result<std::string> {
        ++made;
        there = true;
        return key;
    };
    const CredentialSealer lazy(CredentialKey{read, make});
    auto missing = lazy.open("edge", "x");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, base::Code::kUnauthorized);
    EXPECT_NE(missing.error().message.find("no such file"), std::string::npos);
    EXPECT_EQ(made, 0);
    auto sealed = lazy.seal("edge", connection());
    ASSERT_TRUE(sealed) << sealed.error().message;
    EXPECT_TRUE(lazy.seal("edge", connection()));
    EXPECT_EQ(made, 1);
    EXPECT_TRUE(lazy.open("edge", *sealed));
    const CredentialSealer later(CredentialKey{read, make});
    EXPECT_TRUE(later.open("edge", *sealed));
    EXPECT_EQ(made, 1);
}

TEST(Credentials, AreNotSealedWithoutAKey) {
    const auto none = []() -> base::Result<std::string> {
        return base::Error(base::Code::kInternal, "no folder for the key");
    };
    const CredentialSealer sealer(CredentialKey{none, none});
    EXPECT_EQ(sealer.seal("edge", connection()).error().message, "no folder for the key");
}

TEST(Credentials, AreGivenToWhoConnects) {
    auto sealed = sealer().seal("edge", connection());
    ASSERT_TRUE(sealed) << sealed.error().message;
    StoredConnectionSource source(sealer(), "edge", *sealed, nullptr);
    auto got = current(source);
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_EQ(**got, connection());
    EXPECT_FALSE(source.refused());

    StoredConnectionSource moved(sealer(), "core", *sealed, nullptr);
    EXPECT_EQ(current(moved).error().code, base::Code::kUnauthorized);

    StoredConnectionSource given{connection()};
    EXPECT_EQ(**current(given), connection());
}

TEST(Credentials, AreReadAgainWhileTheyCannotBe) {
    auto sealed = sealer().seal("edge", connection());
    ASSERT_TRUE(sealed) << sealed.error().message;
    int reads = 0;
    bool there = false;
    const auto read = [&]() -> base::Result<std::string> {
        ++reads;
        if (!there) return base::Error(base::Code::kNotFound, "no such file");
        return std::string(base::kSealingKeyBytes, 'k');
    };
    const CredentialSealer lazy(CredentialKey{read, read});
    StoredConnectionSource source(lazy, "edge", *sealed, nullptr);
    EXPECT_FALSE(current(source));
    there = true;
    auto opened = current(source);
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_EQ(**opened, connection());
    const int needed = reads;
    EXPECT_EQ(*current(source), *opened);
    EXPECT_EQ(reads, needed);
}

}  // namespace
}  // namespace snapgate::connect
