#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "access/principal.h"
#include "access/request_rate.h"
#include "base/clock.h"
#include "base/result.h"
#include "store/record_table.h"
#include "store/store.h"

namespace snapgate::access {

// A cluster that a key is held to.
struct KeyCluster {
    std::string uid;                  // to be shown
    model::ClusterNumber number = 0;  // of its snapshots
};

// When a key's lifetime begins and ends.
struct KeyTimes {
    int64_t created_ms = 0;
    std::optional<int64_t> expires_ms;
};

// A stored API key. Of its secret only a hash is stored.
struct Key {
    static constexpr store::RecordType kType = store::RecordType::kKey;

    std::string id;  // 12 hexadecimal digits; part of the key's text, no secret
    std::string name;
    Role role = Role::kReader;
    std::string project;  // uid; "" holds the tenant
    // The clusters of the project that it is held to; none: all of them.
    std::vector<KeyCluster> clusters;
    std::string hash;  // SHA-256 of the whole text
    int64_t created_ms = 0;
    std::optional<int64_t> expires_ms;
    int64_t last_used_ms = 0;  // as last written to the store; 0 is never
    // The times that it was made with, while those above are others by recount(). A version that
    // does not know them counts by those above.
    std::optional<KeyTimes> made;
    // How long, by the monotonic clock, a server has run while it was counted anew.
    int64_t ran_ms = 0;

    bool expired(int64_t now_ms) const { return expires_ms && *expires_ms <= now_ms; }
    // As a request's Principal has them; null if it has none.
    SomeClusters some_clusters() const;
    // Whether it was made in the future, while the system's clock was ahead (or is behind now): by
    // more than a minute, as clocks differ a little.
    bool created_ahead(int64_t now_ms) const;
    // Names are unique within it.
    std::string_view owner() const { return project; }
    // Has its lifetime begin at `begin_ms`.
    void begin_at(int64_t begin_ms);
    // To be called again and again: has the lifetime of a key that was made in the future begin
    // now, and puts its own times back once the clock turns out to have been behind.
    // `ran_by_now_ms` is what `ran_ms` has grown to. Returns whether there is something to store.
    bool recount(int64_t now_ms, int64_t ran_by_now_ms);

    static base::Result<Key> parse(std::string_view id, std::string_view value);
    std::string record() const;
};

using KeyTable = store::RecordTable<Key>;

// A new key. Its text is shown once and stored nowhere.
struct NewKey {
    Key key;
    std::string text;  // sgk_<id>_<256 random bits, base64url>
};

NewKey make_key(std::string name, Role role, std::string project, int64_t now_ms,
                std::optional<int64_t> expires_ms);

// The key of a text that make_key made earlier; nullopt if the text is not a key.
std::optional<NewKey> key_of_text(std::string text, std::string name, Role role,
                                  std::string project, int64_t now_ms,
                                  std::optional<int64_t> expires_ms);

// The id that a text claims to have, which need not be a key's: it is no secret, so anybody may
// claim it. "" if the text has not the form of a key.
std::string_view claimed_id(std::string_view text);

// Within a write. kAlreadyExists if another key of the same project (or of the tenant) has that
// name. Keys of other projects do not matter: the caller may not see them.
// kNotFound without the project; kQuotaExceeded. `table`: as KeyTable::within().
base::Result<void> create_key(store::WriteTxn& txn, const Key& key,
                              const KeyTable* table = nullptr);
// kNotFound; kConflict for the tenant's last admin key: without it nobody could make another key. A
// key that expires is no substitute for one that lasts.
base::Result<void> delete_key(store::WriteTxn& txn, std::string_view id, int64_t now_ms,
                              const KeyTable* table = nullptr);

// Finds the principal of a key's text. Any thread may call.
//
// A key expires by the system's clock, which may be set back. Therefore the ring also counts from
// when it first saw the key, by the monotonic clock: within a process no key is good for longer
// than its lifetime, whatever the system's clock shows.
class KeyRing {
  public:
    explicit KeyRing(const base::Clock& clock = base::system_clock()) : clock_(clock) {}

    // Called at the start, and after each write to a key on the thread that wrote: with the records
    // that the write changed, if they are known.
    base::Result<void> reload(const store::ReadView& view);
    base::Result<void> reload(const store::ReadView& view,
                              const std::vector<store::ChangedRecord>& changed);

    // kUnauthorized, in the same words for a text that is no key, and a key that is unknown or
    // revoked; who holds a key learns when it expired. A text with a known id takes the same time.
    base::Result<Principal> authenticate(std::string_view text) const;
    // The principal of the key with this id, which counts as used now. For a caller who has proven
    // before that it holds the key: the owner of a session. kUnauthorized as above.
    base::Result<Principal> principal_of(std::string_view id) const;
    // From now on each key may ask `limit` of times.
    void set_limit(RateLimit limit) {
        rate_ = limit.rate;
        burst_ = limit.burst;
    }
    // Counts a request of the key. kTooManyRequests, with the seconds to wait, if it asks too
    // often.
    base::Result<void> count_request(std::string_view id) const;
    // The same for a caller without a key, who is held to the limit of a key.
    base::Result<void> count_request(RequestRate& rate) const;
    // Whether the key of this id is known and has not expired.
    bool is_good(std::string_view id) const;
    // How long the key of this id is still good, should nothing else happen: 0 or less if it is
    // unknown or has expired; nullopt if it does not expire.
    std::optional<base::Millis> remaining(std::string_view id) const;

    std::shared_ptr<const KeyTable::Rows> keys() const { return table_.snapshot(); }
    // For writes.
    const KeyTable& table() const { return table_; }
    // The last use of the key, including uses that are not in the store yet.
    int64_t last_used_ms(const Key& key) const;

    // A write for the batch queue, nullopt if there is nothing to store: the times of last use that
    // changed since the last call, the new beginnings of keys that were made in the future, which
    // count as seen now (`keys_ahead`), and the own times of those for which the clock was only
    // behind. Both are logged. To be called once a minute, by one thread at a time.
    std::optional<store::WriteFunction> take_changes();
    // How often a key was found that was made in the future.
    uint64_t keys_ahead() const { return keys_ahead_.load(std::memory_order_relaxed); }

  private:
    struct Use {
        Use(const Key& key, int64_t steady_ms)
            : last_used_ms(key.last_used_ms), first_seen_ms(steady_ms) {
            count_from(key, steady_ms);
        }
        // Key::ran_ms grows from here on.
        void count_from(const Key& key, int64_t steady_ms) {
            ran_before_ms = key.ran_ms;
            counted_from_ms = steady_ms;
        }
        int64_t ran_ms(int64_t steady_ms) const {
            return ran_before_ms + steady_ms - counted_from_ms;
        }

        std::atomic<int64_t> last_used_ms;
        const int64_t first_seen_ms;  // by the monotonic clock
        // Of take_changes() alone.
        int64_t ran_before_ms = 0;
        int64_t counted_from_ms = 0;  // by the monotonic clock
        RequestRate rate;
    };
    using Uses = std::unordered_map<std::string, std::shared_ptr<Use>>;

    base::Result<Principal> admit(const Key& key) const;
    std::shared_ptr<Use> use_of(const std::string& id) const;
    std::optional<base::Millis> remaining(const Key& key) const;
    bool has_expired(const Key& key) const;

    const base::Clock& clock_;
    // A RateLimit. A request while it is set may see one of the two and not the other.
    std::atomic<uint64_t> rate_ = 0;
    std::atomic<uint64_t> burst_ = 1;
    KeyTable table_;
    std::atomic<uint64_t> keys_ahead_ = 0;
    mutable base::Mutex mutex_;
    Uses uses_ SNAPGATE_GUARDED_BY(mutex_);
};

}  // namespace snapgate::access
