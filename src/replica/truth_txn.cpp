#include "replica/truth_txn.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "replica/truth_values.h"
#include "store/audit_lines.h"

namespace snapgate::replica {
namespace {

using base::Code;
using base::Error;
using base::Result;
using store::ClusterNumber;
using store::Found;
using store::Kind;
using store::Revision;

// Of an object that the draft writes: no object of the copy has it.
constexpr Revision kInDraft = std::numeric_limits<Revision>::max();
constexpr size_t kMostRecordId = 400;
constexpr size_t kMostNamespace = 128;
constexpr size_t kMostName = 255;
constexpr size_t kNotesAtOnce = 64;

Error no_cluster(ClusterNumber cluster) {
    return {Code::kNotFound, fmt::format("there is no cluster with the number {}", cluster)};
}

Error of_mirrors_alone() {
    return {Code::kInternal, "mirrors are kept by each machine (Store::local)"};
}

Result<void> check_record_id(std::string_view id) {
    if (!id.empty() && id.size() <= kMostRecordId) return {};
    return Error(Code::kInvalid, "the id of a record is 1 to 400 bytes");
}

// A slash would make of the key another object's.
Result<void> check_name(std::string_view ns, std::string_view name) {
    constexpr std::string_view kDividers("/\0", 2);
    if (!name.empty() && name.size() <= kMostName && ns.size() <= kMostNamespace &&
        ns.find_first_of(kDividers) == std::string_view::npos &&
        name.find_first_of(kDividers) == std::string_view::npos)
        return {};
    return Error(Code::kInvalid,
                 "an object's namespace is at most 128 bytes and its name 1 to 255, without "
                 "slashes");
}

}  // namespace

void TruthTxn::begin_function() {
    ++function_;
    wrote_ = false;
    collided_ = false;
    waits_ = false;
    copies_.clear();
}

void TruthTxn::go_by_key(std::string key, int64_t revision) {
    waits_ = waits_ || std::ranges::any_of(in_flight_, [&](const Draft* one) {
                 return one->changes.contains(key);
             });
    draft_.seen.emplace(std::move(key), revision);
}

// That it exists.
void TruthTxn::go_by_cluster(ClusterNumber cluster) {
    waits_ = waits_ || std::ranges::any_of(in_flight_, [&](const Draft* one) {
                 return one->deleted.contains(cluster);
             });
    draft_.existing.insert(cluster);
}

// What it holds, which was counted or sought in.
void TruthTxn::go_by_content(ClusterNumber cluster) {
    waits_ = waits_ || std::ranges::any_of(in_flight_, [&](const Draft* one) {
                 return one->changes_cluster(cluster);
             });
    draft_.unchanged.insert(cluster);
}

void TruthTxn::go_by_registry() {
    waits_ = waits_ || std::ranges::any_of(in_flight_, &Draft::changes_registry);
    draft_.registry_unchanged = true;
}

void TruthTxn::change(std::string key, std::optional<std::string> value) {
    wrote_ = true;
    draft_.bytes += key.size() + (value ? value->size() : 0);
    draft_.changes[std::move(key)] = {std::move(value), function_};
}

Result<void> TruthTxn::change_object(std::string key, std::optional<std::string> value) {
    if (const auto known = draft_.changes.find(key); known != draft_.changes.end()) {
        if (known->second.function != function_) {
            collided_ = true;
            wrote_ = true;
            return Error(Code::kConflict, "the object was written in the same transaction");
        }
        std::erase(draft_.objects, key);
    }
    draft_.objects.push_back(key);
    change(std::move(key), std::move(value));
    return {};
}

Result<uint16_t> TruthTxn::take_place(ClusterNumber cluster) {
    if (draft_.next_place >= kMostChanges) {
        return Error(Code::kTooLarge,
                     fmt::format("a write changes at most {} objects", kMostChanges));
    }
    draft_.last_places[cluster] = draft_.next_place;
    return draft_.next_place++;
}

Result<ClusterNumber> TruthTxn::next_number() {
    go_by_registry();
    const ClusterNumber cluster = draft_.next_cluster.value_or(state_.next_cluster);
    if (cluster == std::numeric_limits<ClusterNumber>::max())
        return Error(Code::kUnavailable, "no number is left for another cluster");
    wrote_ = true;
    draft_.next_cluster = cluster + 1;
    draft_.created.insert(cluster);
    return cluster;
}

Result<ClusterNumber> TruthTxn::create_cluster() {
    SNAPGATE_ASSIGN(const ClusterNumber cluster, next_number());
    SNAPGATE_TRY(take_place(cluster));
    return cluster;
}

Result<ClusterNumber> TruthTxn::create_mirror() {
    SNAPGATE_ASSIGN(const ClusterNumber cluster, next_number());
    draft_.mirrors.insert(cluster);
    return cluster;
}

Result<void> TruthTxn::create_cluster_as(ClusterNumber /*cluster*/) {
    return Error(Code::kInternal, "the truth gives the numbers of clusters");
}

Result<void> TruthTxn::delete_cluster(ClusterNumber cluster) {
    SNAPGATE_TRY(require_cluster(cluster));
    wrote_ = true;
    draft_.deleted.insert(cluster);
    return {};
}

Result<std::optional<store::Head>> TruthTxn::head_of(ClusterNumber cluster) {
    if (draft_.deleted.contains(cluster)) return no_cluster(cluster);
    if (draft_.created.contains(cluster)) return std::optional<store::Head>();
    auto known = heads_.find(cluster);
    if (known == heads_.end()) {
        SNAPGATE_ASSIGN(auto head, copy_.head(cluster));
        known = heads_.emplace(cluster, std::move(head)).first;
    }
    // A number is used once, so one that the copy does not have yet cannot be asked for.
    if (!known->second) return no_cluster(cluster);
    go_by_cluster(cluster);
    return known->second;
}

Result<void> TruthTxn::require_cluster(ClusterNumber cluster) {
    SNAPGATE_TRY(head_of(cluster));
    return {};
}

Result<bool> TruthTxn::has_cluster(ClusterNumber cluster) {
    const auto there = head_of(cluster);
    if (there) return true;
    if (there.error().code == Code::kNotFound) return false;
    return there.error();
}

Result<std::optional<Found>> TruthTxn::get(ClusterNumber cluster, Kind kind, std::string_view ns,
                                           std::string_view name) {
    SNAPGATE_TRY(require_cluster(cluster));
    if (!check_name(ns, name)) return std::optional<Found>();
    std::string key = keys_.object(cluster, kind, ns, name);
    if (const auto change = draft_.changes.find(key); change != draft_.changes.end()) {
        if (!change->second.value) return std::optional<Found>();
        const std::string& value = copies_.emplace_back(*change->second.value);
        const std::string& its_ns = copies_.emplace_back(ns);
        const std::string& its_name = copies_.emplace_back(name);
        SNAPGATE_ASSIGN(const TruthObject object, decode_truth_object(value));
        return std::optional(Found{its_ns, its_name, kInDraft, object.object});
    }
    SNAPGATE_ASSIGN(auto found, copy_.newest(cluster, kind, ns, name));
    int64_t revision = 0;
    if (found) {
        const auto told = revision_in(found->object.version);
        if (!told) return Error(Code::kCorrupt, "the copy has an object without a version of etcd");
        revision = *told - state_.offset;
    }
    go_by_key(std::move(key), revision);
    return found;
}

Result<Revision> TruthTxn::put(ClusterNumber cluster, Kind kind,
                               const model::PreparedObject& object,
                               std::optional<std::string_view> version) {
    if (version) return of_mirrors_alone();
    SNAPGATE_TRY(check_name(object.ns, object.name));
    SNAPGATE_ASSIGN(const auto before, get(cluster, kind, object.ns, object.name));
    SNAPGATE_ASSIGN(const uint16_t place, take_place(cluster));
    SNAPGATE_TRY(change_object(keys_.object(cluster, kind, object.ns, object.name),
                               encode_truth_object(place, object)));
    if (!before) ++draft_.counts[{cluster, kind}];
    // The version that etcd gives it is as long as that of the next revision, but once in a while.
    int64_t& size = draft_.sizes[{cluster, kind}];
    size += static_cast<int64_t>(object.text.size() +
                                 version_of(state_.applied + state_.offset + 1, place).size());
    if (before) size -= static_cast<int64_t>(before->object.text.size());
    return Revision{place};
}

void TruthTxn::settle_revision(const std::shared_ptr<Revision>& revision) {
    draft_.revisions.push_back(revision);
}

Result<bool> TruthTxn::erase(ClusterNumber cluster, Kind kind, std::string_view ns,
                             std::string_view name) {
    SNAPGATE_ASSIGN(const auto before, get(cluster, kind, ns, name));
    if (!before) return false;
    SNAPGATE_TRY(take_place(cluster));
    SNAPGATE_TRY(change_object(keys_.object(cluster, kind, ns, name), std::nullopt));
    --draft_.counts[{cluster, kind}];
    draft_.sizes[{cluster, kind}] -= static_cast<int64_t>(before->object.text.size());
    return true;
}

Result<void> TruthTxn::set_list_version(ClusterNumber /*cluster*/, std::string_view /*version*/) {
    return of_mirrors_alone();
}

Result<void> TruthTxn::open_stage(ClusterNumber /*cluster*/) {
    return of_mirrors_alone();
}

Result<void> TruthTxn::publish_stage(ClusterNumber /*cluster*/, std::string_view /*list_version*/) {
    return of_mirrors_alone();
}

Result<void> TruthTxn::give_up_stage(ClusterNumber /*cluster*/) {
    return of_mirrors_alone();
}

Result<void> TruthTxn::forget_list_versions(ClusterNumber /*cluster*/) {
    return of_mirrors_alone();
}

namespace {

// What the copy has of a kind of a cluster, together with what the draft changes of it.
uint64_t with_change(uint64_t stored,
                     const std::map<std::pair<ClusterNumber, Kind>, int64_t>& changes,
                     const std::pair<ClusterNumber, Kind>& of) {
    const auto change = changes.find(of);
    const int64_t more = change == changes.end() ? 0 : change->second;
    return static_cast<uint64_t>(std::max<int64_t>(static_cast<int64_t>(stored) + more, 0));
}

}  // namespace

Result<uint64_t> TruthTxn::count(ClusterNumber cluster, Kind kind) {
    SNAPGATE_ASSIGN(const auto head, head_of(cluster));
    uint64_t stored = 0;
    if (head) {
        go_by_content(cluster);
        SNAPGATE_ASSIGN(stored, copy_.count(cluster, kind));
    }
    return with_change(stored, draft_.counts, {cluster, kind});
}

Result<uint64_t> TruthTxn::bytes(ClusterNumber cluster, Kind kind) {
    SNAPGATE_ASSIGN(const auto head, head_of(cluster));
    uint64_t stored = 0;
    if (head) {
        go_by_content(cluster);
        SNAPGATE_ASSIGN(stored, copy_.bytes(cluster, kind));
    }
    return with_change(stored, draft_.sizes, {cluster, kind});
}

Result<std::optional<std::string>> TruthTxn::note(ClusterNumber cluster, store::NoteType type,
                                                  std::string_view key) {
    SNAPGATE_ASSIGN(const auto head, head_of(cluster));
    const auto change = draft_.changes.find(keys_.note(cluster, type, key));
    if (change != draft_.changes.end()) return change->second.value;
    if (!head) return std::optional<std::string>();
    go_by_content(cluster);
    // The key itself comes first among those that begin with it.
    SNAPGATE_ASSIGN(auto notes, copy_.notes(cluster, type, key, {}, 1));
    if (notes.empty() || notes[0].first != key) return std::optional<std::string>();
    return std::optional(std::move(notes[0].second));
}

Result<bool> TruthTxn::has_notes(ClusterNumber cluster, store::NoteType type,
                                 std::string_view prefix) {
    SNAPGATE_ASSIGN(const auto head, head_of(cluster));
    const std::string begin = keys_.note(cluster, type, prefix);
    for (auto change = draft_.changes.lower_bound(begin);
         change != draft_.changes.end() && change->first.starts_with(begin); ++change) {
        if (change->second.value) return true;
    }
    if (!head) return false;
    go_by_content(cluster);
    std::string after;
    while (true) {
        SNAPGATE_ASSIGN(const auto notes, copy_.notes(cluster, type, prefix, after, kNotesAtOnce));
        for (const auto& [key, value] : notes) {
            if (!draft_.changes.contains(keys_.note(cluster, type, key))) return true;
        }
        if (notes.size() < kNotesAtOnce) return false;
        after = notes.back().first;
    }
}

Result<void> TruthTxn::change_note(ClusterNumber cluster, store::NoteType type,
                                   std::string_view key, std::optional<std::string> value) {
    SNAPGATE_ASSIGN(const auto head, head_of(cluster));
    if (head) {
        // The cluster's key says its version anew, which must be what it was.
        go_by_content(cluster);
        if (type == store::NoteType::kListed) {
            draft_.mirrors.insert(cluster);
        } else {
            SNAPGATE_ASSIGN(draft_.noted[cluster], moved_version(head->version, -state_.offset));
        }
    }
    change(keys_.note(cluster, type, key), std::move(value));
    return {};
}

Result<void> TruthTxn::put_note(ClusterNumber cluster, store::NoteType type, std::string_view key,
                                std::string_view value) {
    return change_note(cluster, type, key, std::string(value));
}

Result<void> TruthTxn::erase_note(ClusterNumber cluster, store::NoteType type,
                                  std::string_view key) {
    return change_note(cluster, type, key, std::nullopt);
}

Result<void> TruthTxn::add_audit_line(std::string_view line) {
    if (!store::is_audit_line(line))
        return Error(Code::kInvalid, "a line of the audit trail is too long, or no JSON object");
    // A function that fails afterwards runs no more, so that its line goes with it.
    wrote_ = true;
    draft_.audit_lines.emplace_back(line);
    return {};
}

Result<bool> TruthTxn::drop_audit_lines(uint64_t /*up_to*/) {
    return Error(Code::kInternal, "the audit trail is kept by each machine (Store::local)");
}

Result<std::optional<std::string>> TruthTxn::record(store::RecordType type, std::string_view id) {
    go_by_registry();
    const auto change = draft_.changes.find(keys_.record(type, id));
    if (change != draft_.changes.end()) return change->second.value;
    return copy_.record(type, id);
}

Result<std::vector<std::pair<std::string, std::string>>> TruthTxn::records(store::RecordType type) {
    go_by_registry();
    SNAPGATE_ASSIGN(auto stored, copy_.records(type));
    std::map<std::string, std::string> rows(std::make_move_iterator(stored.begin()),
                                            std::make_move_iterator(stored.end()));
    const std::string begin = keys_.record(type, {});
    for (auto change = draft_.changes.lower_bound(begin);
         change != draft_.changes.end() && change->first.starts_with(begin); ++change) {
        const std::string id = change->first.substr(begin.size());
        if (change->second.value) {
            rows[id] = *change->second.value;
        } else {
            rows.erase(id);
        }
    }
    return std::vector<std::pair<std::string, std::string>>(rows.begin(), rows.end());
}

Result<void> TruthTxn::put_record(store::RecordType type, std::string_view id,
                                  std::string_view value) {
    SNAPGATE_TRY(check_record_id(id));
    if (!TruthKeys::has(type)) return of_mirrors_alone();
    go_by_registry();
    draft_.records.push_back({type, std::string(id)});
    change(keys_.record(type, id), std::string(value));
    return {};
}

Result<void> TruthTxn::erase_record(store::RecordType type, std::string_view id) {
    // Nothing of a mirror is here.
    if (!TruthKeys::has(type) || !check_record_id(id)) return {};
    go_by_registry();
    draft_.records.push_back({type, std::string(id)});
    change(keys_.record(type, id), std::nullopt);
    return {};
}

}  // namespace snapgate::replica
