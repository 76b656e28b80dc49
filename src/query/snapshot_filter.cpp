#include "query/snapshot_filter.h"

#include <algorithm>
#include <limits>

#include "base/ascii.h"
#include "base/clock.h"
#include "base/duration.h"

namespace snapgate::query {
namespace {

bool is(std::optional<bool> wanted, bool value) {
    return !wanted || *wanted == value;
}

}  // namespace

std::optional<Moment> Moment::parse(std::string_view text) {
    constexpr int64_t kMost = std::numeric_limits<facts::Seconds>::max();
    Moment moment;
    if (const auto ms = base::parse_rfc3339(text)) {
        // What happened within a second counts as at its begin: before any later part of it.
        const int64_t seconds = (*ms + 999) / 1000;
        if (*ms < 1000 || seconds > kMost) return std::nullopt;
        moment.at = static_cast<facts::Seconds>(seconds);
        return moment;
    }
    const auto duration = base::parse_duration(text);
    if (!duration || duration->count() / 1000 > kMost) return std::nullopt;
    moment.ago = static_cast<facts::Seconds>(duration->count() / 1000);
    moment.relative = true;
    return moment;
}

bool TimeSpan::contains(facts::Seconds time, facts::Seconds now) const {
    if (everything()) return true;
    if (time == 0) return false;
    return (!after || time >= after->resolve(now)) && (!before || time < before->resolve(now));
}

bool SnapshotFilter::everything() const {
    return labels.everything() && states.everything() && consistencies.everything() && !ready &&
           !good && !stuck && name.empty() && !asks_for_causes() && created.everything() &&
           finished.everything();
}

bool SnapshotFilter::depends_on_clock() const {
    const auto relative = [](const std::optional<Moment>& moment) {
        return moment && moment->relative;
    };
    return stuck || relative(created.after) || relative(created.before) ||
           relative(finished.after) || relative(finished.before);
}

bool SnapshotFilter::excludes_succeeded() const {
    // Only what is on its way can be stuck.
    return !states.contains(facts::State::kSucceeded) || stuck == true;
}

bool SnapshotFilter::may_select_facts(const facts::Facts& facts, facts::Seconds now) const {
    return states.contains(facts.state) && consistencies.contains(facts.consistency) &&
           is(ready, facts.ready) && is(good, facts.good()) && is(stuck, facts.stuck(now)) &&
           created.contains(facts.created, now) && finished.contains(facts.finished, now);
}

bool SnapshotFilter::may_select(std::string_view snapshot, const facts::Facts& facts,
                                facts::Seconds now) const {
    return may_select_facts(facts, now) && (cause.empty() || !facts.cause_class.empty()) &&
           (cause_class.empty() || facts.cause_class == cause_class) &&
           contains_ignoring_case(snapshot, name);
}

base::Result<bool> SnapshotFilter::selects_object(const store::Found& found,
                                                  const facts::Facts& facts) const {
    if (!contains_ignoring_case(facts.cause, cause)) return false;
    if (labels.everything()) return true;
    return labels.selects(found);
}

bool SnapshotFilter::selects(const Snapshot& snapshot, facts::Seconds now) const {
    const auto is_one_of = [](std::string_view value, const std::vector<std::string>& wanted) {
        return wanted.empty() || std::ranges::binary_search(wanted, value);
    };
    return is_one_of(snapshot.vm, vms) && is_one_of(snapshot.ns, namespaces) &&
           may_select(snapshot.name, snapshot.facts, now) &&
           contains_ignoring_case(snapshot.facts.cause, cause) &&
           labels.matches({}, {}, snapshot.labels, {});
}

bool SnapshotFilter::wants_cluster(std::string_view uid, std::string_view called) const {
    const auto is_wanted = [&](const std::string& text) { return text == called || text == uid; };
    return clusters.empty() || std::ranges::any_of(clusters, is_wanted);
}

bool contains_ignoring_case(std::string_view text, std::string_view part) {
    if (part.empty()) return true;
    const auto lower = [](char c) { return base::to_lower(c); };
    const auto found = std::ranges::search(text, part, {}, lower);
    return !found.empty();
}

}  // namespace snapgate::query
