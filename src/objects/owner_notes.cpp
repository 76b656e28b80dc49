#include "objects/owner_notes.h"

#include <algorithm>
#include <utility>

#include "base/crypto.h"
#include "base/encoding.h"
#include "model/names.h"

namespace snapgate::objects {
namespace {

using base::Result;
using model::ClusterNumber;
using model::Kind;
using store::NoteType;

// A uid of Kubernetes has 36 bytes. One that is longer, or of odd bytes, stands for itself by its
// digest.
constexpr size_t kMostUidBytes = 100;

// The key of all notes about the owner: namespace 0, uid 0. What is said of one dependent has its
// name behind it.
std::string owner_key(std::string_view ns, std::string_view uid) {
    std::string key(ns);
    key += '\0';
    if (uid.size() <= kMostUidBytes && model::is_plain_word(uid)) {
        key += uid;
    } else {
        key += '\x01';
        key += base::hex(base::sha256(uid));
    }
    key += '\0';
    return key;
}

std::string note_key(std::string_view ns, std::string_view uid, std::string_view dependent) {
    std::string key = owner_key(ns, uid);
    key += dependent;
    return key;
}

std::string encode(const Work& work) {
    std::string value;
    base::append_u64(work.counter, value);
    base::append_u32(static_cast<uint32_t>(work.name.size()), value);
    value += work.name;
    value += work.uid;
    return value;
}

Result<Work> decode(std::string_view key, std::string_view value) {
    constexpr size_t kNameAt = sizeof(uint64_t) + sizeof(uint32_t);
    const size_t ns = key.find('\0');
    const size_t uid = ns == std::string_view::npos ? ns : key.find('\0', ns + 1);
    if (uid == std::string_view::npos || value.size() < kNameAt)
        return model::unreadable_object("the work of the garbage collector");
    const size_t name = base::read_u32(value, sizeof(uint64_t));
    if (value.size() - kNameAt < name)
        return model::unreadable_object("the work of the garbage collector");
    return Work{.ns = std::string(key.substr(0, ns)),
                .name = std::string(value.substr(kNameAt, name)),
                .uid = std::string(value.substr(kNameAt + name)),
                .dependent = std::string(key.substr(uid + 1)),
                .counter = base::read_u64(value, 0),
                .key = std::string(key)};
}

Result<std::optional<Work>> read_work(store::WriteTxn& txn, ClusterNumber cluster,
                                      const std::string& key) {
    SNAPGATE_ASSIGN(const auto value, txn.note(cluster, NoteType::kCollect, key));
    if (!value) return std::optional<Work>();
    SNAPGATE_ASSIGN(Work work, decode(key, *value));
    return std::optional(std::move(work));
}

Result<void> note_work(store::WriteTxn& txn, ClusterNumber cluster, std::string_view ns,
                       std::string_view name, std::string_view uid, std::string_view dependent) {
    const std::string key = note_key(ns, uid, dependent);
    SNAPGATE_ASSIGN(const auto known, read_work(txn, cluster, key));
    Work work;
    work.name = name;
    work.uid = uid;
    work.counter = known ? known->counter + 1 : 1;
    return txn.put_note(cluster, NoteType::kCollect, key, encode(work));
}

// The owner as it is now; nullopt if it does not exist.
Result<std::optional<Ownership>> find_owner(store::WriteTxn& txn, ClusterNumber cluster,
                                            std::string_view ns, const Owner& owner) {
    SNAPGATE_ASSIGN(const auto found, txn.get(cluster, Kind::kSnapshot, ns, owner.name));
    if (!found) return std::optional<Ownership>();
    SNAPGATE_ASSIGN(Ownership ownership, read_ownership(found->object));
    if (ownership.uid != owner.uid) return std::optional<Ownership>();
    return std::optional(std::move(ownership));
}

Result<void> note_new_reference(store::WriteTxn& txn, ClusterNumber cluster, std::string_view ns,
                                std::string_view dependent, const Owner& owner, Origin origin) {
    SNAPGATE_ASSIGN(const auto live, find_owner(txn, cluster, ns, owner));
    // Of an owner that an import brings later, or never, nobody knows that it went.
    if (!live && origin == Origin::kImport) return {};
    if (!live) return note_work(txn, cluster, ns, owner.name, owner.uid, dependent);
    if (live->waiting() || live->orphaning())
        return note_work(txn, cluster, ns, owner.name, owner.uid, {});
    return {};
}

struct Sides {
    std::string_view ns;
    std::string_view name;
    const Ownership& before;
    const Ownership& after;
};

Result<void> note_references(store::WriteTxn& txn, ClusterNumber cluster, const Sides& sides,
                             Origin origin) {
    for (const Owner& owner : sides.after.owners) {
        if (sides.before.refers_to(owner.uid)) continue;
        SNAPGATE_TRY(txn.put_note(cluster, NoteType::kDependent,
                                  note_key(sides.ns, owner.uid, sides.name), {}));
        SNAPGATE_TRY(note_new_reference(txn, cluster, sides.ns, sides.name, owner, origin));
    }
    for (const Owner& owner : sides.before.owners) {
        if (!sides.after.refers_to(owner.uid)) {
            SNAPGATE_TRY(txn.erase_note(cluster, NoteType::kDependent,
                                        note_key(sides.ns, owner.uid, sides.name)));
        }
        if (!owner.blocks || sides.after.blocks(owner.uid)) continue;
        SNAPGATE_ASSIGN(const auto live, find_owner(txn, cluster, sides.ns, owner));
        if (live && live->waiting())
            SNAPGATE_TRY(note_work(txn, cluster, sides.ns, owner.name, owner.uid, {}));
    }
    return {};
}

// The object of that uid is not there any more.
Result<void> note_gone(store::WriteTxn& txn, ClusterNumber cluster, std::string_view ns,
                       std::string_view name, std::string_view uid) {
    SNAPGATE_ASSIGN(bool owns, txn.has_notes(cluster, NoteType::kDependent, owner_key(ns, uid)));
    if (!owns) {
        SNAPGATE_ASSIGN(const auto complete, txn.note(cluster, NoteType::kDependentsComplete, {}));
        owns = !complete;
    }
    if (!owns) return {};
    return note_work(txn, cluster, ns, name, uid, {});
}

}  // namespace

Result<void> note_change(store::WriteTxn& txn, ClusterNumber cluster, const store::Found* before,
                         const model::PreparedObject* after, Origin origin) {
    Ownership was;
    Ownership is;
    if (before != nullptr) {
        SNAPGATE_ASSIGN(was, read_ownership(before->object));
    }
    if (after != nullptr) {
        SNAPGATE_ASSIGN(is, read_ownership(*after));
    }
    std::string_view ns;
    std::string_view name;
    if (after != nullptr) {
        ns = after->ns;
        name = after->name;
    } else if (before != nullptr) {
        ns = before->ns;
        name = before->name;
    }
    SNAPGATE_TRY(note_references(txn, cluster, {ns, name, was, is}, origin));
    const bool same = before != nullptr && after != nullptr && was.uid == is.uid;
    if (before != nullptr && !same) SNAPGATE_TRY(note_gone(txn, cluster, ns, name, was.uid));
    const bool known = same && was.orphaning() == is.orphaning() && was.waiting() == is.waiting();
    if ((is.orphaning() || is.waiting()) && !known)
        SNAPGATE_TRY(note_work(txn, cluster, ns, name, is.uid, {}));
    return {};
}

Result<void> note_existing(store::WriteTxn& txn, ClusterNumber cluster,
                           const store::Found& snapshot) {
    SNAPGATE_ASSIGN(const Ownership is, read_ownership(snapshot.object));
    const Ownership was;
    SNAPGATE_TRY(
        note_references(txn, cluster, {snapshot.ns, snapshot.name, was, is}, Origin::kImport));
    if (!is.orphaning() && !is.waiting()) return {};
    return note_work(txn, cluster, snapshot.ns, snapshot.name, is.uid, {});
}

Result<void> note_complete(store::WriteTxn& txn, ClusterNumber cluster) {
    return txn.put_note(cluster, NoteType::kDependentsComplete, {}, {});
}

Result<bool> is_complete(const store::ReadView& view, ClusterNumber cluster) {
    SNAPGATE_ASSIGN(const auto notes,
                    view.notes(cluster, NoteType::kDependentsComplete, {}, {}, 1));
    return !notes.empty();
}

Result<std::optional<Work>> next_work(const store::ReadView& view, ClusterNumber cluster,
                                      std::string_view after) {
    SNAPGATE_ASSIGN(const auto notes, view.notes(cluster, NoteType::kCollect, {}, after, 1));
    if (notes.empty()) return std::optional<Work>();
    SNAPGATE_ASSIGN(Work work, decode(notes[0].first, notes[0].second));
    return std::optional(std::move(work));
}

Result<bool> is_current(store::WriteTxn& txn, ClusterNumber cluster, const Work& work) {
    SNAPGATE_ASSIGN(const auto known, read_work(txn, cluster, work.key));
    return known && known->counter == work.counter;
}

Result<bool> finish_work(store::WriteTxn& txn, ClusterNumber cluster, const Work& work) {
    SNAPGATE_ASSIGN(const bool current, is_current(txn, cluster, work));
    if (current) SNAPGATE_TRY(txn.erase_note(cluster, NoteType::kCollect, work.key));
    return current;
}

Result<bool> has_work(const store::ReadView& view, ClusterNumber cluster, std::string_view ns,
                      std::string_view uid, std::string_view dependent) {
    for (const std::string_view name : {std::string_view(), dependent}) {
        const std::string key = note_key(ns, uid, name);
        SNAPGATE_ASSIGN(const auto notes, view.notes(cluster, NoteType::kCollect, key, {}, 1));
        if (!notes.empty() && notes[0].first == key) return true;
    }
    return false;
}

Result<void> erase_stale_note(store::WriteTxn& txn, ClusterNumber cluster, std::string_view ns,
                              std::string_view uid, std::string_view dependent) {
    SNAPGATE_ASSIGN(const auto found, txn.get(cluster, Kind::kSnapshot, ns, dependent));
    if (found) {
        SNAPGATE_ASSIGN(const Ownership is, read_ownership(found->object));
        if (is.refers_to(uid)) return {};
    }
    return txn.erase_note(cluster, NoteType::kDependent, note_key(ns, uid, dependent));
}

Result<std::vector<std::string>> dependents(const store::ReadView& view, ClusterNumber cluster,
                                            std::string_view ns, std::string_view uid,
                                            std::string_view after, size_t max) {
    const std::string owner = owner_key(ns, uid);
    const std::string from = after.empty() ? std::string() : note_key(ns, uid, after);
    SNAPGATE_ASSIGN(const auto notes, view.notes(cluster, NoteType::kDependent, owner, from, max));
    std::vector<std::string> names;
    names.reserve(notes.size());
    for (const auto& [key, value] : notes) names.push_back(key.substr(owner.size()));
    return names;
}

}  // namespace snapgate::objects
