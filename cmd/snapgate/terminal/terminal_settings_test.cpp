#include "terminal/terminal_settings.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace snapgate::cli {
namespace {

TerminalSettings of(std::map<std::string, std::string, std::less<>> variables) {
    return terminal_settings([&](std::string_view name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        return found == variables.end() ? std::nullopt : std::optional(found->second);
    });
}

TEST(TerminalSettingsTest, ColumnsAreANumber) {
    EXPECT_EQ(of({}).columns, 0U);
    EXPECT_EQ(of({{"COLUMNS", "120"}}).columns, 120U);
    for (const char* text : {"0", "-1", "wide", "99999999999", "80x", ""})
        EXPECT_EQ(of({{"COLUMNS", text}}).columns, 0U) << text;
}

TEST(TerminalSettingsTest, ColoursCanBeTurnedOff) {
    EXPECT_TRUE(of({}).colours);
    EXPECT_TRUE(of({{"TERM", "xterm"}}).colours);
    EXPECT_FALSE(of({{"NO_COLOR", "1"}}).colours);
    EXPECT_FALSE(of({{"TERM", "dumb"}}).colours);
}

TEST(TerminalSettingsTest, TheFirstLocaleThatIsSetSaysUtf8) {
    EXPECT_FALSE(of({}).unicode);
    EXPECT_TRUE(of({{"LANG", "de_DE.UTF-8"}}).unicode);
    EXPECT_TRUE(of({{"LC_CTYPE", "C.utf8"}}).unicode);
    EXPECT_FALSE(of({{"LANG", "de_DE@euro"}}).unicode);
    EXPECT_FALSE(of({{"LANG", "en_US.UTF-8"}, {"LC_ALL", "C"}}).unicode);
    EXPECT_TRUE(of({{"LANG", "C"}, {"LC_CTYPE", "en_US.UTF-8"}}).unicode);
}

}  // namespace
}  // namespace snapgate::cli
