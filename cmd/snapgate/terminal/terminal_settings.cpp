#include "terminal/terminal_settings.h"

#include <optional>
#include <string>

#include "base/ascii.h"
#include "base/decimal.h"

namespace snapgate::cli {
namespace {

constexpr uint64_t kMostColumns = 10'000;

// Whether a locale's name says UTF-8. The locale itself may not be installed here, as where ssh
// passes on the name of another machine's.
bool is_unicode(std::string_view locale) {
    std::string name;
    for (const char c : locale)
        if (c != '-') name += base::to_lower(c);
    return name.find("utf8") != std::string::npos;
}

}  // namespace

TerminalSettings terminal_settings(const Environment& environment) {
    TerminalSettings settings;
    if (const auto columns = environment("COLUMNS"))
        settings.columns =
            static_cast<unsigned>(base::read_decimal(*columns, kMostColumns).value_or(0));
    settings.colours = !environment("NO_COLOR") && environment("TERM").value_or("") != "dumb";
    std::optional<std::string> locale;
    for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"})
        if (!locale) locale = environment(name);
    settings.unicode = is_unicode(locale.value_or(""));
    return settings;
}

}  // namespace snapgate::cli
