#include "query/token_signer.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "base/temporary_folder_testing.h"
#include "query/continue_token.h"
#include "query/event_id.h"
#include "query/fleet_token.h"

namespace snapgate::query {
namespace {

constexpr size_t kMostBytes = 100;

TEST(TokenSignerTest, TokensOfAnEarlierKeyAreKnownAndNoneIsMadeWithIt) {
    constexpr size_t kMost = 200;
    const TokenSigner earlier(std::string(32, 'e'));
    const TokenSigner signer(std::string(32, 'k'), earlier);
    EXPECT_EQ(signer.unseal(earlier.seal("shown"), kMost), "shown");
    EXPECT_EQ(signer.unseal_hidden(earlier.seal_hidden("hidden"), kMost), "hidden");
    EXPECT_FALSE(earlier.unseal(signer.seal("shown"), kMost));
    EXPECT_FALSE(earlier.unseal_hidden(signer.seal_hidden("hidden"), kMost));
    const TokenSigner alone(std::string(32, 'k'));
    EXPECT_EQ(alone.unseal(signer.seal("shown"), kMost), "shown");
    const TokenSigner other(std::string(32, 'o'));
    EXPECT_FALSE(signer.unseal(other.seal("shown"), kMost));
}

TEST(TokenSignerTest, ReadsWhatItSealedAlone) {
    const TokenSigner signer(std::string(32, 'k'));
    const std::string open = signer.seal("bytes");
    const std::string hidden = signer.seal_hidden("bytes");
    EXPECT_EQ(signer.unseal(open, kMostBytes), "bytes");
    EXPECT_EQ(signer.unseal_hidden(hidden, kMostBytes), "bytes");
    EXPECT_FALSE(signer.unseal(hidden, kMostBytes));
    EXPECT_FALSE(signer.unseal_hidden(open, kMostBytes));
    EXPECT_FALSE(signer.unseal(open, open.size() - 1));
    EXPECT_FALSE(signer.unseal_hidden(hidden, hidden.size() - 1));
}

TEST(TokenSignerTest, TheKeyIsKeptAndGuarded) {
    const base::TemporaryFolder folder;
    const std::filesystem::path file = folder.path() / "token.key";
    auto first = TokenSigner::open(file);
    ASSERT_TRUE(first);
    EXPECT_EQ(std::filesystem::status(file).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    auto again = TokenSigner::open(file);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->unseal(first->seal("bytes"), kMostBytes), "bytes");
    std::filesystem::permissions(file, std::filesystem::perms::others_read,
                                 std::filesystem::perm_options::add);
    EXPECT_EQ(TokenSigner::open(file).error().code, base::Code::kForbidden);
    std::filesystem::permissions(file, std::filesystem::perms::others_read,
                                 std::filesystem::perm_options::remove);
    std::ofstream(file, std::ios::trunc) << "short";
    EXPECT_EQ(TokenSigner::open(file).error().code, base::Code::kCorrupt);
}

// An upgrade must not break a list that is under way, and replicas of two releases read each
// other's tokens. These were made by 0.4.0.
TEST(TokenSignerTest, TokensOfEarlierReleasesAreRead) {
    const TokenSigner signer(std::string(32, 'k'));
    const std::string store_id(16, 's');
    const std::string query(16, 'q');
    EXPECT_EQ(unseal_continue_token(signer,
                                    "AXNzc3Nzc3Nzc3Nzc3Nzc3MAAAAHAAAAAAdbzRVxcXFxcXFxcXFxcXFxcXFxAQ"
                                    "AAAAAAAAAqEDkwMDcxOTkyNTQ3"
                                    "NDA5OTMDd2ViBWRiLTAx5x4mohQNI3GFAoGMm0q4tg"),
              (ContinueToken{.store_id = store_id,
                             .cluster = 7,
                             .revision = 123'456'789,
                             .query = query,
                             .remaining = 42,
                             .version = "9007199254740993",
                             .after = {"web", "db-01"}}));
    EXPECT_EQ(unseal_fleet_token(
                  signer,
                  "3PlkB9JV6liI-i2Ci-XkTB9mypndcCPJyj83b6oX_CJADdn3s_"
                  "6VM2cXdEUGcZiIjLE4c2MwkhrWCo1bulXK6Uf9"
                  "SGBgIAqMENJbL0sHqQZmF0p_hAweLIVUY0Ol7Nx-VvMBfVdDg2wXtp4kmGl2jZ9z4ZmNdZsIKiI"),
              (FleetToken{.store_id = store_id,
                          .query = query,
                          .state = {123'456'789, 9},
                          .begun_ms = 1'764'455'000'000,
                          .now = 1'764'455'001,
                          .remaining = 42,
                          .after = {"edge", "edge-uid", {"web", "db-01"}},
                          .key = {true, 5, "k1"}}));
    EXPECT_EQ(unseal_event_id(signer,
                              "i_ZQFLAakTsqiT9IV666mtLy_7T3fyJcQ0XhvuXG_R162U3xQ4iTHSbhsso2nmMIHpk-"
                              "3kAVn0qnQ7EiM8Fp_O_U"
                              "JPJBrGcf32JcWsA6X1035ZbFucbgwB4"),
              (EventId{.store_id = store_id,
                       .query = query,
                       .now = 1'764'455'001,
                       .place = {.published = 123'456'789, .change = 123'456'780},
                       .next_cluster = 9,
                       .clusters = std::string(16, 'c')}));
}

}  // namespace
}  // namespace snapgate::query
