#include "base/nearest.h"

#include <gtest/gtest.h>

namespace snapgate::base {
namespace {

const std::vector<std::string> kKnown{"history", "tls-hosts", "expected-every"};

TEST(Nearest, FindsWhatWasMeant) {
    const std::vector<std::string> known{"get", "create", "delete", "import", "login", "version"};
    EXPECT_EQ(nearest("gte", known), "get");
    EXPECT_EQ(nearest("improt", known), "import");
    EXPECT_EQ(nearest("del", known), "delete");
    EXPECT_EQ(nearest("watch", known), "");
    EXPECT_EQ(nearest("x", known), "");
}

TEST(Nearest, IsAskedFor) {
    EXPECT_EQ(did_you_mean("histroy", kKnown), ": did you mean history?");
    EXPECT_EQ(did_you_mean("tls-host", kKnown), ": did you mean tls-hosts?");
    EXPECT_EQ(did_you_mean("certificate", kKnown), "");
    EXPECT_EQ(did_you_mean("", kKnown), "");
}

TEST(Nearest, AFieldThatIsNotKnownIsNamedIfItIsNoSecret) {
    constexpr std::string_view kAll = "; known are: history, tls-hosts, expected-every";
    EXPECT_EQ(unknown_field("sgk_1", false, kKnown),
              "one of its fields is not known here" + std::string(kAll));
    EXPECT_EQ(unknown_field("other", true, kKnown),
              "the field \"other\" is not known here" + std::string(kAll));
    EXPECT_EQ(unknown_field("expected_every", false, kKnown),
              "the field \"expected_every\" is not known here (did you mean expected-every?)" +
                  std::string(kAll));
}

}  // namespace
}  // namespace snapgate::base
