#include "query/continue_token.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/crypto.h"
#include "base/encoding.h"
#include "query/list_request.h"
#include "store/store.h"

namespace snapgate::query {
namespace {

ContinueToken sample() {
    ContinueToken token;
    token.store_id = base::random_bytes(store::kStoreIdBytes);
    token.cluster = 7;
    token.revision = 123456789;
    token.version = "9007199254740993";
    token.query = base::random_bytes(kListingDigestBytes);
    token.remaining = 42;
    token.after = {"web", "db-01-nightly"};
    return token;
}

TEST(ContinueTokenTest, RoundTrips) {
    TokenSigner signer(base::random_bytes(32));
    ContinueToken token = sample();
    EXPECT_EQ(signer.unseal(signer.seal(token)), token);
    token.remaining.reset();
    token.version.clear();
    token.revision = 0;
    EXPECT_EQ(signer.unseal(signer.seal(token)), token);
}

TEST(ContinueTokenTest, TheLongestFitsIntoAKibibyte) {
    TokenSigner signer(base::random_bytes(32));
    ContinueToken token = sample();
    token.version = std::string(128, '9');
    token.after = {std::string(63, 'n'), std::string(253, 'o')};
    std::string text = signer.seal(token);
    EXPECT_LE(text.size(), kMaxTokenBytes);
    EXPECT_EQ(signer.unseal(text), token);
}

TEST(ContinueTokenTest, EveryChangeIsNoticed) {
    TokenSigner signer(base::random_bytes(32));
    std::string text = signer.seal(sample());
    for (size_t i = 0; i < text.size(); ++i) {
        std::string changed = text;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        EXPECT_FALSE(signer.unseal(changed)) << i;
        EXPECT_FALSE(signer.unseal(text.substr(0, i))) << i;
    }
    EXPECT_FALSE(signer.unseal(text + "A"));
    EXPECT_FALSE(TokenSigner(base::random_bytes(32)).unseal(text));
    EXPECT_FALSE(signer.unseal(std::string(5000, 'A')));
}

TEST(ContinueTokenTest, TheKeyIsKeptAndGuarded) {
    std::string pattern = (std::filesystem::temp_directory_path() / "token-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    std::filesystem::path file = std::filesystem::path(pattern) / "token.key";
    auto first = TokenSigner::open(file);
    ASSERT_TRUE(first);
    EXPECT_EQ(std::filesystem::status(file).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    auto again = TokenSigner::open(file);
    ASSERT_TRUE(again);
    EXPECT_TRUE(again->unseal(first->seal(sample())));
    std::filesystem::permissions(file, std::filesystem::perms::others_read,
                                 std::filesystem::perm_options::add);
    EXPECT_EQ(TokenSigner::open(file).error().code, base::Code::kForbidden);
    std::filesystem::permissions(file, std::filesystem::perms::others_read,
                                 std::filesystem::perm_options::remove);
    std::ofstream(file, std::ios::trunc) << "short";
    EXPECT_EQ(TokenSigner::open(file).error().code, base::Code::kCorrupt);
    std::filesystem::remove_all(pattern);
}

}  // namespace
}  // namespace snapgate::query
