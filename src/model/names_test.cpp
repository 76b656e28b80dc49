#include "model/names.h"

#include <gtest/gtest.h>

#include <string>

namespace snapgate::model {
namespace {

TEST(NamesTest, Labels) {
    EXPECT_TRUE(is_dns_label("a"));
    EXPECT_TRUE(is_dns_label("web-1"));
    EXPECT_TRUE(is_dns_label(std::string(63, 'a')));
    for (const char* bad : {"", "-a", "a-", "A", "a.b", "a_b", "a/b", "\xc3\xa9"})
        EXPECT_FALSE(is_dns_label(bad)) << bad;
    EXPECT_FALSE(is_dns_label(std::string(64, 'a')));
}

TEST(NamesTest, Subdomains) {
    EXPECT_TRUE(is_dns_subdomain("a.b-c.d"));
    EXPECT_TRUE(is_dns_subdomain(std::string(253, 'a')));
    for (const char* bad : {"", ".", "a.", ".a", "a..b", "a.-b"})
        EXPECT_FALSE(is_dns_subdomain(bad)) << bad;
    EXPECT_FALSE(is_dns_subdomain(std::string(254, 'a')));
}

TEST(NamesTest, LabelsOfObjects) {
    EXPECT_TRUE(is_qualified_name("app.kubernetes.io/part-of"));
    EXPECT_TRUE(is_qualified_name("Tier_1"));
    for (const char* bad : {"", "/a", "a/", "a/b/c", "A.B/c", "-a"})
        EXPECT_FALSE(is_qualified_name(bad)) << bad;
    EXPECT_FALSE(is_qualified_name("a b"));
    EXPECT_FALSE(is_qualified_name(std::string(64, 'a')));
}

TEST(NamesTest, AsMuchOfANameIsShownAsANameCanHave) {
    EXPECT_EQ(shown_name("web"), "web");
    EXPECT_EQ(shown_name(std::string(300, 'a')), std::string(253, 'a'));
    EXPECT_EQ(shown_name(std::string(252, 'a') + "\u00fc"), std::string(252, 'a'));
}

TEST(NamesTest, UidsAndDisplayNames) {
    EXPECT_TRUE(is_uid("5f3a9c0b1d2e4f6a7b8c9d0e"));
    EXPECT_TRUE(is_uid("Demo-1"));
    EXPECT_FALSE(is_uid(""));
    EXPECT_FALSE(is_uid("a.b"));
    EXPECT_TRUE(is_uid("a-"));
    EXPECT_FALSE(is_uid("-"));
    EXPECT_FALSE(is_uid("-a"));
    EXPECT_TRUE(is_display_name("Edge sites"));
    EXPECT_FALSE(is_display_name(" x"));
    EXPECT_FALSE(is_display_name("a\nb"));
    EXPECT_TRUE(is_display_name("Zürich 東京"));
    EXPECT_FALSE(is_display_name("a\u009bb"));  // CSI as one character
    EXPECT_FALSE(is_display_name("a\u202eb"));  // turns the direction of the text
    EXPECT_FALSE(is_display_name("a\xff"));
    EXPECT_FALSE(is_display_name(std::string(129, 'a')));
}

TEST(NamesTest, TheHashNeverChanges) {
    EXPECT_EQ(vm_hash(""), 0xcbf29ce484222325U);
    EXPECT_EQ(vm_hash("a"), 0xaf63dc4c8601ec8cU);
}

}  // namespace
}  // namespace snapgate::model
