#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/types.h"
#include "store/store.h"

namespace snapgate::replica {

// The keys of etcd that hold the truth, all below one prefix. docs/architecture.md has the table.
//
//   format          the number of this layout
//   id              of this truth, made once, as hexadecimal digits
//   secret          tells whether a server has the secret of the others
//   head            put by every transaction, with random digits: its revision is that of the
//                   newest write, and the digits tell histories apart
//   offset          what is added to etcd's revisions in resource versions (truth_values.h)
//   registry        put by every transaction that changes a record
//   numbers         the number that the next cluster gets
//   records/T/ID    a record of the registry
//   clusters/N      there as long as the cluster is; put by every transaction that changes what
//                   the cluster holds (truth_values.h)
//   objects/N/K/NS/NAME
//   notes/N/T/KEY
//   sweeps/N        the cluster was deleted, and what it held may be there still
//   replicas/ID     what a replica tells of itself, as long as it lives (replica_record.h)
//   lead            the id of the replica that does what is done once for all
//   moving          while a store is moved in: which one, and how far it is (move_in.h)
//   origin          the store that was moved in
//   earlier-token-key   with which its server signed tokens, sealed
class TruthKeys {
  public:
    explicit TruthKeys(std::string_view prefix) : base_(std::string(prefix) + "/") {}

    const std::string& all() const { return base_; }  // what every key begins with
    std::string format() const { return base_ + "format"; }
    std::string id() const { return base_ + "id"; }
    std::string secret() const { return base_ + "secret"; }
    std::string head() const { return base_ + "head"; }
    std::string offset() const { return base_ + "offset"; }
    std::string registry() const { return base_ + "registry"; }
    std::string numbers() const { return base_ + "numbers"; }
    std::string records() const { return base_ + "records/"; }
    std::string record(store::RecordType type, std::string_view id) const;
    std::string clusters() const { return base_ + "clusters/"; }
    std::string cluster(model::ClusterNumber cluster) const;
    std::string objects() const { return base_ + "objects/"; }
    std::string objects_of(model::ClusterNumber cluster) const;
    std::string object(model::ClusterNumber cluster, model::Kind kind, std::string_view ns,
                       std::string_view name) const;
    std::string notes() const { return base_ + "notes/"; }
    std::string notes_of(model::ClusterNumber cluster) const;
    // The key of a note, or what the keys of all notes begin with whose keys begin with `key`.
    std::string note(model::ClusterNumber cluster, store::NoteType type,
                     std::string_view key) const;
    // Whether records of this type are in the truth. Those of mirrors and of the copy are not.
    static bool has(store::RecordType type);
    std::string sweeps() const { return base_ + "sweeps/"; }
    std::string sweep(model::ClusterNumber cluster) const;
    std::string replicas() const { return base_ + "replicas/"; }
    std::string replica(std::string_view id) const { return replicas() + std::string(id); }
    std::string lead() const { return base_ + "lead"; }
    std::string moving() const { return base_ + "moving"; }
    std::string origin() const { return base_ + "origin"; }
    std::string earlier_token_key() const { return base_ + "earlier-token-key"; }

    // What a key says. Views into the key.
    struct Address {
        enum class What { kNumbers, kHead, kOffset, kRecord, kCluster, kObject, kNote, kOther };
        What what = What::kOther;
        store::RecordType record = store::RecordType::kProject;
        model::ClusterNumber cluster = 0;
        model::Kind kind = model::Kind::kSnapshot;
        store::NoteType note = store::NoteType::kDependent;
        // NOLINTBEGIN(readability-redundant-member-init): so that an initializer may leave them out
        std::string_view ns = {};
        std::string_view name = {};  // of an object; the id of a record; the key of a note
        // NOLINTEND(readability-redundant-member-init)
    };
    // nullopt for a key that no version of this program up to this one writes; kOther for those
    // that say nothing of what is stored.
    std::optional<Address> parse(std::string_view key) const;

  private:
    std::string base_;
};

}  // namespace snapgate::replica
