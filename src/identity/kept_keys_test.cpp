#include "identity/kept_keys.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <vector>

#include "base/clock_testing.h"
#include "identity/issuer.h"
#include "identity/tokens_testing.h"
#include "identity/verifier.h"
#include "store/objects_testing.h"

namespace snapgate::identity {
namespace {

class KeptKeysTest : public testing::Test {
  protected:
    KeptKeysTest() { std::filesystem::create_directories(directory_.path()); }

    std::vector<std::filesystem::path> files() const {
        std::vector<std::filesystem::path> found;
        for (const auto& entry : std::filesystem::directory_iterator(folder()))
            found.push_back(entry.path());
        return found;
    }
    std::filesystem::path folder() const { return directory_.path() / "issuer-keys"; }

    store::TestDirectory directory_;
    base::TestClock clock_;
    const KeptKeys kept_{folder()};
    const TestKey key_{"first"};
    DeclaredIssuer issuer_ = test_issuer();
};

TEST_F(KeptKeysTest, WhatWasWrittenIsReadAgain) {
    EXPECT_FALSE(kept_.read(issuer_));
    kept_.write(issuer_, key_set_of({&key_}), 1234);
    const auto read = kept_.read(issuer_);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->fetched_ms, 1234);
    ASSERT_EQ(read->keys.keys.size(), 1U);
    EXPECT_EQ(read->keys.keys[0]->fingerprint, key_set_of({&key_}).keys[0]->fingerprint);
    ASSERT_EQ(files().size(), 1U);
    struct stat status{};
    ASSERT_EQ(::stat(files()[0].c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(KeptKeysTest, AnotherAddressOrAuthorityHasNothingOfThem) {
    kept_.write(issuer_, key_set_of({&key_}), 1234);
    DeclaredIssuer other = issuer_;
    other.jwks_url = "https://id.example.com/other";
    EXPECT_FALSE(kept_.read(other));
    other = issuer_;
    other.ca_file = "/etc/other.crt";
    EXPECT_FALSE(kept_.read(other));
    // The rules do not matter.
    other = test_issuer({rule("others", access::Role::kReader)});
    EXPECT_TRUE(kept_.read(other));
}

TEST_F(KeptKeysTest, KeysOfAFileAreNotKeptAndNothingWithoutAFolder) {
    issuer_.jwks_file = "/etc/keys.json";
    kept_.write(issuer_, key_set_of({&key_}), 1234);
    EXPECT_FALSE(std::filesystem::exists(folder()));
    const KeptKeys nowhere;
    nowhere.write(test_issuer(), key_set_of({&key_}), 1234);
    EXPECT_FALSE(nowhere.read(test_issuer()));
}

TEST_F(KeptKeysTest, AFileThatIsNoneIsPassedOver) {
    kept_.write(issuer_, key_set_of({&key_}), 1234);
    const auto file = files()[0];
    for (const char* text :
         {"", "{", "[]", R"({"fetchedAtMs":1})", R"({"fetchedAtMs":1,"jwks":{}})",
          R"({"fetchedAtMs":"1","jwks":"{}"})", R"({"fetchedAtMs":1,"jwks":"{\"keys\":[]}"})"}) {
        std::ofstream(file) << text;
        EXPECT_FALSE(kept_.read(issuer_)) << text;
    }
}

TEST_F(KeptKeysTest, WhatIsOfNobodyAnyMoreIsRemoved) {
    DeclaredIssuer other = issuer_;
    other.name = "other";
    kept_.write(issuer_, key_set_of({&key_}), 1);
    kept_.write(other, key_set_of({&key_}), 1);
    EXPECT_EQ(files().size(), 2U);
    kept_.keep_only(std::vector{issuer_});
    EXPECT_EQ(files().size(), 1U);
    EXPECT_TRUE(kept_.read(issuer_));
    kept_.keep_only({});
    EXPECT_TRUE(files().empty());
}

TEST_F(KeptKeysTest, AnIssuerGoesOnWithThemUntilTheyAreTooOld) {
    issuer_.keys_max_age = std::chrono::hours(1);
    const auto resumed = [&](int64_t age_ms) {
        auto made = std::make_shared<Issuer>(issuer_, clock_);
        made->resume(key_set_of({&key_}), clock_.now_ms() - age_ms);
        return made;
    };
    constexpr int64_t kHourMs = 3'600'000;
    EXPECT_FALSE(resumed(kHourMs)->has_usable_keys());
    // Of a future that no difference of clocks explains.
    EXPECT_FALSE(resumed(-kHourMs)->has_usable_keys());
    EXPECT_TRUE(resumed(-1000)->has_usable_keys());
    const auto issuer = resumed(kHourMs - 1000);
    Verifier verifier(clock_);
    verifier.replace({issuer});
    EXPECT_TRUE(verifier.verify(key_.token(test_claims(clock_.now_ms()))).caller);
    // Their time goes on, whatever fetches fail.
    issuer->begin_fetch();
    issuer->end_fetch(base::Error(base::Code::kUnavailable, "no way"));
    clock_.advance(999);
    EXPECT_TRUE(issuer->has_usable_keys());
    clock_.advance(1);
    EXPECT_FALSE(issuer->has_usable_keys());
    EXPECT_EQ(verifier.verify(key_.token(test_claims(clock_.now_ms()))).lacking.size(), 1U);
}

TEST_F(KeptKeysTest, AKeyThatIsPublishedNoMoreIsWithdrawnByTheFirstFetch) {
    auto issuer = std::make_shared<Issuer>(issuer_, clock_);
    issuer->resume(key_set_of({&key_}), clock_.now_ms());
    Verifier verifier(clock_);
    verifier.replace({issuer});
    const auto verified = verifier.verify(key_.token(test_claims(clock_.now_ms())));
    ASSERT_TRUE(verified.caller);
    const TestKey second("second", 2);
    issuer->begin_fetch();
    issuer->end_fetch(key_set_of({&second}));
    EXPECT_FALSE((*verified.caller)->is_good());
}

}  // namespace
}  // namespace snapgate::identity
