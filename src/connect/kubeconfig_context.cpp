#include <fmt/format.h>

#include <algorithm>

#include "connect/kubeconfig.h"
#include "json/yaml.h"

namespace snapgate::connect {

using base::Code;
using base::Error;
using base::Result;

namespace {

constexpr size_t kShownBytes = 80;

Error fault(const std::string& path, std::string_view what) {
    return {Code::kInvalidBody, fmt::format("{}: {}", path, what), path};
}

// A name in a form that is safe in a message.
std::string shown(std::string_view name) {
    std::string out;
    for (const char c : name.substr(0, kShownBytes)) out += c > ' ' && c < '\x7f' ? c : '?';
    return out;
}

// Whether there is nothing but blanks, comments and the marks between documents.
bool has_no_content(std::string_view text) {
    while (!text.empty()) {
        const size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
        std::string_view line = text.substr(0, end);
        text.remove_prefix(end);
        line.remove_prefix(std::min(line.find_first_not_of(" \t\r\n"), line.size()));
        if (line.starts_with("---")) line.remove_prefix(3);
        line.remove_prefix(std::min(line.find_first_not_of(" \t\r\n"), line.size()));
        if (!line.empty() && line.front() != '#') return false;
    }
    return true;
}

// A parser's message may quote the text, which contains secrets. So only the place of the fault is
// passed on.
Error unreadable(std::string_view message) {
    const size_t line = message.find("line ");
    size_t end = line == std::string_view::npos ? 0 : line + 5;
    std::string where;
    while (end != 0 && end < message.size() && message[end] >= '0' && message[end] <= '9')
        where += message[end++];
    return {Code::kInvalidBody,
            where.empty()
                ? "the kubeconfig is neither YAML nor JSON that can be read"
                : fmt::format("the kubeconfig is neither YAML nor JSON that can be read: look at "
                              "line {} (merge keys and keys given twice are not taken either)",
                              where),
            "kubeconfig"};
}

Result<json::Object> parse(std::string_view text) {
    if (text.size() > kMaxKubeconfigBytes) {
        return Error(Code::kInvalidBody,
                     fmt::format("the kubeconfig has more than {} bytes: give one with the context "
                                 "alone (kubectl config view --minify --flatten)",
                                 kMaxKubeconfigBytes),
                     "kubeconfig");
    }
    Result<json::Value> value = json::parse(text);
    // Try JSON first: not every YAML reader accepts JSON with tabs.
    if (!value) value = json::parse_yaml(text);
    if (!value) return unreadable(value.error().message);
    if (json::Object* object = value->if_object()) return std::move(*object);
    if (has_no_content(text))
        return Error(Code::kInvalidBody, "the kubeconfig is empty", "kubeconfig");
    return Error(Code::kInvalidBody,
                 "the kubeconfig is not a mapping with clusters, users and contexts", "kubeconfig");
}

// The member `member` of the first element named `name` of a list, as kubectl finds it.
Result<json::Object> find_named(const json::Object& root, std::string_view list,
                                std::string_view name, std::string_view member) {
    const std::string path = fmt::format("{}[name={}]", list, shown(name));
    const json::Value* rows = root.if_contains({list.data(), list.size()});
    if (rows != nullptr && !rows->is_null() && !rows->is_array())
        return fault(std::string(list), "must be a list");
    if (rows == nullptr || rows->is_null()) return fault(path, "there is none of that name");
    for (const json::Value& row : rows->get_array()) {
        const json::Object* object = row.if_object();
        if (object == nullptr) return fault(std::string(list), "must be a list of mappings");
        const json::Value* named = object->if_contains("name");
        if (named == nullptr || !named->is_string() || named->get_string() != name) continue;
        const json::Value* found = object->if_contains({member.data(), member.size()});
        if (found == nullptr || found->is_null()) return json::Object();
        if (const json::Object* inner = found->if_object()) return *inner;
        return fault(fmt::format("{}.{}", path, member), "must be a mapping");
    }
    return fault(path, "there is none of that name");
}

Result<std::string> text_member(const json::Object& object, const std::string& path,
                                std::string_view name) {
    auto text = json::optional_string(object, name);
    if (!text)
        return fault(path.empty() ? std::string(name) : fmt::format("{}.{}", path, name),
                     "must be text");
    return text;
}

}  // namespace

Result<KubeconfigContext> find_context(std::string_view text, std::string_view context) {
    SNAPGATE_ASSIGN(json::Object root, parse(text));
    KubeconfigContext found;
    found.name = context;
    if (found.name.empty()) {
        SNAPGATE_ASSIGN(found.name, text_member(root, "", "current-context"));
        if (found.name.empty()) {
            return fault("current-context",
                         "is not set: say which context of the kubeconfig is meant (context)");
        }
    }
    SNAPGATE_ASSIGN(json::Object named, find_named(root, "contexts", found.name, "context"));
    const std::string path = fmt::format("contexts[name={}].context", shown(found.name));
    SNAPGATE_ASSIGN(std::string cluster, text_member(named, path, "cluster"));
    SNAPGATE_ASSIGN(std::string user, text_member(named, path, "user"));
    if (cluster.empty()) return fault(path + ".cluster", "is not set");
    found.cluster_path = fmt::format("clusters[name={}].cluster", shown(cluster));
    SNAPGATE_ASSIGN(found.cluster, find_named(root, "clusters", cluster, "cluster"));
    if (user.empty()) return found;
    found.user_path = fmt::format("users[name={}].user", shown(user));
    SNAPGATE_ASSIGN(found.user, find_named(root, "users", user, "user"));
    return found;
}

}  // namespace snapgate::connect
