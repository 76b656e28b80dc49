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

// An API key as it is kept: its secret only as a hash.
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

// A key just made: its text is shown once and kept nowhere.
struct NewKey {
    Key key;
    std::string text;  // sgk_<id>_<256 random bits, base64url>
};

NewKey make_key(std::string name, Role role, std::string project, int64_t now_ms,
                std::optional<int64_t> expires_ms);

// The same key again, from its text; nullopt for a text that is none.
std::optional<NewKey> key_of_text(std::string text, std::string name, Role role,
                                  std::string project, int64_t now_ms,
                                  std::optional<int64_t> expires_ms);

// Within a write. kAlreadyExists if the name is taken.
base::Result<void> create_key(store::WriteTxn& txn, const Key& key);
// kNotFound; kConflict for the last key that is an admin of the tenant and has not expired: without
// one nobody could make another.
base::Result<void> delete_key(store::WriteTxn& txn, std::string_view id, int64_t now_ms);

// Knows who a key's text belongs to. Any thread may call.
class KeyRing {
  public:
    // At the start and after each write to a key, on the thread that wrote.
    base::Result<void> reload(const store::ReadView& view);

    // kUnauthorized, the same for a text that is no key, an unknown, a revoked and an expired one.
    // Takes the same time for every text of a known id.
    base::Result<Principal> authenticate(std::string_view text, int64_t now_ms) const;

    std::shared_ptr<const KeyTable::Rows> keys() const { return table_.snapshot(); }
    // When the key was last used, as far as is known now.
    int64_t last_used_ms(const Key& key) const;

    // Writes down when keys were last used, if that has changed since the last call: a write for
    // the batch queue; nullopt if there is nothing to write.
    std::optional<store::WriteFunction> take_last_used();

  private:
    using Uses = std::unordered_map<std::string, std::shared_ptr<std::atomic<int64_t>>>;

    KeyTable table_;
    mutable base::Mutex mutex_;
    std::shared_ptr<const Uses> uses_ SNAPGATE_GUARDED_BY(mutex_) = std::make_shared<Uses>();
};

}  // namespace snapgate::access
