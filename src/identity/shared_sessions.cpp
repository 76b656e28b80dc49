#include "identity/shared_sessions.h"

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/sealing.h"
#include "json/value.h"
#include "json/whole_number.h"

namespace snapgate::identity {
namespace {

using base::Result;

// Between two notes of when a session was used.
constexpr int64_t kUseNoteMs = 3'600'000;
constexpr std::string_view kTokenUse = "token of a console session";

std::string id_of(std::string_view secret) {
    return base::hex(base::sha256(secret));
}

// The id of a session does not give its key away.
std::string sealing_key_of(std::string_view secret) {
    return base::hmac_sha256(secret, kTokenUse);
}

base::Error unreadable_session() {
    return {base::Code::kCorrupt, "the registry has a console session that cannot be read"};
}

}  // namespace

Result<StoredSession> StoredSession::parse(std::string_view id, std::string_view value) {
    const auto parsed = json::parse(value);
    const json::Object* object = parsed ? parsed->if_object() : nullptr;
    if (object == nullptr) return unreadable_session();
    const auto key_id = json::optional_string(*object, "key");
    const auto sealed = json::optional_string(*object, "sealed");
    const auto used_ms = json::whole_number(*object, "usedMs");
    if (!key_id || !sealed || !used_ms) return unreadable_session();
    const auto bytes = base::decode_base64url(*sealed);
    if (!bytes) return unreadable_session();
    return StoredSession{
        .name = std::string(id), .key_id = *key_id, .sealed = *bytes, .used_ms = *used_ms};
}

std::string StoredSession::record() const {
    json::Object object{{"key", key_id}, {"usedMs", used_ms}};
    if (!sealed.empty()) object["sealed"] = base::base64url(sealed);
    return json::serialize(object);
}

SharedSessions::Made SharedSessions::make(const SignedIn& who, std::string_view token) const {
    Made made;
    made.secret = make_session_secret(who.key_id);
    made.session.name = id_of(made.secret);
    made.session.key_id = who.key_id;
    made.session.used_ms = clock_.now_ms();
    if (who.caller)
        made.session.sealed = base::seal(sealing_key_of(made.secret), made.session.name, token);
    return made;
}

bool SharedSessions::has_ended(const StoredSession& session) const {
    // A note may be an hour old.
    return clock_.now_ms() - session.used_ms >= Sessions::kIdleMs + kUseNoteMs;
}

Result<void> SharedSessions::put(store::WriteTxn& txn, const StoredSession& session) const {
    SNAPGATE_ASSIGN(const auto rows, store::RecordTable<StoredSession>::within(txn, &table_));
    const StoredSession* oldest = nullptr;
    for (const auto& [id, row] : *rows) {
        if (has_ended(row)) {
            SNAPGATE_TRY(txn.erase_record(StoredSession::kType, id));
        } else if (row.key_id == session.key_id &&
                   (oldest == nullptr || row.used_ms < oldest->used_ms)) {
            oldest = &row;
        }
    }
    if (oldest != nullptr && rows->count_of(session.key_id) >= Sessions::kMostOfKey)
        SNAPGATE_TRY(txn.erase_record(StoredSession::kType, oldest->name));
    return txn.put_record(StoredSession::kType, session.name, session.record());
}

Result<void> SharedSessions::end(store::WriteTxn& txn, std::string_view secret) {
    const std::string id = id_of(secret);
    SNAPGATE_ASSIGN(const auto known, txn.record(StoredSession::kType, id));
    if (!known) return {};
    return txn.erase_record(StoredSession::kType, id);
}

std::optional<StoredSession> SharedSessions::find(std::string_view secret) const {
    if (secret.size() > kLongestSessionSecret) return std::nullopt;
    const auto rows = table_.snapshot();
    const auto found = rows->find(id_of(secret));
    if (found == rows->end() || has_ended(found->second)) return std::nullopt;
    return found->second;
}

std::optional<std::string> SharedSessions::token_of(const StoredSession& session,
                                                    std::string_view secret) {
    if (session.sealed.empty()) return std::nullopt;
    return base::open_sealed(sealing_key_of(secret), session.name, session.sealed);
}

std::optional<store::WriteFunction> SharedSessions::use(const StoredSession& session) const {
    const int64_t now = clock_.now_ms();
    if (now - session.used_ms < kUseNoteMs) return std::nullopt;
    return [session, now](store::WriteTxn& txn) -> Result<void> {
        SNAPGATE_ASSIGN(const auto known, txn.record(StoredSession::kType, session.name));
        // It was ended meanwhile, or another server was faster.
        if (!known || *known != session.record()) return {};
        StoredSession used = session;
        used.used_ms = now;
        return txn.put_record(StoredSession::kType, used.name, used.record());
    };
}

}  // namespace snapgate::identity
