#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "replica/copy_state.h"
#include "replica/draft.h"
#include "replica/truth_keys.h"
#include "store/store.h"

namespace snapgate::replica {

// A write transaction whose functions read the copy and write into a Draft: nothing is stored until
// etcd has taken the draft. Several functions run in it, one after the other, and see what those
// before them wrote. `in_flight`: drafts that etcd may take and that the copy does not show yet.
// One thread; the view, the drafts and the keys outlive it.
class TruthTxn final : public store::WriteTxn {
  public:
    TruthTxn(const store::ReadView& copy, const CopyState& state, const TruthKeys& keys,
             int64_t now_ms, Draft& draft, std::vector<const Draft*> in_flight = {})
        : copy_(copy),
          state_(state),
          keys_(keys),
          now_ms_(now_ms),
          draft_(draft),
          in_flight_(std::move(in_flight)) {}

    // Before each function.
    void begin_function();
    // Since then: whether the function wrote; and whether it wrote an object that an earlier one
    // had written. Watchers must see both changes, so the later one belongs in the next
    // transaction.
    bool wrote() const { return wrote_; }
    bool collided() const { return collided_; }
    // Whether it read, in the copy, what a draft in flight changes: what it made of that is of no
    // use, and it has to run again when the copy shows that draft's fate.
    bool waits() const { return waits_; }

    int64_t now_ms() const override { return now_ms_; }
    base::Result<store::ClusterNumber> create_cluster() override;
    base::Result<store::ClusterNumber> create_mirror() override;
    base::Result<void> create_cluster_as(store::ClusterNumber cluster) override;
    base::Result<void> delete_cluster(store::ClusterNumber cluster) override;
    base::Result<std::optional<store::Found>> get(store::ClusterNumber cluster, store::Kind kind,
                                                  std::string_view ns,
                                                  std::string_view name) override;
    base::Result<store::Revision> put(store::ClusterNumber cluster, store::Kind kind,
                                      const model::PreparedObject& object,
                                      std::optional<std::string_view> version) override;
    void settle_revision(const std::shared_ptr<store::Revision>& revision) override;
    base::Result<bool> erase(store::ClusterNumber cluster, store::Kind kind, std::string_view ns,
                             std::string_view name) override;
    base::Result<void> set_list_version(store::ClusterNumber cluster,
                                        std::string_view version) override;
    base::Result<void> open_stage(store::ClusterNumber cluster) override;
    base::Result<void> publish_stage(store::ClusterNumber cluster,
                                     std::string_view list_version) override;
    base::Result<void> give_up_stage(store::ClusterNumber cluster) override;
    base::Result<void> forget_list_versions(store::ClusterNumber cluster) override;
    base::Result<uint64_t> count(store::ClusterNumber cluster, store::Kind kind) override;
    base::Result<uint64_t> bytes(store::ClusterNumber cluster, store::Kind kind) override;
    base::Result<bool> has_cluster(store::ClusterNumber cluster) override;
    base::Result<std::optional<std::string>> note(store::ClusterNumber cluster,
                                                  store::NoteType type,
                                                  std::string_view key) override;
    base::Result<bool> has_notes(store::ClusterNumber cluster, store::NoteType type,
                                 std::string_view prefix) override;
    base::Result<void> put_note(store::ClusterNumber cluster, store::NoteType type,
                                std::string_view key, std::string_view value) override;
    base::Result<void> erase_note(store::ClusterNumber cluster, store::NoteType type,
                                  std::string_view key) override;
    base::Result<void> add_audit_line(std::string_view line) override;
    base::Result<bool> drop_audit_lines(uint64_t up_to) override;
    base::Result<std::optional<std::string>> record(store::RecordType type,
                                                    std::string_view id) override;
    base::Result<std::vector<std::pair<std::string, std::string>>> records(
        store::RecordType type) override;
    base::Result<void> put_record(store::RecordType type, std::string_view id,
                                  std::string_view value) override;
    base::Result<void> erase_record(store::RecordType type, std::string_view id) override;
    const std::vector<store::ChangedRecord>& changed_records() const override {
        return draft_.records;
    }

  private:
    base::Result<void> require_cluster(store::ClusterNumber cluster);
    // The head that the copy has of it; nullopt for one that this draft creates. kNotFound.
    base::Result<std::optional<store::Head>> head_of(store::ClusterNumber cluster);
    // These note what the running function goes by.
    void go_by_key(std::string key, int64_t revision);
    void go_by_cluster(store::ClusterNumber cluster);
    void go_by_content(store::ClusterNumber cluster);
    void go_by_registry();
    base::Result<store::ClusterNumber> next_number();
    void change(std::string key, std::optional<std::string> value);
    base::Result<void> change_object(std::string key, std::optional<std::string> value);
    base::Result<uint16_t> take_place(store::ClusterNumber cluster);
    base::Result<void> change_note(store::ClusterNumber cluster, store::NoteType type,
                                   std::string_view key, std::optional<std::string> value);

    const store::ReadView& copy_;
    const CopyState& state_;
    const TruthKeys& keys_;
    const int64_t now_ms_;
    Draft& draft_;
    const std::vector<const Draft*> in_flight_;
    size_t function_ = 0;
    bool wrote_ = false;
    bool collided_ = false;
    bool waits_ = false;
    std::deque<std::string> copies_;  // texts that get() returned to the running function
    // Heads of clusters, as the copy has them; nullopt: there is none.
    std::map<store::ClusterNumber, std::optional<store::Head>> heads_;
};

}  // namespace snapgate::replica
