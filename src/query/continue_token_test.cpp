#include "query/continue_token.h"

#include <gtest/gtest.h>

#include <string>

#include "base/crypto.h"
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
    EXPECT_EQ(unseal_continue_token(signer, seal(signer, token)), token);
    token.remaining.reset();
    token.version.clear();
    token.revision = 0;
    EXPECT_EQ(unseal_continue_token(signer, seal(signer, token)), token);
}

TEST(ContinueTokenTest, TheLongestFitsIntoAKibibyte) {
    TokenSigner signer(base::random_bytes(32));
    ContinueToken token = sample();
    token.version = std::string(128, '9');
    token.after = {std::string(63, 'n'), std::string(253, 'o')};
    std::string text = seal(signer, token);
    EXPECT_LE(text.size(), kMaxTokenBytes);
    EXPECT_EQ(unseal_continue_token(signer, text), token);
}

TEST(ContinueTokenTest, EveryChangeIsNoticed) {
    TokenSigner signer(base::random_bytes(32));
    std::string text = seal(signer, sample());
    for (size_t i = 0; i < text.size(); ++i) {
        std::string changed = text;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        EXPECT_FALSE(unseal_continue_token(signer, changed)) << i;
        EXPECT_FALSE(unseal_continue_token(signer, text.substr(0, i))) << i;
    }
    EXPECT_FALSE(unseal_continue_token(signer, text + "A"));
    EXPECT_FALSE(unseal_continue_token(TokenSigner(base::random_bytes(32)), text));
    EXPECT_FALSE(unseal_continue_token(signer, std::string(5000, 'A')));
}

}  // namespace
}  // namespace snapgate::query
