// Random applies and updates of one snapshot, by several managers, through both endpoints and in
// both versions, against a simple model. SNAPGATE_APPLY_STEPS makes it longer, SNAPGATE_SEED
// repeats it.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <random>

#include "base/environment_testing.h"
#include "rules/go_json.h"
#include "rules/ownership_model_testing.h"

namespace snapgate::rules {
namespace {

const FlatPath kFlatSource{"f:spec", "f:source"};
const std::string kFlatSourceText =
    R"({"apiGroup":"kubevirt.io","kind":"VirtualMachine","name":"vm-1"})";

// What the model says that a request leads to.
struct Outcome {
    bool conflict = false;
    FlatSet conflicts;  // the paths, of all managers
    bool invalid = false;
    bool missing = false;

    static Outcome none() {
        Outcome outcome;
        outcome.missing = true;
        return outcome;
    }
    static Outcome refusal() {
        Outcome outcome;
        outcome.invalid = true;
        return outcome;
    }
};

class OwnershipModel {
  public:
    bool exists = false;
    FlatObject object;
    FlatOwners owners;

    Outcome apply(const FlatManager& manager, const FlatObject& configuration, bool force,
                  const std::string& version) {
        const bool status = std::get<2>(manager) == "status";
        if (!exists && status) return Outcome::none();
        FlatObject config = configuration;
        drop_flat(config, {status ? "f:spec" : "f:status"});
        FlatOwners next = owners;
        if (exists && next.empty()) {
            FlatSet& before = next[{"before-first-apply", false, std::get<2>(manager), version}];
            for (const auto& [path, value] : object)
                if (path.front() != (status ? "f:spec" : "f:status")) before.insert(path);
        }
        FlatSet mine;
        for (const auto& [path, value] : config)
            if (!is_flat_container(path)) mine.insert(path);
        FlatSet last = std::exchange(next[manager], mine);

        FlatObject merged = object;
        for (const auto& [path, value] : config) merged[path] = value;
        FlatSet owned;
        for (const auto& [other, fields] : next) owned.insert(fields.begin(), fields.end());
        with_containers(last);
        with_containers(owned);
        for (const FlatPath& path : last)
            if (!owned.contains(path)) drop_flat(merged, path);
        if (!status) {
            // What is in the status stays, whoever gave it up.
            drop_flat(merged, {"f:status"});
            for (const auto& [path, value] : object)
                if (path.front() == "f:status") merged[path] = value;
        } else {
            for (const auto& [path, value] : object)
                if (path.front() == "f:spec") merged[path] = value;
        }

        Outcome outcome;
        track(next, merged, manager, outcome.conflicts);
        if (!outcome.conflicts.empty() && !force) {
            outcome.conflict = true;
            return outcome;
        }
        // What has lost all of its parts is null until here, and is not stored.
        const FlatObject whole = merged;
        std::erase_if(merged, [&](const auto& member) {
            return is_empty_container(whole, member.first) &&
                   !(object.contains(member.first) && is_empty_container(object, member.first));
        });
        if (!merged.contains(kFlatSource)) return Outcome::refusal();
        accept(std::move(merged), std::move(next), status);
        return outcome;
    }

    void update(const FlatManager& manager, FlatObject changed) {
        const bool status = std::get<2>(manager) == "status";
        FlatOwners next = owners;
        if (exists && next.empty()) {
            accept(std::move(changed), {}, status);
            return;
        }
        FlatSet taken;
        track(next, changed, manager, taken);
        FlatSet& mine = next[manager];
        for (const auto& [path, value] : changed)
            if (is_new(path, value)) mine.insert(path);
        for (const auto& [path, value] : object)
            if (!changed.contains(path)) mine.erase(path);
        accept(std::move(changed), std::move(next), status);
    }

    void remove() { *this = {}; }
    void reset() { owners.clear(); }

  private:
    bool is_new(const FlatPath& path, const std::string& value) const {
        auto before = object.find(path);
        return before == object.end() || before->second != value;
    }

    // All but the manager lose what changed; `taken` gets it.
    void track(FlatOwners& next, const FlatObject& changed, const FlatManager& manager,
               FlatSet& taken) const {
        for (auto& [other, fields] : next) {
            if (other == manager) continue;
            std::erase_if(fields, [&](const FlatPath& path) {
                auto now = changed.find(path);
                if (now == changed.end()) return object.contains(path);
                if (!is_new(path, now->second)) return false;
                taken.insert(path);
                return true;
            });
        }
    }

    static void with_containers(FlatSet& fields) {
        FlatSet containers;
        for (const FlatPath& path : fields)
            for (FlatPath outer = parent_of(path); !outer.empty(); outer = parent_of(outer))
                if (is_flat_container(outer)) containers.insert(outer);
        fields.merge(containers);
    }

    void accept(FlatObject changed, FlatOwners next, bool status) {
        std::erase_if(next, [](const auto& entry) { return entry.second.empty(); });
        owners = std::move(next);
        exists = true;
        // A request through one endpoint may own fields of the other, but changes none of them.
        for (FlatObject* flat : {&object, &changed})
            std::erase_if(*flat, [&](const auto& member) {
                return (member.first.front() == "f:status") != (status == (flat == &changed));
            });
        object.merge(changed);
    }
};

class RandomHistory {
  public:
    explicit RandomHistory(uint64_t seed) : random_(seed) {}

    void step() {
        const uint64_t what = pick(100);
        if (!model_.exists || what < 55)
            apply_some();
        else if (what < 90)
            update_some();
        else if (what < 97)
            reset();
        else
            remove();
        compare();
    }

  private:
    uint64_t pick(uint64_t below) {
        return std::uniform_int_distribution<uint64_t>(0, below - 1)(random_);
    }
    bool chance(uint64_t percent) { return pick(100) < percent; }

    // Some fields with some values; `status`: with those of the status, too.
    FlatObject some_fields(uint64_t percent, bool status) {
        FlatObject fields;
        auto maybe = [&](const FlatPath& path, std::string value) {
            if (chance(percent)) put_flat(fields, path, std::move(value));
        };
        for (std::string_view name : {"a", "b", "c", "d"})
            maybe({"f:metadata", "f:labels", fmt::format("f:{}", name)},
                  fmt::format("{}", pick(3)));
        for (std::string_view name : {"n", "m"})
            maybe({"f:metadata", "f:annotations", fmt::format("f:{}", name)},
                  fmt::format("{}", pick(2)));
        for (uint64_t i = 0; i < 3; ++i) {
            maybe({"f:metadata", "f:finalizers", fmt::format("v:\"x.io/{}\"", i)},
                  fmt::format("x.io/{}", i));
            maybe({"f:metadata", "f:ownerReferences", fmt::format(R"(k:{{"uid":"{}"}})", i)},
                  fmt::format(R"({{"apiVersion":"v1","kind":"K","name":"n{}","uid":"{}"}})",
                              pick(2), i));
        }
        if (!status) return fields;
        maybe({"f:status", "f:phase"}, fmt::format("p{}", pick(3)));
        maybe({"f:status", "f:error", "f:message"}, fmt::format("m{}", pick(2)));
        maybe({"f:status", "f:error", "f:time"}, "2026-01-01T00:00:00Z");
        maybe({"f:status", "f:conditions"},
              fmt::format(R"([{{"status":"True","type":"t{}"}}])", pick(2)));
        for (std::string_view name : {"Online", "GuestAgent", "NoGuestAgent"})
            maybe({"f:status", "f:indications", fmt::format("v:\"{}\"", name)}, std::string(name));
        for (std::string_view name : {"root", "data"})
            maybe({"f:status", "f:snapshotVolumes", "f:includedVolumes",
                   fmt::format("v:\"{}\"", name)},
                  std::string(name));
        return fields;
    }

    Writer writer_of(const FlatManager& manager, const std::string& version) {
        Writer writer = rules::writer();
        writer.manager = std::get<0>(manager);
        writer.version = version;
        return writer;
    }

    void apply_some() {
        const bool status = chance(30);
        const std::string version = chance(30) ? "v1alpha1" : "v1beta1";
        const FlatManager manager{fmt::format("m{}", pick(4)), true, status ? "status" : "", ""};
        FlatObject config = some_fields(chance(10) ? 0 : 40, status || chance(20));
        if (chance(status ? 20 : 85)) put_flat(config, kFlatSource, kFlatSourceText);
        const bool force = chance(40);
        Body body{to_object(config), {}};
        body.object["apiVersion"] = "snapshot.kubevirt.io/" + version;
        says(fmt::format("apply{} by {} {}{}: {}", force ? " with force" : "", std::get<0>(manager),
                         version, status ? " status" : "", json::serialize(body.object)));
        const Target target{"web", "s1", status};
        const Writer writer = writer_of(manager, version);
        const bool existed = model_.exists;
        const Outcome wanted =
            model_.apply(manager, config, force, "snapshot.kubevirt.io/" + version);
        if (wanted.missing) return;  // the server answers that, and asks no rule
        base::Result<Change> change =
            existed ? apply(live_, body, target, writer, force)
                    : apply_new(body, target, fmt::format("u{}", ++uids_), writer);
        if (wanted.conflict) {
            ASSERT_FALSE(change) << history_;
            EXPECT_EQ(change.error().code, base::Code::kConflict) << history_;
            std::set<std::string> fields;
            for (const base::Cause& cause : change.error().causes) fields.insert(cause.field);
            EXPECT_EQ(fields.size(), wanted.conflicts.size()) << history_;
        } else if (wanted.invalid) {
            ASSERT_FALSE(change) << history_;
            EXPECT_EQ(change.error().code, base::Code::kInvalid)
                << change.error().message << history_;
        } else {
            take(std::move(change));
        }
    }

    void update_some() {
        const bool status = chance(40);
        const std::string version = chance(30) ? "v1alpha1" : "v1beta1";
        const FlatManager manager{fmt::format("m{}", pick(2)), false, status ? "status" : "",
                                  "snapshot.kubevirt.io/" + version};
        FlatObject changed = model_.object;
        auto ours = [status](const FlatPath& path) {
            return (path.front() == "f:status") == status && path != kFlatSource;
        };
        for (const auto& [path, value] : model_.object)
            if (ours(path) && !is_flat_container(path) && chance(20)) drop_flat(changed, path);
        for (const auto& [path, value] : some_fields(20, true))
            if (ours(path) && !is_flat_container(path)) put_flat(changed, path, value);
        for (int round = 0; round < 3; ++round)
            std::erase_if(changed, [&](const auto& member) {
                return ours(member.first) && is_empty_container(changed, member.first);
            });
        Body body{to_object(changed), {}};
        body.object["apiVersion"] = "snapshot.kubevirt.io/" + version;
        set_text(body.object.at("metadata").get_object(), "resourceVersion", "7");
        says(fmt::format("update by {} {}{}: {}", std::get<0>(manager), version,
                         status ? " status" : "", json::serialize(body.object)));
        take(update(live_, std::move(body), {"web", "s1", status}, writer_of(manager, version)));
        model_.update(manager, std::move(changed));
    }

    void reset() {
        says("reset");
        Body body{live_, {}};
        body.object.at("metadata").get_object()["managedFields"] = json::Array();
        take(update(live_, std::move(body), kMain, writer()));
        model_.reset();
    }

    void remove() {
        says("remove");
        model_.remove();
        live_.clear();
    }

    void take(base::Result<Change> change) {
        ASSERT_TRUE(change) << change.error().message << history_;
        ASSERT_NE(change->effect, Change::Effect::kRemove) << history_;
        live_ = std::move(change->object);
        set_text(live_.at("metadata").get_object(), "resourceVersion", "7");
    }

    void compare() {
        if (!model_.exists) return;
        ASSERT_EQ(values_of(live_), values_of(to_object(model_.object))) << history_;
        ASSERT_EQ(flat_owners(live_), model_.owners) << history_;
    }

    // Without what only the server writes, and with the lists in the order of their texts.
    static std::string values_of(const json::Object& object) {
        json::Object kept;
        for (std::string_view name : {"spec", "status"}) copy_member(object, name, kept);
        const json::Object* metadata = find_object(object, "metadata");
        for (std::string_view name : {"annotations", "finalizers", "labels", "ownerReferences"})
            if (metadata != nullptr) copy_member(*metadata, name, kept);
        json::Value value(std::move(kept));
        sort_lists(value);
        std::string text;
        append_go_json(value, text);
        return text;
    }

    static void sort_lists(json::Value& value) {
        if (json::Object* object = value.if_object())
            for (auto& member : *object) sort_lists(member.value());
        json::Array* list = value.if_array();
        if (list == nullptr) return;
        std::vector<std::string> texts;
        for (const json::Value& item : *list) append_go_json(item, texts.emplace_back());
        std::ranges::sort(texts);
        list->clear();
        for (const std::string& text : texts) list->push_back(*json::parse(text));
    }

    // The last steps, for a failure.
    void says(std::string line) {
        history_ = history_.substr(history_.size() > 8000 ? history_.size() - 8000 : 0);
        history_ += "\n" + std::move(line);
    }

    std::mt19937_64 random_;
    OwnershipModel model_;
    json::Object live_;
    uint64_t uids_ = 0;
    std::string history_;
};

TEST(ServerSideApplyModel, AgreesAfterEveryStep) {
    const uint64_t seed = base::environment_number("SNAPGATE_SEED", std::random_device()());
    const uint64_t steps = base::environment_number("SNAPGATE_APPLY_STEPS", 3'000);
    RandomHistory history(seed);
    for (uint64_t i = 0; i < steps && !::testing::Test::HasFailure(); ++i) history.step();
    if (HasFailure()) ADD_FAILURE() << "run again with SNAPGATE_SEED=" << seed;
}

}  // namespace
}  // namespace snapgate::rules
