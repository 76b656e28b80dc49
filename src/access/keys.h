#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "access/principal.h"
#include "base/result.h"
#include "store/record_table.h"
#include "store/store.h"

namespace snapgate::access {

// A stored API key. Of its secret only a hash is stored.
struct Key {
    static constexpr store::RecordType kType = store::RecordType::kKey;

    std::string id;  // 12 hexadecimal digits; part of the key's text, no secret
    std::string name;
    Role role = Role::kReader;
    std::string project;  // uid; "" holds the tenant
    std::string hash;     // SHA-256 of the whole text
    int64_t created_ms = 0;
    std::optional<int64_t> expires_ms;
    int64_t last_used_ms = 0;  // as last written to the store; 0 is never

    bool expired(int64_t now_ms) const { return expires_ms && *expires_ms <= now_ms; }

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

// Within a write. kAlreadyExists if the name is taken.
base::Result<void> create_key(store::WriteTxn& txn, const Key& key);
// kNotFound; kConflict for the last unexpired admin key of the tenant: without it nobody could make
// another key.
base::Result<void> delete_key(store::WriteTxn& txn, std::string_view id, int64_t now_ms);

// Finds the principal of a key's text. Any thread may call.
class KeyRing {
  public:
    // Called at the start, and after each write to a key on the thread that wrote.
    base::Result<void> reload(const store::ReadView& view);

    // One kUnauthorized for every failure: the text is not a key, or the key is unknown, revoked or
    // expired. Every text with a known id takes the same time.
    base::Result<Principal> authenticate(std::string_view text, int64_t now_ms) const;

    std::shared_ptr<const KeyTable::Rows> keys() const { return table_.snapshot(); }
    // The last use of the key, including uses that are not in the store yet.
    int64_t last_used_ms(const Key& key) const;

    // A write for the batch queue, which stores the times of last use that changed since the last
    // call; nullopt if none changed.
    std::optional<store::WriteFunction> take_last_used();

  private:
    using Uses = std::unordered_map<std::string, std::shared_ptr<std::atomic<int64_t>>>;

    KeyTable table_;
    mutable base::Mutex mutex_;
    std::shared_ptr<const Uses> uses_ SNAPGATE_GUARDED_BY(mutex_) = std::make_shared<Uses>();
};

}  // namespace snapgate::access
