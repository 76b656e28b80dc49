#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <string_view>

#include "app/load_settings.h"
#include "base/temporary_folder_testing.h"

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
# Projects and clusters that this file declares, and the programs that kubeconfigs of clusters may
# name: see docs/clusters.md. A cluster has one of kubeconfig, in-cluster and hosted; all else but
# the name may be left out.
#projects:
#  - name: payments
#    uid: payments
#    quota: {clusters: 20, keys: 50, objects: 100000, bytes: 1000000000}
#clusters:
#  - name: edge-1
#    uid: edge-1
#    project: payments
#    kubeconfig: kubeconfigs/edge-1.yaml
#    context: admin
#  - name: home
#    in-cluster: true
#  - name: archive
#    hosted: true
#    expected-every: 24h
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

// With all that it declares as an example, none of which has a fault.
TEST(SettingsFile, OfThePackageShowsWhateverCanBeDeclared) {
    std::string text = read_whole(kFile);
    const size_t begin = text.find("\n#projects:");
    ASSERT_NE(begin, std::string::npos);
    std::istringstream lines(text.substr(begin + 1));
    std::string declared;
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with("#  ") || !line.starts_with("# "))
            declared += line.substr(line.empty() ? 0 : 1) + "\n";
    const base::TemporaryFolder folder;
    const Environment nothing{[](const std::string&) { return std::nullopt; }, {}};
    const auto settings =
        load_settings({{"config", folder.file("all.yaml", declared)}, {"data-dir", "d"}}, nothing);
    ASSERT_TRUE(settings) << settings.error().message;
    EXPECT_TRUE(settings->declared.faults.empty());
    EXPECT_EQ(settings->declared.projects.size(), 1U);
    EXPECT_EQ(settings->declared.clusters.size(), 3U);
    EXPECT_EQ(settings->credential_programs.size(), 1U);
    EXPECT_EQ(settings->issuers.size(), 1U);
    const auto has = [&](std::string_view member) {
        return declared.find(fmt::format("- {}: ", member)) != std::string::npos ||
               declared.find(fmt::format("    {}: ", member)) != std::string::npos;
    };
    for (const std::string_view member : connect::kProjectMembers)
        EXPECT_TRUE(has(member)) << member;
    for (const std::string_view member : connect::kClusterMembers)
        EXPECT_TRUE(has(member)) << member;
    const access::Quota& quota = *settings->declared.projects.front().quota;
    EXPECT_TRUE(quota.clusters && quota.keys && quota.objects && quota.bytes);
}

}  // namespace
}  // namespace snapgate::app
