#include "remote/resolve.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.h"
#include "base/nearest.h"
#include "json/path.h"

namespace snapgate::cli {
namespace {

constexpr size_t kShown = 10;

std::string listed(const std::vector<Named>& all, bool candidates) {
    std::string out;
    for (size_t i = 0; i < all.size() && i < kShown; ++i) {
        if (i > 0) out += ", ";
        out += candidates ? all[i].uid : all[i].name;
        if (candidates && !all[i].project.empty())
            out += fmt::format(" (project {})", all[i].project);
    }
    if (all.size() > kShown) out += fmt::format(" and {} more", all.size() - kShown);
    return out;
}

}  // namespace

const KindWords& words_of(Kind kind) {
    static constexpr KindWords kProjectWords{"project", "projects", "/admin/v1/projects", "uid"};
    static constexpr KindWords kClusterWords{"cluster", "clusters", "/admin/v1/clusters", "uid"};
    static constexpr KindWords kKeyWords{"key", "keys", "/admin/v1/keys", "id"};
    switch (kind) {
        case Kind::kProject:
            return kProjectWords;
        case Kind::kCluster:
            return kClusterWords;
        case Kind::kKey:
            break;
    }
    return kKeyWords;
}

Outcome<Named> choose(Kind kind, std::string_view wanted, const std::vector<Named>& all) {
    const KindWords& words = words_of(kind);
    std::vector<Named> found;
    for (const Named& one : all) {
        if (one.uid == wanted) return one;
        if (one.name == wanted) found.push_back(one);
    }
    if (found.size() == 1) return found.front();
    if (found.size() > 1)
        return Failure(
            Exit::kRefused,
            fmt::format("{} {}s are named \"{}\": say which by its {}{}: {}", found.size(),
                        words.one, wanted, words.uid_field,
                        kind == Kind::kProject ? "" : ", or by --project", listed(found, true)));
    if (all.empty())
        return Failure(Exit::kRefused,
                       fmt::format("there is no {} \"{}\": this key may see no {} here", words.one,
                                   wanted, words.one));
    if (wanted.find(',') != std::string_view::npos)
        return Failure(Exit::kRefused, fmt::format("there is no {} \"{}\": name one {} here, not "
                                                   "several with commas between them",
                                                   words.one, wanted, words.one));
    std::string meant;
    if (all.size() > kShown) {  // else it is among those that are listed
        std::vector<std::string> names;
        names.reserve(all.size());
        for (const Named& one : all) names.push_back(one.name);
        if (meant = base::nearest(wanted, names); !meant.empty())
            meant = fmt::format("; did you mean {}?", meant);
    }
    return Failure(Exit::kRefused,
                   fmt::format("there is no {} \"{}\" among those that this key may see: {}{}",
                               words.one, wanted, listed(all, false), meant));
}

std::string path_of(Kind kind, std::string_view uid) {
    return fmt::format("{}/{}", words_of(kind).path, base::percent_encode(uid));
}

Outcome<std::vector<json::Object>> list_objects(Api& api, Kind kind) {
    SNAPGATE_ASSIGN(auto response, api.get(std::string(words_of(kind).path)));
    return parse_items(response, api.server());
}

std::vector<Named> named_items(Kind kind, const std::vector<json::Object>& items) {
    std::vector<Named> all;
    all.reserve(items.size());
    for (const json::Object& item : items)
        all.push_back({std::string(json::text_at(item, {words_of(kind).uid_field})),
                       std::string(json::text_at(item, {"name"})),
                       std::string(json::text_at(item, {"type"})),
                       std::string(json::text_at(item, {"projectUid"}))});
    std::sort(all.begin(), all.end(),
              [](const Named& a, const Named& b) { return a.name < b.name; });
    return all;
}

namespace {

// Puts the names of the projects in place of their uids.
Outcome<> name_projects(Api& api, std::vector<Named>& all) {
    SNAPGATE_ASSIGN(auto items, list_objects(api, Kind::kProject));
    const std::vector<Named> projects = named_items(Kind::kProject, items);
    for (Named& one : all) {
        const auto project = std::ranges::find(projects, one.project, &Named::uid);
        if (project != projects.end()) one.project = project->name;
    }
    return {};
}

}  // namespace

Outcome<Named> choose(Api& api, Kind kind, std::string_view wanted, const std::vector<Named>& all) {
    const auto named = std::ranges::count(all, wanted, &Named::name);
    if (kind == Kind::kProject || named < 2) return choose(kind, wanted, all);
    // For the message that asks which of them is meant.
    std::vector<Named> shown = all;
    SNAPGATE_TRY(name_projects(api, shown));
    return choose(kind, wanted, shown);
}

Outcome<Named> resolve(Api& api, Kind kind, std::string_view wanted) {
    SNAPGATE_ASSIGN(auto items, list_objects(api, kind));
    return choose(api, kind, wanted, named_items(kind, items));
}

Outcome<> enter_project(Api& api, const Target& target) {
    if (target.project.empty()) return {};
    SNAPGATE_ASSIGN(Named project, resolve(api, Kind::kProject, target.project));
    api.enter_project(std::move(project.uid));
    return {};
}

}  // namespace snapgate::cli
