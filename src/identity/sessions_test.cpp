#include "identity/sessions.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock_testing.h"

namespace snapgate::identity {
namespace {

class SessionsTest : public testing::Test {
  protected:
    std::optional<std::string> key_of(std::string_view secret) {
        const auto found = sessions_.find(secret);
        if (!found) return std::nullopt;
        EXPECT_EQ(found->caller, nullptr);
        return found->key_id;
    }

    base::TestClock clock_;
    Sessions sessions_{clock_};
};

TEST_F(SessionsTest, ASecretLeadsToItsKeyUntilItsEnd) {
    const std::string first = sessions_.begin({"0123456789ab"});
    const std::string second = sessions_.begin({"0123456789ab"});
    EXPECT_NE(first, second);
    EXPECT_EQ(key_of(first), "0123456789ab");
    sessions_.end(first);
    EXPECT_EQ(key_of(first), std::nullopt);
    EXPECT_EQ(key_of(second), "0123456789ab");
}

TEST_F(SessionsTest, WhatIsNoSecretLeadsNowhere) {
    const std::string secret = sessions_.begin({"0123456789ab"});
    std::string changed = secret;
    changed.back() = changed.back() == 'A' ? 'B' : 'A';
    const std::string random = secret.substr(secret.find('.') + 1);
    for (const std::string& wrong :
         {std::string(), std::string("."), std::string("0123456789ab"),
          std::string("0123456789ab."), changed, secret + "A", random, "fedcba987654." + random,
          "0123456789ab." + std::string(1'000'000, 'A')}) {
        EXPECT_EQ(key_of(wrong), std::nullopt) << wrong.substr(0, 80);
        sessions_.end(wrong);
    }
    EXPECT_EQ(key_of(secret), "0123456789ab");
}

TEST_F(SessionsTest, ASessionThatIsNotUsedEnds) {
    const std::string used = sessions_.begin({"a"});
    const std::string idle = sessions_.begin({"b"});
    clock_.advance(Sessions::kIdleMs - 1);
    EXPECT_EQ(key_of(used), "a");
    clock_.advance(1);
    EXPECT_EQ(key_of(used), "a");
    EXPECT_EQ(key_of(idle), std::nullopt);
    sessions_.begin({"c"});
    EXPECT_EQ(sessions_.count(), 2U);
}

TEST_F(SessionsTest, AKeyHasABoundedNumberAndTakesNoneFromOthers) {
    const std::string other = sessions_.begin({"b"});
    std::vector<std::string> secrets;
    for (size_t i = 0; i < Sessions::kMostOfKey; ++i) {
        secrets.push_back(sessions_.begin({"a"}));
        clock_.advance(1);
    }
    EXPECT_EQ(key_of(secrets[0]), "a");
    clock_.advance(1);
    sessions_.begin({"a"});
    EXPECT_EQ(sessions_.count(), Sessions::kMostOfKey + 1);
    EXPECT_EQ(key_of(secrets[0]), "a");
    EXPECT_EQ(key_of(secrets[1]), std::nullopt);
    EXPECT_EQ(key_of(other), "b");
}

}  // namespace
}  // namespace snapgate::identity
