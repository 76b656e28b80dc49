#include "app/load_settings.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>

#include "base/temporary_folder_testing.h"

namespace snapgate::app {
namespace {

using testing::HasSubstr;

class SettingsTest : public testing::Test {
  protected:
    std::string write_config(const std::string& text) const {
        return folder_.file("config.yaml", text);
    }

    base::Result<Settings> load(const std::vector<std::pair<std::string, std::string>>& flags) {
        Environment environment;
        environment.get = [this](const std::string& name) -> std::optional<std::string> {
            auto found = variables_.find(name);
            if (found == variables_.end()) return std::nullopt;
            return found->second;
        };
        for (const auto& [name, value] : variables_) environment.names.push_back(name);
        return load_settings(flags, environment);
    }

    base::TemporaryFolder folder_;
    std::map<std::string, std::string> variables_{{"HOME", "/home/somebody"}};
};

TEST_F(SettingsTest, FlagsGoBeforeTheEnvironmentBeforeTheFile) {
    std::string config = write_config("history: 1m\nthreads: 3\naccess-log: off\n");
    variables_["SNAPGATE_CONFIG"] = config;
    variables_["SNAPGATE_HISTORY"] = "2m";
    auto settings = load({{"listen", "127.0.0.1:0"}});
    ASSERT_TRUE(settings) << settings.error().message;
    EXPECT_EQ(settings->history, base::Millis(120'000));
    EXPECT_EQ(settings->threads, 3U);
    EXPECT_FALSE(settings->access_log);
    EXPECT_EQ(settings->port, 0);
    EXPECT_EQ(settings->data_dir, "/home/somebody/.local/share/snapgate");
    EXPECT_EQ(load({{"history", "3m"}})->history, base::Millis(180'000));
}

TEST_F(SettingsTest, AnAuditTrailGoesToAFileToStderrOrToBoth) {
    EXPECT_FALSE(load({})->audit.on());
    struct Case {
        const char* text;
        const char* file;
        bool to_stderr;
    };
    for (const Case& one : {Case{"-", "", true}, Case{"a.log", "a.log", false},
                            Case{"a.log,-", "a.log", true}, Case{"-,a.log", "a.log", true}}) {
        const auto settings = load({{"audit-log", one.text}});
        ASSERT_TRUE(settings) << one.text;
        EXPECT_TRUE(settings->audit.on());
        EXPECT_EQ(settings->audit.file, one.file);
        EXPECT_EQ(settings->audit.to_stderr, one.to_stderr) << one.text;
    }
    for (const char* wrong : {"", ",-", "-,"}) EXPECT_FALSE(load({{"audit-log", wrong}})) << wrong;
    const auto settings =
        load({{"audit-log-max-mib", "2"}, {"audit-log-keep", "0"}, {"audit-backlog", "3"}});
    ASSERT_TRUE(settings) << settings.error().message;
    EXPECT_EQ(settings->audit.file_bytes, 2U << 20);
    EXPECT_EQ(settings->audit.keep, 0U);
    EXPECT_EQ(settings->audit.backlog_bytes, 3U << 20);
}

TEST_F(SettingsTest, TheScrubCanBeSwitchedOff) {
    EXPECT_EQ(load({})->protection_max_age, std::chrono::hours(24));
    EXPECT_EQ(load({{"protection-max-age", "36h"}})->protection_max_age, std::chrono::hours(36));
    EXPECT_THAT(load({{"protection-max-age", "0"}}).error().message,
                HasSubstr("protection-max-age"));
    EXPECT_EQ(load({})->metrics_clusters, 500U);
    EXPECT_EQ(load({{"metrics-clusters", "0"}})->metrics_clusters, 0U);
    EXPECT_EQ(load({})->scrub_interval, std::chrono::hours(24));
    EXPECT_EQ(load({{"scrub-interval", "7d"}})->scrub_interval, std::chrono::days(7));
    EXPECT_EQ(load({{"scrub-interval", "0"}})->scrub_interval, base::Millis(0));
    EXPECT_THAT(load({{"scrub-interval", "7"}}).error().message, HasSubstr("scrub-interval"));
}

TEST_F(SettingsTest, WrongSettingsAreNamedWithTheirPlace) {
    EXPECT_THAT(load({{"history", "5"}}).error().message, HasSubstr("--history: \"5\""));
    EXPECT_THAT(load({{"history", "500ms"}}).error().message, HasSubstr("1s"));
    variables_["SNAPGATE_THREADS"] = "many";
    EXPECT_THAT(load({}).error().message, HasSubstr("SNAPGATE_THREADS: \"many\""));
    variables_.erase("SNAPGATE_THREADS");
    variables_["SNAPGATE_HSITORY"] = "5m";
    EXPECT_THAT(load({}).error().message, HasSubstr("SNAPGATE_HSITORY: there is no such setting"));
    variables_.erase("SNAPGATE_HSITORY");
    std::string config = write_config("hsitory: 5m\n");
    EXPECT_THAT(load({{"config", config}}).error().message, HasSubstr("config.yaml:1: hsitory"));
    config = write_config("history: [5m]\n");
    EXPECT_THAT(load({{"config", config}}).error().message, HasSubstr("history"));
    config = write_config("history: 5x\n");
    EXPECT_THAT(load({{"config", config}}).error().message, HasSubstr("history"));
    EXPECT_THAT(load({{"config", "/does/not/exist"}}).error().message, HasSubstr("cannot be read"));
}

TEST_F(SettingsTest, AllWrongOnesAreToldWithWhatWasMeant) {
    variables_["SNAPGATE_DTA_DIR"] = "d";
    variables_["SNAPGATE_THREADS"] = "many";
    const std::string config =
        write_config("tls-host: a\nhistory: soon\nrate: 7\nclusterz: []\ntrottle: on\n");
    EXPECT_EQ(
        load({{"config", config}, {"burst", "x"}}).error().message,
        "the environment variable SNAPGATE_DTA_DIR: there is no such setting: did you mean "
        "SNAPGATE_DATA_DIR?; " +
            config + ":1: tls-host: there is no such setting: did you mean tls-hosts?; " + config +
            ":4: clusterz: there is no such setting: did you mean clusters?; " + config +
            ":5: trottle: there is no such setting; " + config +
            ":2: history: \"soon\" is not a duration: write it like 300ms, 5m, 1h30m or 90d; " +
            "the environment variable SNAPGATE_THREADS: \"many\" is not a number from 0 to "
            "256; --burst: \"x\" is not a number from 1 to 1000000");
    std::string many;
    for (char c = 'a'; c <= 'z'; ++c) many += std::string("wrong-") + c + ": 1\n";
    variables_.erase("SNAPGATE_DTA_DIR");
    const std::string told = load({{"config", write_config(many)}}).error().message;
    EXPECT_EQ(std::ranges::count(told, ';'), 10);
    EXPECT_THAT(told, HasSubstr("wrong-j: "));
    EXPECT_THAT(told, testing::EndsWith("; and 17 more"));
    // A file that is perhaps none of ours: one of its keys is no setting's name.
    EXPECT_THAT(load({{"config", write_config("Secret Of Mine: 1\nothers: 2\n")}}).error().message,
                testing::AllOf(HasSubstr("holds something that is no setting"),
                               testing::Not(HasSubstr("others"))));
}

TEST_F(SettingsTest, ThatChangedAreKnownByName) {
    auto before = load({{"history", "5m"}, {"rate", "7"}, {"threads", "2"}});
    auto after = load({{"history", "6m"}, {"access-log", "off"}, {"threads", "2"}});
    ASSERT_TRUE(before);
    ASSERT_TRUE(after);
    std::vector<std::string> said;
    for (const SettingChange& change : changed_settings(*before, *after))
        said.push_back(std::string(change.setting->name) + " " + change.from + " " + change.to +
                       (change.setting->live ? "" : " restart"));
    EXPECT_THAT(said, testing::ElementsAre("history 5m 6m restart", "rate 7 the default",
                                           "access-log the default off"));
    before->take_live(*after);
    EXPECT_EQ(before->history, base::Millis(300'000));
    EXPECT_EQ(before->key_limit.rate, 0U);
    EXPECT_FALSE(before->access_log);
    ASSERT_EQ(changed_settings(*before, *after).size(), 1U) << "what needs a restart is told again";
}

TEST_F(SettingsTest, TheClientsVariablesAreNoneOfOurs) {
    variables_["SNAPGATE_SERVER"] = "https://x";
    variables_["SNAPGATE_API_KEY"] = "k";
    variables_["SNAPGATE_CA"] = "f";
    variables_["SNAPGATE_PROJECT"] = "p";
    EXPECT_TRUE(load({}));
}

TEST_F(SettingsTest, BeyondLoopbackTlsIsNeeded) {
    EXPECT_THAT(load({{"listen", "0.0.0.0:8080"}}).error().message, HasSubstr("--tls-self-signed"));
    EXPECT_TRUE(load({{"listen", "0.0.0.0:8080"}, {"tls-self-signed", "true"}}));
    EXPECT_TRUE(load({{"listen", "[::]:8080"}, {"insecure-http", "true"}}));
    EXPECT_TRUE(load({{"listen", "[::1]:8080"}}));
    for (const char* bad : {"8080", "nowhere:1", "127.0.0.1:99999", "127.0.0.1:", ""})
        EXPECT_FALSE(load({{"listen", bad}})) << bad;
    EXPECT_FALSE(load({{"tls-cert", "a.crt"}}));
    EXPECT_FALSE(load({{"tls-cert", "a"}, {"tls-key", "b"}, {"tls-self-signed", "true"}}));
}

}  // namespace
}  // namespace snapgate::app
