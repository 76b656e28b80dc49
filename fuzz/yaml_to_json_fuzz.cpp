// What comes out of YAML is JSON; and a value written as YAML is read back as the same value.

#include <algorithm>
#include <cstdint>
#include <sstream>
#include <string>

#include "check.h"
#include "input.h"
#include "json/value.h"
#include "json/yaml.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
    using snapgate::fuzz::check;
    using snapgate::fuzz::check_equal;
    namespace json = snapgate::json;

    const std::string text(snapgate::fuzz::text_of(bytes, size));
    std::istringstream in(text);
    std::string out;
    auto result = json::yaml_to_json(in, [&out](std::string_view part) {
        out += part;
        return snapgate::base::Result<void>();
    });
    // Each document may have one MiB by aliases; a character of text becomes six at most.
    const size_t documents = 1 + static_cast<size_t>(std::ranges::count(out, '\n'));
    check(out.size() <= 6 * text.size() + (documents << 20), "aliases are bounded");
    if (result) {
        std::istringstream lines(out);
        for (std::string line; std::getline(lines, line);) {
            auto value = json::parse(line);
            bool twice = !value && value.error().message.find(" twice ") != std::string::npos;
            check(value || twice, "each document is JSON");
        }
    }
    auto value = json::parse_yaml(text);
    if (!value) return 0;
    std::string yaml = json::to_yaml(*value);
    auto again = json::parse_yaml(yaml);
    if (!again || *again != *value) {
        std::string got = again ? json::serialize(*again) : again.error().message;
        check_equal(json::serialize(*value) + "\n" + yaml, got, "YAML is read as what was written");
    }
    return 0;
}
