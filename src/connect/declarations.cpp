#include "connect/declarations.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <span>
#include <utility>

#include "base/nearest.h"
#include "cluster/imports.h"
#include "json/yaml_lines.h"
#include "model/names.h"

namespace snapgate::connect {
namespace {

using base::Code;
using base::Error;
using base::Result;

constexpr std::string_view kProjects = "projects";
constexpr std::string_view kClusters = "clusters";
constexpr std::string_view kNameRule =
    "must be 1 to 128 printable characters without blanks at its ends";

// An error about the member `member`; "": about the element.
Error wrong(std::string_view member, std::string_view what) {
    return {Code::kInvalidParameter, std::string(what), std::string(member)};
}

// An unknown member is not shown unless it looks like the name of one: it may be a secret that slid
// out of its place.
Result<void> refuse_unknown(const json::Object& object, std::span<const std::string_view> known) {
    for (const auto& member : object) {
        const std::string_view key = member.key();
        if (std::ranges::find(known, key) != known.end()) continue;
        const bool shown =
            !key.empty() && key.size() <= 24 &&
            key.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-") ==
                std::string_view::npos;
        return wrong({}, base::unknown_field(key, shown, {known.begin(), known.end()}));
    }
    return {};
}

Result<std::string> text_of(const json::Object& object, std::string_view member) {
    auto text = json::optional_string(object, member);
    if (text) return text;
    return wrong(member, "must be a text");
}

Result<bool> switch_of(const json::Object& object, std::string_view member) {
    const json::Value* value = object.if_contains(member);
    if (value == nullptr || value->is_null()) return false;
    if (!value->is_bool()) return wrong(member, "must be true or false");
    return value->get_bool();
}

// Name and uid, which projects and clusters have.
template <class Declared>
Result<void> read_names(Declared& declared, const json::Object& object) {
    SNAPGATE_ASSIGN(declared.name, text_of(object, "name"));
    SNAPGATE_ASSIGN(declared.uid, text_of(object, "uid"));
    if (!model::is_display_name(declared.name)) return wrong("name", kNameRule);
    if (!declared.uid.empty() && !model::is_uid(declared.uid)) return wrong("uid", model::kUidRule);
    return {};
}

Result<DeclaredProject> read_project(const json::Object& object) {
    SNAPGATE_TRY(refuse_unknown(object, kProjectMembers));
    DeclaredProject project;
    SNAPGATE_TRY(read_names(project, object));
    const json::Value* quota = object.if_contains("quota");
    if (quota == nullptr || quota->is_null()) return project;
    if (!quota->is_object())
        return wrong("quota", "must be a mapping with some of clusters, keys, objects and bytes");
    auto parsed = access::parse_quota(quota->get_object());
    if (!parsed) return wrong("quota", parsed.error().message);
    project.quota = *parsed;
    return project;
}

Result<DeclaredCluster> read_cluster(const json::Object& object,
                                     const std::filesystem::path& folder, DeclaredTo to) {
    SNAPGATE_TRY(refuse_unknown(object, kClusterMembers));
    DeclaredCluster cluster;
    SNAPGATE_TRY(read_names(cluster, object));
    SNAPGATE_ASSIGN(cluster.project, text_of(object, "project"));
    SNAPGATE_ASSIGN(const std::string kubeconfig, text_of(object, "kubeconfig"));
    SNAPGATE_ASSIGN(cluster.context, text_of(object, "context"));
    SNAPGATE_ASSIGN(cluster.in_cluster, switch_of(object, "in-cluster"));
    SNAPGATE_ASSIGN(cluster.hosted, switch_of(object, "hosted"));
    if (cluster.in_cluster && to == DeclaredTo::kCommand)
        return wrong("in-cluster", "only the server's own configuration file may say this");
    const int kinds =
        (kubeconfig.empty() ? 0 : 1) + (cluster.in_cluster ? 1 : 0) + (cluster.hosted ? 1 : 0);
    if (kinds != 1) {
        return wrong({}, to == DeclaredTo::kServer
                             ? "must have one of kubeconfig (a file), in-cluster: true and "
                               "hosted: true"
                             : "must have one of kubeconfig (a file) and hosted: true");
    }
    if (!cluster.context.empty() && kubeconfig.empty())
        return wrong("context", "goes with a kubeconfig");
    if (!kubeconfig.empty()) cluster.kubeconfig = folder / kubeconfig;
    SNAPGATE_ASSIGN(const std::string every, text_of(object, "expected-every"));
    if (every.empty()) return cluster;
    if (!cluster.hosted) return wrong("expected-every", "goes with hosted: true");
    auto parsed = cluster::expected_every_of(every, "expected-every");
    if (!parsed) return wrong("expected-every", parsed.error().message);
    cluster.expected_every = *parsed;
    return cluster;
}

// What an element that is wrong may be known by.
std::string readable(const json::Value& value, std::string_view member,
                     bool (*good)(std::string_view)) {
    const json::Object* object = value.if_object();
    const json::Value* text = object == nullptr ? nullptr : object->if_contains(member);
    if (text == nullptr || !text->is_string() || !good(text->get_string())) return {};
    return std::string(text->get_string());
}

// The places of the names and uids of a list. Names are unique in a file: they are what a cluster
// without a uid is found by.
class Places {
  public:
    // Refuses a name or a uid that an earlier element has.
    template <class Declared>
    Result<void> add(const Declared& declared) {
        if (!declared.uid.empty()) {
            const auto [other, added] = uids_.emplace(declared.uid, declared.place);
            if (!added) return wrong("uid", fmt::format("{} has this uid, too", other->second));
        }
        const auto [other, added] = names_.emplace(declared.name, declared.place);
        if (added) return {};
        return wrong("name", fmt::format("{} is named \"{}\", too", other->second, declared.name));
    }

  private:
    std::map<std::string, std::string> names_;
    std::map<std::string, std::string> uids_;
};

template <class Declared>
void read_list(std::vector<DeclarationFault>& faults, std::vector<Declared>& into,
               std::string_view name, const json::Array& list,
               const std::function<Result<Declared>(const json::Object&)>& read) {
    Places places;
    size_t index = 0;
    for (const json::Value& value : list) {
        const std::string place = fmt::format("{}[{}]", name, index++);
        auto declared = value.is_object() ? read(value.get_object())
                                          : Result<Declared>(wrong({}, "must be a mapping"));
        if (declared) {
            declared->place = place;
            if (auto added = places.add(*declared); !added) declared = added.error();
        }
        if (declared) {
            into.push_back(std::move(*declared));
            continue;
        }
        const Error& error = declared.error();
        faults.push_back(
            {error.subject.empty() ? place : fmt::format("{}.{}", place, error.subject),
             error.message, readable(value, "name", model::is_display_name),
             readable(value, "uid", model::is_uid)});
    }
}

}  // namespace

bool Declarations::tells_all(std::string_view list) const {
    return std::ranges::none_of(faults, [&](const DeclarationFault& fault) {
        return fault.place.starts_with(list) && fault.name.empty() && fault.uid.empty();
    });
}

std::string Declarations::text(const DeclarationFault& fault) const {
    const size_t line = json::line_of(lines, fault.place);
    if (line == 0) return fmt::format("{}: {}: {}", file, fault.place, fault.message);
    return fmt::format("{}:{}: {}: {}", file, line, fault.place, fault.message);
}

bool is_declaration(std::string_view name) {
    return name == kProjects || name == kClusters;
}

Declarations begin_declarations(const std::filesystem::path& file, std::string_view text) {
    Declarations declarations;
    declarations.file = file.string();
    declarations.lines = json::yaml_lines(text);
    return declarations;
}

void read_declarations(Declarations& declarations, std::string_view name, const json::Value& value,
                       DeclaredTo to) {
    const std::filesystem::path folder = std::filesystem::path(declarations.file).parent_path();
    if (value.is_null()) return;
    const json::Array* list = value.if_array();
    if (list == nullptr) {
        declarations.faults.push_back({std::string(name), "must be a list"});
        return;
    }
    if (name == kProjects) {
        read_list<DeclaredProject>(declarations.faults, declarations.projects, name, *list,
                                   read_project);
    } else {
        read_list<DeclaredCluster>(
            declarations.faults, declarations.clusters, name, *list,
            [&](const json::Object& object) { return read_cluster(object, folder, to); });
    }
}

}  // namespace snapgate::connect
