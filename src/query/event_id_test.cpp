#include "query/event_id.h"

#include <gtest/gtest.h>

#include <string>

#include "query/fleet_token.h"

namespace snapgate::query {
namespace {

const EventId kId{.store_id = std::string(16, 's'),
                  .query = std::string(16, 'q'),
                  .now = 1'700'000'000,
                  .place = {.published = 77, .change = 70},
                  .next_cluster = 9,
                  .clusters = std::string(16, '\0')};

TEST(EventId, ComesBackAndHidesWhatItSays) {
    const TokenSigner signer(std::string(32, 'k'));
    const std::string text = seal(signer, kId);
    EXPECT_EQ(unseal_event_id(signer, text), kId);
    EXPECT_LE(text.size(), kMaxEventIdBytes);
    // Two neighbours have nothing in common that tells how far they are apart.
    EventId next = kId;
    ++next.place.change;
    EXPECT_NE(seal(signer, next).substr(0, 16), text.substr(0, 16));
}

TEST(EventId, NothingElseIsOne) {
    const TokenSigner signer(std::string(32, 'k'));
    std::string text = seal(signer, kId);
    EXPECT_FALSE(unseal_event_id(TokenSigner(std::string(32, 'x')), text));
    EXPECT_FALSE(unseal_event_id(signer, text.substr(1)));
    EXPECT_FALSE(unseal_event_id(signer, ""));
    // Neither is one a token of a list, nor the other way round.
    EXPECT_FALSE(unseal_fleet_token(signer, text));
    FleetToken token;
    token.store_id = kId.store_id;
    token.query = kId.query;
    EXPECT_FALSE(unseal_event_id(signer, seal(signer, token)));
    text[10] = text[10] == 'a' ? 'b' : 'a';
    EXPECT_FALSE(unseal_event_id(signer, text));
}

}  // namespace
}  // namespace snapgate::query
