#include "access/keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "access/projects.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "base/key_text.h"
#include "base/log.h"
#include "json/value.h"
#include "json/whole_number.h"

namespace snapgate::access {

using base::Code;
using base::Error;
using base::Result;

namespace {

using base::kKeyIdDigits;
using base::kKeyPrefix;

constexpr size_t kSecretBytes = 32;
// As clocks differ a little.
constexpr int64_t kToleranceMs = 60'000;
// How much of Key::ran_ms a crash may lose: a clock that is behind makes every key one that is
// counted anew, and nobody wants a write a minute for each.
constexpr int64_t kRanStepMs = 3'600'000;

Result<int64_t> number(const json::Object& record, std::string_view name) {
    const auto number = json::whole_number(record, name);
    if (!number) return Error(Code::kCorrupt, fmt::format("a key's record has no number {}", name));
    return *number;
}

Result<std::vector<KeyCluster>> read_clusters(const json::Object& record) {
    std::vector<KeyCluster> clusters;
    const json::Value* value = record.if_contains("clusters");
    if (value == nullptr) return clusters;
    const Error corrupt(Code::kCorrupt, "the clusters of a key's record cannot be read");
    // A key that is held to clusters must not come to see all.
    if (!value->is_array() || value->get_array().empty()) return corrupt;
    for (const json::Value& one : value->get_array()) {
        const json::Object* cluster = one.if_object();
        if (cluster == nullptr) return corrupt;
        const auto number = json::whole_number(*cluster, "number", 1,
                                               std::numeric_limits<model::ClusterNumber>::max());
        if (!number) return corrupt;
        SNAPGATE_ASSIGN(std::string uid, json::optional_string(*cluster, "uid"));
        clusters.push_back({std::move(uid), static_cast<model::ClusterNumber>(*number)});
    }
    return clusters;
}

// Absent in most records, and in those of earlier versions.
Result<std::optional<KeyTimes>> read_made(const json::Object& record) {
    const json::Value* value = record.if_contains("made");
    if (value == nullptr) return std::nullopt;
    if (!value->is_object())
        return Error(Code::kCorrupt, "the times that a key was made with are no object");
    KeyTimes made;
    SNAPGATE_ASSIGN(made.created_ms, number(value->get_object(), "createdMs"));
    if (value->get_object().contains("expiresMs")) {
        SNAPGATE_ASSIGN(made.expires_ms, number(value->get_object(), "expiresMs"));
    }
    return made;
}

Error unauthorized() {
    return {Code::kUnauthorized,
            "the ApiKey header holds no valid key: it is unknown, revoked or expired"};
}

// The id of a key's text; "" if the text cannot be a key.
std::string_view id_of(std::string_view text) {
    constexpr size_t kSecretAt = kKeyPrefix.size() + kKeyIdDigits + 1;
    if (!text.starts_with(kKeyPrefix) || text.size() < kSecretAt) return {};
    if (text[kSecretAt - 1] != '_') return {};
    return text.substr(kKeyPrefix.size(), kKeyIdDigits);
}

}  // namespace

Result<Key> Key::parse(std::string_view id, std::string_view value) {
    SNAPGATE_ASSIGN(json::Value parsed, json::parse(value));
    if (!parsed.is_object()) return Error(Code::kCorrupt, "a key's record is not an object");
    const json::Object& record = parsed.get_object();
    Key key;
    key.id = id;
    SNAPGATE_ASSIGN(key.name, json::optional_string(record, "name"));
    SNAPGATE_ASSIGN(std::string role, json::optional_string(record, "role"));
    SNAPGATE_ASSIGN(key.role, parse_role(role));
    SNAPGATE_ASSIGN(key.project, json::optional_string(record, "projectUid"));
    SNAPGATE_ASSIGN(std::string hash, json::optional_string(record, "hash"));
    auto bytes = base::decode_base64url(hash);
    if (!bytes) return Error(Code::kCorrupt, "a key's record has no hash");
    key.hash = std::move(*bytes);
    SNAPGATE_ASSIGN(key.clusters, read_clusters(record));
    SNAPGATE_ASSIGN(key.created_ms, number(record, "createdMs"));
    SNAPGATE_ASSIGN(key.last_used_ms, number(record, "lastUsedMs"));
    if (record.contains("expiresMs")) {
        SNAPGATE_ASSIGN(key.expires_ms, number(record, "expiresMs"));
    }
    SNAPGATE_ASSIGN(key.made, read_made(record));
    if (record.contains("ranMs")) {
        SNAPGATE_ASSIGN(key.ran_ms, number(record, "ranMs"));
    }
    return key;
}

std::string Key::record() const {
    json::Object record{{"name", name},
                        {"role", std::string(role_name(role))},
                        {"projectUid", project},
                        {"hash", base::base64url(hash)},
                        {"createdMs", created_ms},
                        {"lastUsedMs", last_used_ms}};
    if (expires_ms) record["expiresMs"] = *expires_ms;
    if (made) {
        json::Object times{{"createdMs", made->created_ms}};
        if (made->expires_ms) times["expiresMs"] = *made->expires_ms;
        record["made"] = std::move(times);
    }
    if (ran_ms > 0) record["ranMs"] = ran_ms;
    if (!clusters.empty()) {
        json::Array held;
        for (const KeyCluster& cluster : clusters)
            held.push_back(json::Object{{"uid", cluster.uid}, {"number", int64_t{cluster.number}}});
        record["clusters"] = std::move(held);
    }
    return json::serialize(record);
}

SomeClusters Key::some_clusters() const {
    if (clusters.empty()) return nullptr;
    std::vector<model::ClusterNumber> numbers;
    numbers.reserve(clusters.size());
    for (const KeyCluster& cluster : clusters) numbers.push_back(cluster.number);
    std::ranges::sort(numbers);
    return std::make_shared<const std::vector<model::ClusterNumber>>(std::move(numbers));
}

bool Key::created_ahead(int64_t now_ms) const {
    return created_ms > now_ms + kToleranceMs;
}

void Key::begin_at(int64_t begin_ms) {
    if (expires_ms) *expires_ms += begin_ms - created_ms;
    created_ms = begin_ms;
}

// Nothing tells a clock that was ahead when the key was made from one that is behind now. What can
// be told later is whether the clock jumped since, as `ran_ms` does not follow jumps:
// - If the time that has passed, without the time that a server ran, reaches what the key was made
//   with, then the clock was behind: it was right when the key was made, and its times are right.
//   A clock that merely went there in its own time proves nothing, and the new beginning stays.
// - Servers never ran for longer than the time that passed since the key was made. So once they ran
//   for its whole lifetime, it is over, whichever clock was wrong, and must not come back when the
//   clock reaches the times that it was made with.
// Time without a server counts as a jump: then a key that was made in the future may come to have
// its own times again, but no key ends too early for good.
bool Key::recount(int64_t now_ms, int64_t ran_by_now_ms) {
    const int64_t ran = std::max(ran_ms, ran_by_now_ms);
    if (made && made->expires_ms && ran >= *made->expires_ms - made->created_ms) {
        made.reset();
        ran_ms = ran;
        if (!expired(now_ms)) begin_at(now_ms - ran);
        return true;
    }
    if (made && made->created_ms <= now_ms - ran + kToleranceMs) {
        created_ms = made->created_ms;
        expires_ms = made->expires_ms;
        made.reset();
        ran_ms = ran;
        return true;
    }
    if (created_ahead(now_ms)) {
        if (!made) made = {created_ms, expires_ms};
        ran_ms = ran;
        // Time that it was good before, in this way, is not given again.
        begin_at(now_ms - ran);
        return true;
    }
    if (!made || ran - ran_ms < kRanStepMs) return false;
    ran_ms = ran;
    return true;
}

std::string_view claimed_id(std::string_view text) {
    const std::string_view id = id_of(text);
    return base::is_key_id(id) ? id : std::string_view();
}

NewKey make_key(std::string name, Role role, std::string project, int64_t now_ms,
                std::optional<int64_t> expires_ms) {
    std::string text =
        fmt::format("{}{}_{}", kKeyPrefix, base::hex(base::random_bytes(kKeyIdDigits / 2)),
                    base::base64url(base::random_bytes(kSecretBytes)));
    return *key_of_text(std::move(text), std::move(name), role, std::move(project), now_ms,
                        expires_ms);
}

std::optional<NewKey> key_of_text(std::string text, std::string name, Role role,
                                  std::string project, int64_t now_ms,
                                  std::optional<int64_t> expires_ms) {
    const std::string_view id = id_of(text);
    if (!base::is_key_id(id)) return std::nullopt;
    const auto secret =
        base::decode_base64url(std::string_view(text).substr(kKeyPrefix.size() + id.size() + 1));
    if (!secret || secret->size() != kSecretBytes) return std::nullopt;
    NewKey made;
    made.key.id = id;
    made.key.name = std::move(name);
    made.key.role = role;
    made.key.project = std::move(project);
    // A fast hash is enough: nobody can guess the secret's 256 random bits.
    made.key.hash = base::sha256(text);
    made.key.created_ms = now_ms;
    made.key.expires_ms = expires_ms;
    made.text = std::move(text);
    return made;
}

Result<void> create_key(store::WriteTxn& txn, const Key& key, const KeyTable* table) {
    SNAPGATE_ASSIGN(const auto keys, KeyTable::within(txn, table));
    if (keys->id_of(key.project, key.name)) {
        return Error(Code::kAlreadyExists, fmt::format("a key named \"{}\" exists", key.name),
                     "name");
    }
    if (!key.project.empty()) {
        // The project may have been deleted since the request was checked.
        SNAPGATE_ASSIGN(const auto record, txn.record(Project::kType, key.project));
        if (!record)
            return Error(Code::kNotFound, fmt::format("there is no project {}", key.project));
        SNAPGATE_ASSIGN(const Project project, Project::parse(key.project, *record));
        SNAPGATE_TRY(
            check_quota(project.name, "keys", keys->count_of(key.project), 1, project.quota.keys));
    }
    return txn.put_record(Key::kType, key.id, key.record());
}

Result<void> delete_key(store::WriteTxn& txn, std::string_view id, int64_t now_ms,
                        const KeyTable* table) {
    SNAPGATE_ASSIGN(const auto keys, KeyTable::within(txn, table));
    const auto found = keys->find(std::string(id));
    if (found == keys->end()) return Error(Code::kNotFound, fmt::format("there is no key {}", id));
    auto governs = [now_ms](const Key& key) {
        return key.role == Role::kAdmin && key.project.empty() && !key.expired(now_ms);
    };
    const Key& key = found->second;
    if (!governs(key)) return txn.erase_record(Key::kType, id);
    const bool lasts = !key.expires_ms;
    const bool another = std::ranges::any_of(*keys, [&](const auto& row) {
        const Key& other = row.second;
        return other.id != id && governs(other) && (!lasts || !other.expires_ms);
    });
    if (!another) {
        return Error(Code::kConflict, lasts ? "this is the last admin key of the tenant that does "
                                              "not expire: make another before deleting it"
                                            : "this is the last admin key of the tenant: make "
                                              "another before deleting it");
    }
    return txn.erase_record(Key::kType, id);
}

Result<void> KeyRing::reload(const store::ReadView& view) {
    SNAPGATE_TRY(table_.reload(view));
    const auto rows = table_.snapshot();
    base::MutexLock lock(mutex_);
    std::erase_if(uses_, [&](const auto& use) { return !rows->contains(use.first); });
    for (const auto& [id, key] : *rows) {
        if (!uses_.contains(id)) uses_.emplace(id, std::make_shared<Use>(key, clock_.steady_ms()));
    }
    return {};
}

Result<void> KeyRing::reload(const store::ReadView& view,
                             const std::vector<store::ChangedRecord>& changed) {
    SNAPGATE_TRY(table_.reload(view, changed));
    const auto rows = table_.snapshot();
    base::MutexLock lock(mutex_);
    for (const auto& [type, id] : changed) {
        if (type != Key::kType) continue;
        const auto row = rows->find(id);
        if (row == rows->end()) {
            uses_.erase(id);
        } else if (!uses_.contains(id)) {
            uses_.emplace(id, std::make_shared<Use>(row->second, clock_.steady_ms()));
        }
    }
    return {};
}

Result<Principal> KeyRing::authenticate(std::string_view text) const {
    std::string_view id = id_of(text);
    if (id.empty()) return unauthorized();
    auto rows = table_.snapshot();
    auto found = rows->find(std::string(id));
    if (found == rows->end()) return unauthorized();
    const Key& key = found->second;
    if (!base::equal_constant_time(base::sha256(text), key.hash)) return unauthorized();
    return admit(key);
}

Result<Principal> KeyRing::principal_of(std::string_view id) const {
    auto rows = table_.snapshot();
    auto found = rows->find(std::string(id));
    if (found == rows->end()) return unauthorized();
    return admit(found->second);
}

// One that was presented counts as used.
Result<Principal> KeyRing::admit(const Key& key) const {
    if (has_expired(key)) {
        return Error(Code::kUnauthorized, fmt::format("this key has expired: it was good until {}",
                                                      base::format_rfc3339(*key.expires_ms)));
    }
    if (auto use = use_of(key.id))
        use->last_used_ms.store(clock_.now_ms(), std::memory_order_relaxed);
    return Principal{key.id, key.name, key.role, key.project, key.some_clusters()};
}

Result<void> KeyRing::count_request(std::string_view id) const {
    if (rate_ == 0) return {};
    const auto use = use_of(std::string(id));
    if (!use) return {};
    return count_request(use->rate);
}

Result<void> KeyRing::count_request(RequestRate& rate) const {
    return rate.count({rate_, burst_}, clock_.steady_ms());
}

bool KeyRing::is_good(std::string_view id) const {
    auto rows = table_.snapshot();
    auto found = rows->find(std::string(id));
    return found != rows->end() && !has_expired(found->second);
}

std::optional<base::Millis> KeyRing::remaining(std::string_view id) const {
    const auto rows = table_.snapshot();
    const auto found = rows->find(std::string(id));
    return found == rows->end() ? base::Millis(0) : remaining(found->second);
}

std::optional<base::Millis> KeyRing::remaining(const Key& key) const {
    if (!key.expires_ms) return std::nullopt;
    int64_t left_ms = *key.expires_ms - clock_.now_ms();
    // A system clock that is set back makes no key live longer.
    if (const auto use = use_of(key.id)) {
        const int64_t seen_ms = clock_.steady_ms() - use->first_seen_ms;
        left_ms = std::min(left_ms, *key.expires_ms - key.created_ms - seen_ms);
    }
    return base::Millis(left_ms);
}

bool KeyRing::has_expired(const Key& key) const {
    const auto left = remaining(key);
    return left && *left <= base::Millis(0);
}

std::shared_ptr<KeyRing::Use> KeyRing::use_of(const std::string& id) const {
    const base::MutexLock lock(mutex_);
    const auto use = uses_.find(id);
    return use == uses_.end() ? nullptr : use->second;
}

int64_t KeyRing::last_used_ms(const Key& key) const {
    const auto use = use_of(key.id);
    return use ? use->last_used_ms.load(std::memory_order_relaxed) : key.last_used_ms;
}

std::optional<store::WriteFunction> KeyRing::take_changes() {
    struct Change {
        std::string id;
        int64_t used_ms = 0;
        int64_t ran_ms = 0;
    };
    const int64_t now_ms = clock_.now_ms();
    const int64_t steady_ms = clock_.steady_ms();
    auto rows = table_.snapshot();
    std::vector<Change> changes;
    for (const auto& [id, key] : *rows) {
        const auto use = use_of(id);
        int64_t used_ms = use ? use->last_used_ms.load() : key.last_used_ms;
        if (used_ms > now_ms) {
            // The clock was ahead then. The time must not stay until the clock gets there.
            used_ms = now_ms;
            if (use) use->last_used_ms.store(now_ms);
        }
        const bool ahead = key.created_ahead(now_ms);
        if (use && ahead && !key.made) use->count_from(key, steady_ms);
        const int64_t ran_ms = use ? use->ran_ms(steady_ms) : key.ran_ms;
        bool recounted = false;
        if (ahead || key.made) {
            Key then = key;
            recounted = then.recount(now_ms, ran_ms);
            if (key.made && !then.made && then.created_ms == key.made->created_ms) {
                base::log::info(
                    "a key has the times again that it was made with, as the system's clock was "
                    "behind",
                    {{"key", id}});
            }
        }
        if (ahead) {
            keys_ahead_.fetch_add(1, std::memory_order_relaxed);
            base::log::warning(
                "a key was made at a time that is still to come, as the system's clock was or is "
                "wrong: its lifetime counts from now on",
                {{"key", id}, {"aheadSeconds", (key.created_ms - now_ms) / 1000}});
        }
        if (recounted || used_ms != key.last_used_ms) changes.push_back({id, used_ms, ran_ms});
    }
    if (changes.empty()) return std::nullopt;
    return [changes = std::move(changes), now_ms](store::WriteTxn& txn) -> Result<void> {
        for (const auto& [id, used_ms, ran_ms] : changes) {
            SNAPGATE_ASSIGN(auto record, txn.record(Key::kType, id));
            if (!record) continue;  // revoked meanwhile
            SNAPGATE_ASSIGN(Key key, Key::parse(id, *record));
            key.last_used_ms = used_ms;
            key.recount(now_ms, ran_ms);
            SNAPGATE_TRY(txn.put_record(Key::kType, id, key.record()));
        }
        return {};
    };
}

}  // namespace snapgate::access
