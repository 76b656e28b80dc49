#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <string_view>

#include "app/settings.h"

namespace snapgate::app {
namespace {

// The settings that the Debian package gives; all others are there as comments.
const std::map<std::string_view, std::string_view> kGiven = {
    {"listen", "127.0.0.1:8443"},
    {"data-dir", "/var/lib/snapgate"},
    {"credentials-key-file", "/etc/snapgate/credentials.key"},
    {"tls-self-signed", "true"},
};

constexpr std::string_view kHead =
    "# Settings of the snapgate server. A line that begins with # is a comment; those of the form\n"
    "# \"#name: VALUE\" are settings that are not given. After a change:\n"
    "#   systemctl restart snapgate\n";

constexpr std::string_view kDeclarations =
    R"(
# Clusters that this file declares, and the programs that their kubeconfigs may name: see
# docs/clusters.md.
#clusters:
#  - name: edge-1
#    kubeconfig: kubeconfigs/edge-1.yaml
#credential-programs:
#  - /usr/local/bin/aws-iam-authenticator

# Whose tokens are taken in place of keys: see docs/identity.md.
#issuers:
#  - name: corp
#    issuer: https://id.example.com/realms/it
#    audiences: [snapgate]
#    rules:
#      - {claim: groups, values: [platform], role: admin, tenant: true}
)";

// A help text as comment lines.
std::string commented(std::string_view help) {
    std::string out = "\n";
    std::istringstream lines{std::string(help)};
    for (std::string line; std::getline(lines, line);) out += fmt::format("# {}\n", line);
    return out;
}

std::string written_settings() {
    std::string out(kHead);
    for (const Setting& setting : all_settings()) {
        if (setting.name == "config") continue;
        out += commented(setting.help);
        const auto given = kGiven.find(setting.name);
        if (given != kGiven.end()) {
            out += fmt::format("{}: {}\n", setting.name, given->second);
        } else {
            out += fmt::format("#{}: {}\n", setting.name,
                               setting.value.empty() ? "on" : setting.value);
        }
    }
    return out + std::string(kDeclarations);
}

const std::filesystem::path kFile =
    std::filesystem::path(SNAPGATE_SOURCE_DIR) / "packaging" / "snapgate.yaml";

std::string read_whole(const std::filesystem::path& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

TEST(SettingsFile, OfThePackageHasEverySettingWithItsHelp) {
    if (std::getenv("SNAPGATE_REWRITE") != nullptr) std::ofstream(kFile) << written_settings();
    EXPECT_EQ(read_whole(kFile), written_settings()) << "write it anew with SNAPGATE_REWRITE=1";
}

TEST(SettingsFile, OfThePackageIsTakenByTheServer) {
    const Environment nothing{[](const std::string&) { return std::nullopt; }, {}};
    const auto settings = load_settings({{"config", kFile.string()}}, nothing);
    ASSERT_TRUE(settings) << settings.error().message;
    EXPECT_EQ(settings->port, 8443);
    EXPECT_TRUE(settings->loopback());
    EXPECT_TRUE(settings->tls_self_signed);
    EXPECT_EQ(settings->data_dir, "/var/lib/snapgate");
    EXPECT_EQ(settings->credentials_key_file, "/etc/snapgate/credentials.key");
}

}  // namespace
}  // namespace snapgate::app
