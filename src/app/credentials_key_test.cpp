#include "app/credentials_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "store/objects_testing.h"

namespace snapgate::app {
namespace {

using base::Code;
using testing::AllOf;
using testing::HasSubstr;
namespace fs = std::filesystem;

class CredentialsKey : public testing::Test {
  protected:
    CredentialsKey() { settings_.data_dir = folder_.path() / "data"; }

    base::Result<void> choose() {
        Environment environment;
        environment.get = [this](const std::string& name) -> std::optional<std::string> {
            auto found = variables_.find(name);
            if (found == variables_.end()) return std::nullopt;
            return found->second;
        };
        return choose_credentials_key(settings_, environment);
    }
    connect::CredentialKey open() {
        auto key = open_credentials_key(settings_);
        EXPECT_TRUE(key) << key.error().message;
        return std::move(*key);
    }

    store::TestDirectory folder_;
    Settings settings_;
    std::map<std::string, std::string> variables_;
};

TEST_F(CredentialsKey, IsMadeInTheConfigurationFolderWhenItIsNeeded) {
    variables_["HOME"] = folder_.path().string();
    ASSERT_TRUE(choose());
    const fs::path file = folder_.path() / ".config/snapgate/credentials.key";
    EXPECT_EQ(settings_.credentials_key_file, file);
    const connect::CredentialKey key = open();
    EXPECT_THAT(key.read().error().message, HasSubstr(file.string()));
    EXPECT_FALSE(fs::exists(folder_.path() / ".config"));
    auto made = key.read_or_make();
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_EQ(made->size(), 32U);
    EXPECT_EQ(*key.read(), *made);
    EXPECT_EQ(*open().read_or_make(), *made);
    EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(CredentialsKey, IsWhereTheConfigurationIs) {
    variables_["HOME"] = "/home/a";
    variables_["XDG_CONFIG_HOME"] = "/elsewhere";
    ASSERT_TRUE(choose());
    EXPECT_EQ(settings_.credentials_key_file, "/elsewhere/snapgate/credentials.key");
}

TEST_F(CredentialsKey, ComesFromTheEnvironment) {
    for (const char* text : {"6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6B6B6B6B6b6b6b6b6b6b6b6b",
                             "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="}) {
        variables_["SNAPGATE_CREDENTIALS_KEY"] = text;
        auto chosen = choose();
        ASSERT_TRUE(chosen) << chosen.error().message;
        EXPECT_EQ(*open().read(), std::string(32, 'k'));
        EXPECT_EQ(*open().read_or_make(), std::string(32, 'k'));
    }
    for (const char* wrong : {"secret", "6b6b", "a2s=",
                              "6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6bxx"}) {
        variables_["SNAPGATE_CREDENTIALS_KEY"] = wrong;
        auto chosen = choose();
        ASSERT_FALSE(chosen) << wrong;
        EXPECT_EQ(chosen.error().code, Code::kInvalidParameter);
        EXPECT_EQ(chosen.error().message.find(wrong), std::string::npos);
    }
    settings_.credentials_key_file = "/some/file";
    EXPECT_THAT(choose().error().message, HasSubstr("exclude each other"));
}

TEST_F(CredentialsKey, IsNotInTheDataDirectory) {
    fs::create_directories(settings_.data_dir);
    for (const fs::path& file : {settings_.data_dir / "key", settings_.data_dir / "a/key",
                                 settings_.data_dir / "../data/key"}) {
        settings_.credentials_key_file = file;
        auto chosen = choose();
        ASSERT_FALSE(chosen) << file;
        EXPECT_THAT(chosen.error().message, HasSubstr("inside the data directory"));
    }
    settings_.credentials_key_file = folder_.path() / "data.key";
    EXPECT_TRUE(choose());

    settings_.credentials_key_file.clear();
    variables_["HOME"] = settings_.data_dir.string();
    ASSERT_TRUE(choose());
    EXPECT_THAT(open().read_or_make().error().message,
                AllOf(HasSubstr("--credentials-key-file"), HasSubstr("SNAPGATE_CREDENTIALS_KEY")));
}

TEST_F(CredentialsKey, IsRefusedIfItIsNone) {
    fs::create_directories(folder_.path());
    settings_.credentials_key_file = folder_.path() / "key";
    std::ofstream(settings_.credentials_key_file) << "too short";
    ::chmod(settings_.credentials_key_file.c_str(), 0600);
    EXPECT_EQ(open_credentials_key(settings_).error().code, Code::kCorrupt);
    ::chmod(settings_.credentials_key_file.c_str(), 0644);
    EXPECT_EQ(open_credentials_key(settings_).error().code, Code::kForbidden);
}

}  // namespace
}  // namespace snapgate::app
