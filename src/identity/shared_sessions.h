#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "identity/sessions.h"
#include "store/record_table.h"
#include "store/store.h"

namespace snapgate::identity {

// A session of a browser, as servers that share a truth keep it there.
struct StoredSession {
    static constexpr store::RecordType kType = store::RecordType::kSession;

    std::string name;    // its id: SHA-256 of its secret, as hexadecimal digits
    std::string key_id;  // as SignedIn::key_id
    // Of a token's holder: the token, sealed with the secret of the session, which only the browser
    // has; "" if the session began with a key.
    std::string sealed;
    int64_t used_ms = 0;  // to the hour

    // So that the sessions of a key are counted.
    std::string_view owner() const { return key_id; }

    static base::Result<StoredSession> parse(std::string_view id, std::string_view value);
    std::string record() const;
};

// Sessions that are good on every server of a truth: what Sessions says of them, but that they are
// records of the registry. So one that begins or ends does so on all servers, and they outlive a
// server. When a session was used last is written down once an hour. Any thread may call, but for
// reload().
class SharedSessions {
  public:
    explicit SharedSessions(const base::Clock& clock = base::system_clock()) : clock_(clock) {}

    // As those of store::RecordTable.
    base::Result<void> reload(const store::ReadView& view) { return table_.reload(view); }
    base::Result<void> reload(const store::ReadView& view,
                              const std::vector<store::ChangedRecord>& changed) {
        return table_.reload(view, changed);
    }

    struct Made {
        std::string secret;
        StoredSession session;
    };
    // A new session, to be put(). `token`: the text that `who` showed, if it was no key.
    Made make(const SignedIn& who, std::string_view token) const;
    // Within a write: also removes sessions that have ended, and the key's oldest if it has too
    // many.
    base::Result<void> put(store::WriteTxn& txn, const StoredSession& session) const;
    // Within a write. Without effect if there is no such session.
    static base::Result<void> end(store::WriteTxn& txn, std::string_view secret);

    // The session that has this secret; nullopt if there is none, or it has ended.
    std::optional<StoredSession> find(std::string_view secret) const;
    // The token of its holder; nullopt if it began with a key.
    static std::optional<std::string> token_of(const StoredSession& session,
                                               std::string_view secret);
    // The write that says when the session was used, if that is due.
    std::optional<store::WriteFunction> use(const StoredSession& session) const;

  private:
    bool has_ended(const StoredSession& session) const;

    const base::Clock& clock_;
    store::RecordTable<StoredSession> table_;
};

}  // namespace snapgate::identity
