#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace snapgate::objects {

// A simple garbage collector over maps: it looks at everything again and again until nothing
// changes. Tests compare the real one with it. One namespace; the rules are those of Kubernetes'
// garbage collector controller.
class GarbageModel {
  public:
    struct Reference {
        std::string name;
        std::string uid;
        bool blocks = false;
        bool other_kind = false;
        bool gone = false;  // its owner went, or never was and a request made the reference
    };
    struct Object {
        std::string uid;
        std::vector<Reference> owners;
        std::set<std::string> finalizers;
        bool going = false;

        bool has(const std::string& finalizer) const { return finalizers.contains(finalizer); }
        bool waiting() const { return going && has("foregroundDeletion"); }
        bool orphaning() const { return going && has("orphan"); }
    };

    std::map<std::string, Object> objects;

    bool exists(const Reference& owner) const {
        const auto found = objects.find(owner.name);
        return found != objects.end() && found->second.uid == owner.uid;
    }

    bool has_going_dependent(const std::string& uid) const {
        return std::ranges::any_of(
            objects, [&](const auto& one) { return one.second.going && refers(one.second, uid); });
    }

    // What was there under the name is replaced.
    void put(const std::string& name, Object object, bool by_request) {
        const auto before = objects.find(name);
        const Object old = before == objects.end() ? Object() : before->second;
        for (Reference& owner : object.owners) {
            const auto known = std::ranges::find(old.owners, owner.uid, &Reference::uid);
            // A reference that an import made stays what it is when a request keeps it.
            if (known != old.owners.end()) {
                owner.gone = known->gone;
            } else {
                owner.gone = by_request && !owner.other_kind && !exists(owner) &&
                             !(owner.name == name && owner.uid == object.uid);
            }
        }
        const std::string uid = object.uid;
        objects[name] = std::move(object);
        if (!old.uid.empty() && old.uid != uid) note_gone(old.uid);
    }

    // `policy`: Background, Foreground, Orphan.
    void remove(const std::string& name, const std::string& policy) {
        Object& object = objects.at(name);
        object.finalizers.erase("orphan");
        object.finalizers.erase("foregroundDeletion");
        if (policy == "Foreground") object.finalizers.insert("foregroundDeletion");
        if (policy == "Orphan") object.finalizers.insert("orphan");
        object.going = true;
        finish(name);
    }

    // After finalizers went.
    bool finish(const std::string& name) {
        const auto found = objects.find(name);
        if (!found->second.going || !found->second.finalizers.empty()) return false;
        const std::string uid = found->second.uid;
        objects.erase(found);
        note_gone(uid);
        return true;
    }

    void settle() {
        while (settle_once()) {
        }
    }

    // What can come of it. Of owners that wait for each other, one is let go, and a dependent loses
    // its references to an owner that waits if another one does not wait yet: that depends on which
    // of them is looked at first, and on whether what an owner waits for is done before the rest.
    // As a rule all outcomes are alike.
    std::vector<GarbageModel> outcomes() const {
        std::vector<GarbageModel> all{*this};
        all.front().settle();
        if (all.front().order_counts_) {
            for (const auto& [name, object] : objects) {
                for (const bool one_by_one : {false, true}) {
                    GarbageModel other = *this;
                    other.first_ = name;
                    other.one_by_one_ = one_by_one;
                    other.settle();
                    all.push_back(std::move(other));
                }
            }
        }
        for (GarbageModel& one : all) {
            one.first_.clear();
            one.one_by_one_ = one.order_counts_ = false;
        }
        return all;
    }

  private:
    void note_gone(const std::string& uid) {
        for (auto& [name, object] : objects)
            for (Reference& owner : object.owners)
                if (owner.uid == uid && !owner.other_kind) owner.gone = true;
    }

    static bool refers(const Object& object, const std::string& uid) {
        return std::ranges::any_of(object.owners, [&](const Reference& owner) {
            return !owner.other_kind && owner.uid == uid;
        });
    }
    static bool blocks(const Object& object, const std::string& uid) {
        return std::ranges::any_of(object.owners, [&](const Reference& owner) {
            return !owner.other_kind && owner.uid == uid && owner.blocks;
        });
    }

    // In the order in which they are looked at.
    std::vector<std::string> names() const {
        std::vector<std::string> all;
        all.reserve(objects.size());
        for (const auto& [name, object] : objects) all.push_back(name);
        std::ranges::rotate(all, std::ranges::lower_bound(all, first_));
        return all;
    }

    bool settle_once() {
        for (const std::string& name : names()) {
            if (!objects.contains(name)) continue;
            const Object owner = objects[name];
            if (owner.orphaning()) return orphan(name, owner.uid);
            if (!owner.waiting() || !attend(name, owner.uid)) continue;
            if (one_by_one_) first_ = name;
            return true;
        }
        for (const std::string& name : names()) {
            const Object& object = objects[name];
            const bool any_gone = std::ranges::any_of(
                object.owners, [&](const Reference& owner) { return is_gone(owner); });
            if (!object.going && any_gone && attempt(name)) return true;
        }
        return false;
    }

    bool orphan(const std::string& name, const std::string& uid) {
        for (auto& [other, object] : objects)
            std::erase_if(object.owners, [&](const Reference& owner) {
                return !owner.other_kind && owner.uid == uid;
            });
        objects[name].finalizers.erase("orphan");
        finish(name);
        return true;
    }

    // An owner that waits for its dependents.
    bool attend(const std::string& name, const std::string& uid) {
        for (const std::string& other : names())
            if (!objects[other].going && refers(objects[other], uid) && attempt(other)) return true;
        const bool blocked =
            std::ranges::any_of(objects, [&](const auto& one) { return blocks(one.second, uid); });
        if (!blocked) {
            objects[name].finalizers.erase("foregroundDeletion");
            finish(name);
            return true;
        }
        if (!waits_for_itself(uid)) return false;
        order_counts_ = true;
        for (Reference& owner : objects[name].owners) owner.blocks = false;
        return true;
    }

    bool waits_for_itself(const std::string& uid) const {
        std::set<std::string> reached{uid};
        for (bool grew = true; grew;) {
            grew = false;
            for (const auto& [name, object] : objects) {
                const bool behind = std::ranges::any_of(
                    reached, [&](const std::string& one) { return blocks(object, one); });
                if (behind && object.uid == uid) return true;
                if (behind && object.waiting() && reached.insert(object.uid).second) grew = true;
            }
        }
        return false;
    }

    bool is_gone(const Reference& owner) const {
        return !owner.other_kind && !exists(owner) && owner.gone;
    }

    bool attempt(const std::string& name) {
        Object& object = objects[name];
        bool solid = false;
        bool waiting = false;
        std::set<std::string> lost;
        for (const Reference& owner : object.owners) {
            const bool waits = !owner.other_kind && exists(owner) && objects[owner.name].waiting();
            if (waits || is_gone(owner)) {
                lost.insert(owner.uid);
                waiting = waiting || waits;
            } else {
                solid = true;
            }
        }
        if (lost.empty()) return false;
        if (solid) {
            order_counts_ = order_counts_ || waiting;
            std::erase_if(object.owners,
                          [&](const Reference& owner) { return lost.contains(owner.uid); });
            return true;
        }
        bool has_dependents = false;
        bool circle = false;
        for (const auto& [other, dependent] : objects) {
            if (!refers(dependent, object.uid)) continue;
            has_dependents = true;
            circle = circle || dependent.waiting();
        }
        if (waiting && has_dependents) {
            if (circle)
                for (Reference& owner : object.owners) owner.blocks = false;
            remove(name, "Foreground");
            return true;
        }
        remove(name, object.has("orphan")               ? "Orphan"
                     : object.has("foregroundDeletion") ? "Foreground"
                                                        : "Background");
        return true;
    }

    std::string first_;          // the name that is looked at before all others
    bool one_by_one_ = false;    // an owner that waits is done with before the next one
    bool order_counts_ = false;  // another order could have ended in another way
};

}  // namespace snapgate::objects
