#include "app/last_declared.h"

#include <array>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/read_file.h"
#include "base/secret_file.h"
#include "json/value.h"

namespace snapgate::app {
namespace {

constexpr const char* kDeclaredFile = "declared";
constexpr size_t kMostBytes = 16 << 20;

struct Part {
    std::string_view name;
    std::map<std::string, std::string> LastDeclared::* member;
};
constexpr std::array kParts = {Part{"projects", &LastDeclared::projects},
                               Part{"hosted", &LastDeclared::hosted},
                               Part{"connections", &LastDeclared::connections}};

}  // namespace

std::string connection_text(const connect::DeclaredCluster& declared) {
    // Whoever looks next may be in another folder, and name the configuration file otherwise.
    std::filesystem::path kubeconfig = declared.kubeconfig;
    std::error_code failed;
    if (!kubeconfig.empty()) kubeconfig = std::filesystem::absolute(kubeconfig, failed);
    if (failed) kubeconfig = declared.kubeconfig;
    return json::serialize(
        json::Array{kubeconfig.lexically_normal().string(), declared.context, declared.in_cluster});
}

LastDeclared read_last_declared(const std::filesystem::path& data_dir) {
    LastDeclared last;
    const auto text = base::read_file(data_dir / kDeclaredFile, kMostBytes);
    if (!text) return last;
    const auto value = json::parse(*text);
    if (!value || !value->is_object()) return last;
    for (const Part& part : kParts) {
        const json::Value* members = value->get_object().if_contains(part.name);
        if (members == nullptr || !members->is_object()) continue;
        for (const auto& member : members->get_object()) {
            if (member.value().is_string())
                (last.*part.member)[std::string(member.key())] =
                    std::string(member.value().get_string());
        }
    }
    return last;
}

base::Result<void> keep_last_declared(const std::filesystem::path& data_dir,
                                      const LastDeclared& declared) {
    json::Object out;
    for (const Part& part : kParts) {
        json::Object members;
        for (const auto& [uid, text] : declared.*part.member) members[uid] = text;
        out[part.name] = std::move(members);
    }
    return base::write_secret(data_dir / kDeclaredFile, json::serialize(out) + "\n");
}

}  // namespace snapgate::app
