// Random graphs of owners against a simple collector (garbage_model_testing.h): circles, owners
// that never were, that were made anew, or that come later; finalizers; deletions while the
// collector works; restarts. SNAPGATE_GRAPHS says how many graphs there are, SNAPGATE_SEED with
// SNAPGATE_GRAPHS=1 runs one again.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <vector>

#include "objects/garbage_model_testing.h"
#include "objects/garbage_testing.h"

namespace snapgate::objects {
namespace {

using Object = GarbageModel::Object;

constexpr const char* kFinalizer = "x.io/hold";

class RandomGraph {
  public:
    RandomGraph(GarbageWorld& world, uint64_t seed)
        : world_(world), dice_(seed), ns_("g" + std::to_string(seed)) {
        world_.make_namespace(ns_);
    }

    void run() {
        const uint64_t groups = 3 + below(8);
        for (uint64_t i = 0; i < groups && !testing::Test::HasFailure(); ++i) {
            act();
            work_a_little();
            // Deletions in the background end alike, however far the collector is, unless an owner
            // is at work on its dependents.
            for (uint64_t more = any_at_work() ? 0 : below(3); more > 0; --more) {
                if (const auto name = some_name(); !name.empty()) remove(name, "Background");
                if (below(2) == 0) drop_finalizer();
                work_a_little();
            }
            settle();
        }
        clear();
    }

  private:
    // Both come to rest, in the same state.
    void settle() {
        world_.collect();
        const std::string is = shown();
        std::vector<GarbageModel> outcomes = model_.outcomes();
        const auto same = std::ranges::find(outcomes, is, shown_by);
        ASSERT_EQ(is, shown_by(same == outcomes.end() ? outcomes.front() : *same)) << history_;
        model_ = std::move(*same);
    }

    uint64_t below(uint64_t bound) { return dice_() % bound; }
    std::string new_uid() { return fmt::format("{}-u{}", ns_, ++uids_); }

    std::string some_name() {
        if (model_.objects.empty()) return "";
        auto one = model_.objects.begin();
        std::advance(one, static_cast<std::ptrdiff_t>(below(model_.objects.size())));
        return one->first;
    }

    bool any_at_work() const {
        return std::ranges::any_of(model_.objects, [](const auto& one) {
            return one.second.waiting() || one.second.orphaning();
        });
    }

    std::vector<GarbageModel::Reference> some_owners() {
        std::vector<GarbageModel::Reference> owners;
        std::set<std::string> used;
        for (uint64_t count = below(4); count > 0; --count) {
            GarbageModel::Reference owner;
            owner.name = fmt::format("n{}", below(9));
            const auto live = model_.objects.find(owner.name);
            const uint64_t choice = below(12);
            if (choice == 0) {
                owner.uid = new_uid();  // that never was
            } else if (choice == 1) {
                owner.uid = new_uid();
                owner.other_kind = true;
            } else if (choice == 2 && !past_.empty()) {
                const auto& [name, uid] = past_[below(past_.size())];
                owner.name = name;
                owner.uid = uid;
            } else if (live != model_.objects.end()) {
                owner.uid = live->second.uid;
            } else {
                continue;
            }
            owner.blocks = below(2) == 0;
            if (used.insert(owner.uid).second) owners.push_back(std::move(owner));
        }
        return owners;
    }

    static GarbageWorld::Metadata metadata_of(const Object& object) {
        GarbageWorld::Metadata metadata;
        metadata.uid = object.uid;
        for (const auto& owner : object.owners) {
            GarbageWorld::Reference one{owner.name, owner.uid, owner.blocks};
            if (owner.other_kind) {
                one.kind = "VirtualMachine";
                one.api_version = "kubevirt.io/v1";
            }
            metadata.owners.push_back(std::move(one));
        }
        metadata.finalizers.assign(object.finalizers.begin(), object.finalizers.end());
        return metadata;
    }

    void note(const std::string& what) { history_ += what + "\n"; }
    static std::string text_of(const Object& object) {
        std::string text = object.uid;
        for (const auto& owner : object.owners)
            text += fmt::format(" {}={}{}{}", owner.name, owner.uid, owner.blocks ? "!" : "",
                                owner.other_kind ? "?" : "");
        for (const auto& finalizer : object.finalizers) text += " +" + finalizer;
        return text;
    }

    void act() {
        const uint64_t choice = below(10);
        if (choice < 4) {
            for (uint64_t count = 1 + below(5); count > 0; --count) create();
        } else if (choice < 6) {
            for (uint64_t count = 1 + below(3); count > 0; --count) import_one();
        } else if (choice == 6) {
            update_owners();
        } else if (const auto name = some_name(); !name.empty()) {
            constexpr std::array kPolicies{"Background", "Foreground", "Foreground", "Orphan"};
            remove(name, kPolicies.at(below(kPolicies.size())));
        }
    }

    void create() {
        const std::string name = fmt::format("n{}", below(9));
        if (model_.objects.contains(name)) return;
        Object object{.uid = new_uid(), .owners = some_owners(), .finalizers = {}, .going = false};
        if (below(4) == 0) object.finalizers.insert(kFinalizer);
        note("create " + name + " " + text_of(object));
        past_.emplace_back(name, object.uid);
        world_.create(name, metadata_of(object), ns_);
        model_.put(name, std::move(object), true);
    }

    void import_one() {
        // While there is work about an owner that went, a reference to it counts as gone, also one
        // that is imported then.
        settle();
        const std::string name = fmt::format("n{}", below(9));
        const auto live = model_.objects.find(name);
        if (live != model_.objects.end() && live->second.going) return;
        Object object{.uid = new_uid(), .owners = some_owners(), .finalizers = {}, .going = false};
        if (below(4) == 0) object.finalizers.insert(kFinalizer);
        if (live != model_.objects.end() && below(2) == 0) object.uid = live->second.uid;
        // One that comes back from a dump. How far the collector was when the deletion of a
        // dependent began says whether that still refers to it, and so whether it blocks it.
        if (live == model_.objects.end() && below(3) == 0)
            for (const auto& [past, uid] : past_)
                if (past == name && !model_.has_going_dependent(uid)) object.uid = uid;
        note("import " + name + " " + text_of(object));
        past_.emplace_back(name, object.uid);
        world_.import({GarbageWorld::text(ns_, name, metadata_of(object))});
        model_.put(name, std::move(object), false);
    }

    void update_owners() {
        const std::string name = some_name();
        if (name.empty()) return;
        Object object = model_.objects[name];
        object.owners = some_owners();
        note("update " + name + " " + text_of(object));
        world_.update(
            name,
            [&object](json::Object& metadata) {
                const json::Value whole =
                    json::parse(GarbageWorld::text("x", "x", metadata_of(object))).value();
                const json::Object& from = whole.as_object().at("metadata").as_object();
                if (const json::Value* owners = from.if_contains("ownerReferences")) {
                    metadata["ownerReferences"] = *owners;
                } else {
                    metadata.erase("ownerReferences");
                }
            },
            ns_);
        model_.put(name, std::move(object), true);
    }

    void remove(const std::string& name, const std::string& policy) {
        using Propagation = rules::DeleteOptions::Propagation;
        note(policy + " " + name);
        // The collector may have been faster than the model, which has not looked yet.
        const bool there = world_.remove(name,
                                         policy == "Orphan"       ? Propagation::kOrphan
                                         : policy == "Foreground" ? Propagation::kForeground
                                                                  : Propagation::kBackground,
                                         ns_);
        if (there && model_.objects.contains(name)) model_.remove(name, policy);
    }

    void drop_finalizer() {
        for (auto& [name, object] : model_.objects) {
            if (!object.has(kFinalizer) || !world_.metadata(name, ns_)) continue;
            note("drop " + name);
            const std::string which = name;
            world_.update(
                which,
                [](json::Object& metadata) {
                    json::Array kept;
                    if (const json::Value* list = metadata.if_contains("finalizers"))
                        for (const json::Value& one : list->as_array())
                            if (one.as_string() != kFinalizer) kept.push_back(one);
                    if (kept.empty())
                        metadata.erase("finalizers");
                    else
                        metadata["finalizers"] = std::move(kept);
                },
                ns_);
            object.finalizers.erase(kFinalizer);
            model_.finish(which);
            return;
        }
    }

    void work_a_little() {
        for (uint64_t steps = below(6); steps > 0; --steps) world_.step();
        const uint64_t choice = below(40);
        if (choice < 4) world_.restart_collector();
        if (choice == 4) world_.restart();
    }

    std::string shown() {
        std::string all;
        for (int i = 0; i < 9; ++i) {
            const std::string name = fmt::format("n{}", i);
            const auto metadata = world_.metadata(name, ns_);
            if (!metadata) continue;
            const bool going = metadata->contains("deletionTimestamp");
            std::set<std::string> finalizers;
            if (const json::Value* list = metadata->if_contains("finalizers"))
                for (const json::Value& one : list->as_array())
                    finalizers.insert(std::string(one.as_string()));
            std::set<std::string> owners;
            if (const json::Value* list = metadata->if_contains("ownerReferences"))
                for (const json::Value& one : list->as_array())
                    owners.insert(std::string(one.as_object().at("uid").as_string()));
            all +=
                line(name, std::string(metadata->at("uid").as_string()), going, finalizers, owners);
        }
        return all;
    }
    static std::string shown_by(const GarbageModel& model) {
        std::string all;
        for (const auto& [name, object] : model.objects) {
            std::set<std::string> owners;
            for (const auto& owner : object.owners) owners.insert(owner.uid);
            all += line(name, object.uid, object.going, object.finalizers, owners);
        }
        return all;
    }
    // Which references one that is being deleted still has depends on when that began.
    static std::string line(const std::string& name, const std::string& uid, bool going,
                            const std::set<std::string>& finalizers,
                            const std::set<std::string>& owners) {
        return fmt::format("{} {}{} [{}] [{}]\n", name, uid, going ? " going" : "",
                           fmt::join(finalizers, " "),
                           going ? std::string() : fmt::format("{}", fmt::join(owners, " ")));
    }

    // Deletes everything: nothing may be left, in the store and in the notes.
    void clear() {
        while (!model_.objects.empty() && !testing::Test::HasFailure()) {
            const std::string name = model_.objects.begin()->first;
            if (!model_.objects.begin()->second.going) remove(name, "Background");
            drop_finalizer();
            settle();
        }
        EXPECT_EQ(world_.names(ns_), "") << history_;
        EXPECT_EQ(world_.notes(store::NoteType::kDependent), 0U) << history_;
        EXPECT_EQ(world_.notes(store::NoteType::kCollect), 0U) << history_;
    }

    GarbageWorld& world_;
    std::mt19937_64 dice_;
    const std::string ns_;
    GarbageModel model_;
    std::vector<std::pair<std::string, std::string>> past_;
    uint64_t uids_ = 0;
    std::string history_;
};

TEST(GarbageGraphTest, RandomGraphsEndAsWithASimpleCollector) {
    constexpr uint64_t kGraphsOfAWorld = 200;
    const uint64_t graphs = store::environment_number("SNAPGATE_GRAPHS", 300);
    const uint64_t first = store::environment_number("SNAPGATE_SEED", std::random_device()());
    std::optional<GarbageWorld> world;
    for (uint64_t i = 0; i < graphs && !testing::Test::HasFailure(); ++i) {
        if (i % kGraphsOfAWorld == 0) world.emplace();
        SCOPED_TRACE(fmt::format("run again with SNAPGATE_GRAPHS=1 SNAPGATE_SEED={}", first + i));
        RandomGraph(*world, first + i).run();
    }
}

}  // namespace
}  // namespace snapgate::objects
