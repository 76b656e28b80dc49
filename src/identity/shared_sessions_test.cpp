#include "identity/shared_sessions.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "store/temporary_store_testing.h"

namespace snapgate::identity {
namespace {

using store::WriteTxn;

constexpr int64_t kHourMs = 3'600'000;

class SharedSessionsTest : public testing::Test {
  protected:
    void write(const store::WriteFunction& function) {
        const auto written = store_->write_and_wait(store::Priority::kRequest, function);
        ASSERT_TRUE(written) << written.error().message;
        ASSERT_TRUE(sessions_.reload(store_->read()));
        ASSERT_TRUE(other_.reload(store_->read()));
    }
    std::string begin(const std::string& key_id) {
        const auto made = sessions_.make({key_id}, "unused");
        write([&](WriteTxn& txn) { return sessions_.put(txn, made.session); });
        return made.secret;
    }
    size_t stored() { return store_->read().records(store::RecordType::kSession)->size(); }

    store::TemporaryStore store_;
    SharedSessions sessions_{store_.clock};
    SharedSessions other_{store_.clock};  // of another server
};

TEST_F(SharedSessionsTest, ASecretLeadsToItsKeyOnEveryServerUntilItsEnd) {
    const std::string first = begin("0123456789ab");
    const std::string second = begin("0123456789ab");
    EXPECT_NE(first, second);
    EXPECT_TRUE(first.starts_with("0123456789ab."));
    for (const SharedSessions* server : {&sessions_, &other_}) {
        const auto found = server->find(first);
        ASSERT_TRUE(found);
        EXPECT_EQ(found->key_id, "0123456789ab");
        EXPECT_EQ(found->sealed, "");
        EXPECT_FALSE(SharedSessions::token_of(*found, first));
        for (const std::string& wrong :
             {std::string(), first + "x", first.substr(1), std::string(1000, 'x')})
            EXPECT_FALSE(server->find(wrong)) << wrong;
    }
    write([&](WriteTxn& txn) { return SharedSessions::end(txn, first); });
    write([&](WriteTxn& txn) { return SharedSessions::end(txn, "of none"); });
    for (const SharedSessions* server : {&sessions_, &other_}) {
        EXPECT_FALSE(server->find(first));
        EXPECT_TRUE(server->find(second));
    }
}

TEST_F(SharedSessionsTest, NoSecretIsStored) {
    const std::string secret = begin("0123456789ab");
    const auto records = store_->read().records(store::RecordType::kSession);
    ASSERT_EQ(records->size(), 1U);
    EXPECT_EQ(records->at(0).second.find(secret.substr(13)), std::string::npos);
    EXPECT_EQ(records->at(0).first.find(secret.substr(13)), std::string::npos);
}

TEST_F(SharedSessionsTest, ATokenOpensWithTheSecretAlone) {
    StoredSession session;
    session.name = std::string(64, 'a');
    session.key_id = "oidc:alice";
    session.sealed = std::string("bytes\xff\0", 7);
    const auto read = StoredSession::parse(session.name, session.record());
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->sealed, session.sealed);
    EXPECT_EQ(read->key_id, session.key_id);
    EXPECT_FALSE(SharedSessions::token_of(*read, "any secret"));
}

TEST_F(SharedSessionsTest, AnIdleSessionEndsAndGoesWithTheNextThatBegins) {
    const std::string used = begin("a");
    const std::string idle = begin("b");
    for (int hour = 0; hour < 13; ++hour) {
        store_.clock.advance(kHourMs);
        const auto found = sessions_.find(used);
        ASSERT_TRUE(found) << hour;
        auto use = sessions_.use(*found);
        ASSERT_TRUE(use) << hour;
        write(*use);
        EXPECT_FALSE(sessions_.use(*sessions_.find(used))) << "it was noted just now";
    }
    EXPECT_FALSE(sessions_.find(idle));
    EXPECT_EQ(stored(), 2U);
    begin("c");
    EXPECT_EQ(stored(), 2U) << "the idle one is still there";
}

TEST_F(SharedSessionsTest, AUseDoesNotBringASessionBackThatWasEnded) {
    const std::string secret = begin("a");
    store_.clock.advance(kHourMs);
    auto use = sessions_.use(*sessions_.find(secret));
    ASSERT_TRUE(use);
    write([&](WriteTxn& txn) { return SharedSessions::end(txn, secret); });
    write(*use);
    EXPECT_FALSE(sessions_.find(secret));
}

TEST_F(SharedSessionsTest, TheOldestSessionOfAKeyMakesRoom) {
    const std::string other = begin("b");
    std::vector<std::string> secrets;
    for (size_t i = 0; i < Sessions::kMostOfKey; ++i) {
        secrets.push_back(begin("a"));
        store_.clock.advance(1000);
    }
    begin("a");
    EXPECT_EQ(stored(), Sessions::kMostOfKey + 1);
    EXPECT_FALSE(sessions_.find(secrets[0]));
    EXPECT_TRUE(sessions_.find(secrets[1]));
    EXPECT_TRUE(sessions_.find(other));
}

TEST_F(SharedSessionsTest, WhatIsNoSessionIsDamage) {
    for (const char* value : {"", "[]", "{}", R"({"key":"a"})", R"({"key":"a","usedMs":"1"})",
                              R"({"key":"a","usedMs":1,"sealed":"*"})", R"({"key":7,"usedMs":1})"})
        EXPECT_FALSE(StoredSession::parse("id", value)) << value;
}

}  // namespace
}  // namespace snapgate::identity
