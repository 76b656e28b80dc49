#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "facts/facts.h"
#include "query/selector.h"
#include "store/store.h"

namespace snapgate::query {

// A moment that a client names: a time, or how long before the present it is.
struct Moment {
    facts::Seconds at = 0;   // a time
    facts::Seconds ago = 0;  // or a duration before now, if `relative`
    bool relative = false;

    // RFC 3339, or a duration such as 7d. nullopt for anything else, and for a time that no
    // snapshot can have.
    static std::optional<Moment> parse(std::string_view text);
    facts::Seconds resolve(facts::Seconds now) const {
        if (!relative) return at;
        return ago < now ? now - ago : 1;
    }
};

// From `after` on, and before `before`. A snapshot without the time is in no span that has an end.
struct TimeSpan {
    std::optional<Moment> after;
    std::optional<Moment> before;

    bool everything() const { return !after && !before; }
    bool contains(facts::Seconds time, facts::Seconds now) const;
};

// Some values of an enum whose values are small numbers; none means all.
template <class Enum>
class SetOf {
  public:
    void add(Enum value) { bits_ |= 1U << static_cast<uint32_t>(value); }
    bool everything() const { return bits_ == 0; }
    bool contains(Enum value) const {
        return bits_ == 0 || (bits_ >> static_cast<uint32_t>(value) & 1) != 0;
    }

  private:
    uint32_t bits_ = 0;
};

// Which snapshots a question is about. The names of VMs and of namespaces are not judged here: a
// walk goes only through these (object_walk.h).
struct SnapshotFilter {
    std::vector<std::string> vms;  // sorted, each once; none means all, as for the next two
    std::vector<std::string> namespaces;
    std::vector<std::string> clusters;  // names or uids
    Selector labels;
    SetOf<facts::State> states;
    SetOf<facts::Consistency> consistencies;
    std::optional<bool> ready;
    std::optional<bool> good;
    std::optional<bool> stuck;
    std::string name;   // a part of the name, in lower case
    std::string cause;  // a part of the cause, in lower case
    std::string cause_class;
    TimeSpan created;
    TimeSpan finished;

    // Whether it takes the causes of snapshots, those that come from contents included, to judge.
    bool asks_for_causes() const { return !cause.empty() || !cause_class.empty(); }
    // Whether every snapshot of the walk is selected, so that counts of the store apply.
    bool everything() const;
    // Whether no snapshot that has succeeded can be selected.
    bool excludes_succeeded() const;
    // Whether the answer to a request can change while nothing is written.
    bool depends_on_clock() const;
    // Whether the snapshot may be selected, at the present time `now`, as far as its facts tell
    // that are no texts. Then may_select() goes on.
    bool may_select_facts(const facts::Facts& facts, facts::Seconds now) const;
    // Whether the snapshot may be selected, as far as its name and all facts but the cause tell.
    // Then selects_object() decides.
    bool may_select(std::string_view snapshot, const facts::Facts& facts, facts::Seconds now) const;
    // Whether it is selected by its cause and labels. kCorrupt if it cannot be read.
    base::Result<bool> selects_object(const store::Found& found, const facts::Facts& facts) const;

    // A snapshot with everything that a filter looks at, but for its cluster.
    struct Snapshot {
        std::string_view ns;
        std::string_view name;
        std::string_view vm;
        const facts::Facts& facts;
        const Labels& labels;
    };
    // Whether it is selected, the names of its VM and namespace included.
    bool selects(const Snapshot& snapshot, facts::Seconds now) const;
    // Whether the snapshots of that cluster are.
    bool wants_cluster(std::string_view uid, std::string_view called) const;
};

// Whether `text` contains `part`, which is in lower case, whatever the case of its own letters.
bool contains_ignoring_case(std::string_view text, std::string_view part);

}  // namespace snapgate::query
