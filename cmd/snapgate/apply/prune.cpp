#include "apply/prune.h"

#include <fmt/format.h>

#include <string>
#include <vector>

#include "base/count_text.h"
#include "base/encoding.h"
#include "json/path.h"
#include "json/whole_number.h"
#include "terminal/ask.h"

namespace snapgate::cli {
namespace {

// One that the set made and does not declare any more.
struct Left {
    Kind kind;
    std::string name;
    std::string uid;
    std::string holds;    // 12 snapshots, 3 virtualmachines; "" for nothing
    bool hosted = false;  // a cluster whose objects are nowhere else

    std::string text() const { return fmt::format("{}/{}", words_of(kind).one, name); }
    bool needs_force() const { return hosted && !holds.empty(); }
};

std::string query_of(const ApplyFile& file) {
    return "?applySet=" + base::percent_encode(file.set);
}

// All that the set made.
Outcome<std::vector<json::Object>> made_by_set(Api& api, Kind kind, const ApplyFile& file) {
    SNAPGATE_ASSIGN(auto response, api.get(std::string(words_of(kind).path) + query_of(file)));
    SNAPGATE_ASSIGN(auto items, parse_items(response, api.server()));
    // A server that does not know the parameter lists everything.
    std::erase_if(items, [&](const json::Object& item) {
        return json::text_at(item, {"applySet"}) != file.set;
    });
    return items;
}

std::string held_by(const json::Object& cluster) {
    std::string held;
    const auto add = [&held](uint64_t count, std::string_view one, std::string_view many) {
        if (count == 0) return;
        if (!held.empty()) held += ", ";
        held += base::counted(count, one, many);
    };
    const auto number = [](const json::Object& object, std::string_view member) {
        return static_cast<uint64_t>(json::whole_number(object, member, 0).value_or(0));
    };
    add(number(cluster, "objects"), "snapshot", "snapshots");
    if (const json::Array* kinds = json::array_at(cluster, {"kinds"})) {
        for (const json::Value& kind : *kinds) {
            if (!kind.is_object()) continue;
            const std::string name(json::text_at(kind.get_object(), {"name"}));
            add(number(kind.get_object(), "objects"), name, name);
        }
    }
    return held;
}

template <class Declared>
bool declares(const std::vector<Declared>& declared, const std::string& name,
              const std::string& uid) {
    for (const Declared& one : declared) {
        if (one.uid.empty() ? one.name == name : one.uid == uid) return true;
    }
    return false;
}

Outcome<std::vector<Left>> find_left(Api& api, const ApplyFile& file) {
    std::vector<Left> left;
    SNAPGATE_ASSIGN(const auto clusters, made_by_set(api, Kind::kCluster, file));
    for (const json::Object& item : clusters) {
        Left one{Kind::kCluster, std::string(json::text_at(item, {"name"})),
                 std::string(json::text_at(item, {"uid"})), held_by(item),
                 json::text_at(item, {"type"}) == "hosted"};
        if (!declares(file.declared.clusters, one.name, one.uid)) left.push_back(std::move(one));
    }
    SNAPGATE_ASSIGN(const auto projects, made_by_set(api, Kind::kProject, file));
    for (const json::Object& item : projects) {
        Left one{Kind::kProject,
                 std::string(json::text_at(item, {"name"})),
                 std::string(json::text_at(item, {"uid"})),
                 {},
                 false};
        if (!declares(file.declared.projects, one.name, one.uid)) left.push_back(std::move(one));
    }
    return left;
}

// What goes with it.
std::string fate_of(const Left& one, const PruneTerms& terms) {
    if (one.kind == Kind::kProject) return "if it is empty by then";
    if (one.holds.empty()) return one.hosted ? "it holds nothing" : "its mirror is empty";
    if (!one.hosted)
        return fmt::format("its mirror of {} goes; the cluster itself keeps its own", one.holds);
    if (!terms.force)
        return fmt::format("left alone: it holds {}, which are kept nowhere else (--force)",
                           one.holds);
    return fmt::format("it holds {}, which are kept nowhere else, and go", one.holds);
}

}  // namespace

Outcome<Exit> prune(Api& api, const ApplyFile& file, const PruneTerms& terms, Console& console) {
    SNAPGATE_ASSIGN(const std::vector<Left> left, find_left(api, file));
    size_t going = 0;
    for (const Left& one : left) {
        const bool stays = one.needs_force() && !terms.force;
        console.note(fmt::format("{} (uid {}) is declared no more: {}", one.text(), one.uid,
                                 fate_of(one, terms)));
        if (!stays) ++going;
    }
    Exit exit = going == left.size() ? Exit::kOk : Exit::kRefused;
    if (going == 0) return exit;
    if (!terms.dry_run && !terms.yes &&
        !ask(file.from_input,
             fmt::format("Remove {}?", base::counted(going, "of them", "of them")))) {
        console.note("Nothing was removed.");
        return Exit::kRefused;
    }
    for (const Left& one : left) {
        if (one.needs_force() && !terms.force) continue;
        if (terms.dry_run) {
            console.print_line(one.text() + " pruned (dry run)");
            continue;
        }
        const auto removed = api.remove(path_of(one.kind, one.uid) + query_of(file) +
                                        (one.needs_force() ? "&force=true" : ""));
        if (!removed && removed.error().exit == Exit::kUnreachable) return removed.error();
        if (!removed) {
            exit = Exit::kRefused;
            console.note(fmt::format("error: {}: {}", one.text(), removed.error().message));
            continue;
        }
        console.print_line(one.text() + " pruned");
        SNAPGATE_TRY(console.flush());
    }
    return exit;
}

}  // namespace snapgate::cli
