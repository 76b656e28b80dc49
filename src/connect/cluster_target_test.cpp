#include "connect/cluster_target.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "connect/credentials.h"

namespace snapgate::connect {
namespace {

std::shared_ptr<const Connection> connection(const std::string& token,
                                             const std::string& server = "https://127.0.0.1:6443") {
    Connection made;
    made.server = server;
    made.token = token;
    return std::make_shared<const Connection>(std::move(made));
}

TEST(ClusterTarget, IsSharedByAllWhoUseAConnection) {
    StoredConnectionSource source{Connection{}};
    const auto first = connection("one");
    const auto made = source.target_of(first);
    ASSERT_TRUE(made);
    EXPECT_EQ((*made)->authorization, "Bearer one");
    EXPECT_EQ(*source.target_of(first), *made);
}

TEST(ClusterTarget, IsAnotherOneForAnotherConnection) {
    StoredConnectionSource source{Connection{}};
    const auto first = connection("one");
    const auto second = connection("one");
    const auto made = source.target_of(first);
    const auto other = source.target_of(second);
    ASSERT_TRUE(made && other);
    EXPECT_NE((*other)->server, (*made)->server);
    // One that cannot be called changes nothing.
    EXPECT_FALSE(source.target_of(connection("one", "nowhere")));
    EXPECT_EQ(*source.target_of(second), *other);
}

TEST(ClusterTarget, AsksForAnswersThatAreNotCompressed) {
    const auto target = ClusterTarget::make(*connection("one"), nullptr);
    ASSERT_TRUE(target);
    const net::ClientRequest sent = target->as_sent({}, "server");
    const std::pair<std::string, std::string> wanted{"Accept-Encoding", "identity"};
    EXPECT_NE(std::ranges::find(sent.headers, wanted), sent.headers.end());
}

TEST(ClusterTarget, SaysThatAnAnswerIsCompressedAllTheSame) {
    net::ClientResponse answer;
    EXPECT_TRUE(check_readable(answer));
    answer.headers = {{"content-encoding", "Identity"}};
    EXPECT_TRUE(check_readable(answer));
    answer.headers = {{"Content-Encoding", "gzip"}};
    const auto refused = check_readable(answer);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().subject, kAnswerCompressed);
    EXPECT_NE(refused.error().message.find("Content-Encoding: \"gzip\""), std::string::npos)
        << refused.error().message;
}

}  // namespace
}  // namespace snapgate::connect
