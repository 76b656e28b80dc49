#include "model/name_faults.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "model/names.h"

namespace snapgate::model {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

TEST(NameFaults, SayWhatIsWrong) {
    EXPECT_THAT(subdomain_faults("web-01.a"), IsEmpty());
    EXPECT_THAT(subdomain_faults("Web"), ElementsAre(StartsWith("a lowercase RFC 1123 subdomain")));
    EXPECT_THAT(subdomain_faults(""), ElementsAre(StartsWith("a lowercase RFC 1123 subdomain")));
    EXPECT_THAT(subdomain_faults(std::string(254, 'a')),
                ElementsAre("must be no more than 253 characters"));
    EXPECT_THAT(subdomain_faults(std::string(254, 'A')),
                ElementsAre("must be no more than 253 characters", StartsWith("a lowercase")));
    EXPECT_THAT(label_faults("a.b"), ElementsAre(StartsWith("a lowercase RFC 1123 label")));
    EXPECT_THAT(label_faults(std::string(64, 'a')),
                ElementsAre("must be no more than 63 characters"));
    EXPECT_THAT(label_value_faults(""), IsEmpty());
    EXPECT_THAT(label_value_faults("-"), ElementsAre(StartsWith("a valid label must be")));
    EXPECT_THAT(qualified_name_faults("a/b"), IsEmpty());
    EXPECT_THAT(qualified_name_faults(""),
                ElementsAre("name part must be non-empty", StartsWith("name part must consist")));
    EXPECT_THAT(qualified_name_faults("/a"), ElementsAre("prefix part must be non-empty"));
    EXPECT_THAT(qualified_name_faults("A/a"), ElementsAre(StartsWith("prefix part a lowercase")));
    EXPECT_THAT(qualified_name_faults("a/" + std::string(64, 'a')),
                ElementsAre("name part must be no more than 63 characters"));
    EXPECT_THAT(qualified_name_faults("a/b/c"), ElementsAre(StartsWith("a qualified name must")));
}

// There is a fault exactly where the name is none.
TEST(NameFaults, AgreeWithTheNames) {
    std::mt19937 random(7);
    std::string_view alphabet = "aZ0-_./ ";
    for (int i = 0; i < 20000; ++i) {
        size_t length = std::uniform_int_distribution<size_t>(0, i % 10 == 0 ? 300 : 6)(random);
        std::string text;
        for (size_t j = 0; j < length; ++j)
            text += i % 10 == 0 ? 'a'
                                : alphabet[std::uniform_int_distribution<size_t>(
                                      0, alphabet.size() - 1)(random)];
        EXPECT_EQ(label_faults(text).empty(), is_dns_label(text)) << text;
        EXPECT_EQ(subdomain_faults(text).empty(), is_dns_subdomain(text)) << text;
        EXPECT_EQ(qualified_name_faults(text).empty(), is_qualified_name(text)) << text;
        // Without a prefix it is what a value may be, but for the empty one.
        const bool is_value =
            text.empty() || (is_qualified_name(text) && text.find('/') == std::string::npos);
        EXPECT_EQ(label_value_faults(text).empty(), is_value) << text;
    }
}

}  // namespace
}  // namespace snapgate::model
