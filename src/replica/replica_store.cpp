#include "replica/replica_store.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <memory>
#include <utility>

#include "base/encoding.h"
#include "etcd/client.h"
#include "replica/catch_up.h"
#include "replica/committer.h"
#include "replica/connect.h"
#include "replica/copy_store.h"
#include "replica/follower.h"
#include "replica/membership.h"
#include "replica/sweeper.h"
#include "replica/truth.h"
#include "replica/truth_keys.h"

namespace snapgate::replica {
namespace {

using base::Code;
using base::Error;
using base::Result;

// A write of objects takes as many operations as it has objects, and for each about two more, for
// notes of its owners; and a few for all of them.
constexpr size_t kOperationsOfObject = 3;
constexpr size_t kOperationsOfAll = 8;
constexpr size_t kLeastOperations = 32;

class EtcdStore final : public ReplicaStore {
  public:
    EtcdStore(const Options& options, TruthKeys keys, std::unique_ptr<etcd::Client> client,
              std::unique_ptr<store::Store> copy, std::string truth, std::string earlier_token_key)
        : keys_(std::move(keys)),
          client_(std::move(client)),
          copy_(std::move(copy)),
          directory_(options.copy.directory),
          truth_(std::move(truth)),
          token_key_(derive_key(options.secret, "tokens")),
          earlier_token_key_(std::move(earlier_token_key)),
          batch_objects_((options.txn_operations - kOperationsOfAll) / kOperationsOfObject),
          follower_(*client_, *copy_, keys_, options.copy.derive_facts, truth_),
          catch_up_(*client_, follower_, keys_, options.stale_reads),
          committer_(*client_, *copy_, keys_, follower_,
                     {options.txn_operations, options.request_bytes}),
          sweeper_(std::make_unique<Sweeper>(*client_, keys_, options.txn_operations)),
          membership_(*client_, follower_, keys_, base::hex(copy_->id()),
                      {.version = SNAPGATE_VERSION, .since_ms = copy_->now_ms()},
                      derive_key(options.secret, "addresses of replicas")) {}

    // What waits for etcd ends first, then whatever calls back.
    ~EtcdStore() override {
        membership_.stop();
        catch_up_.stop();
        committer_.stop();
        follower_.stop();
        client_->close();
        sweeper_.reset();
        client_.reset();
        copy_.reset();
    }
    EtcdStore(const EtcdStore&) = delete;
    EtcdStore& operator=(const EtcdStore&) = delete;

    Result<void> start() {
        const auto begun = CatchUp::Time::now();
        SNAPGATE_TRY(follower_.start());
        catch_up_.start(begun);
        committer_.start();
        tell_of_lead({});
        membership_.start();
        return {};
    }

    store::ReadView read() const override { return copy_->read(); }
    void write(store::Priority priority, store::WriteFunction function,
               store::WriteDone done) override {
        committer_.write(priority, std::move(function), std::move(done));
    }
    uint64_t subscribe(std::function<void(const store::HeadsMoved&)> callback) override {
        return copy_->subscribe(std::move(callback));
    }
    void unsubscribe(uint64_t id) override { copy_->unsubscribe(id); }

    Result<std::unique_ptr<store::Backup>> back_up(
        const std::vector<store::BackupFile>& /*files*/) const override {
        return Error(Code::kUnavailable,
                     "a server with --etcd has a copy alone: back up etcd (etcdctl snapshot save)");
    }
    // A copy is no place to look for what was there: it is built again.
    void tell_of_damage(std::function<void(const store::DamagedRow&)> listener) override {
        copy_->tell_of_damage(
            [listener = std::move(listener), directory = directory_](const store::DamagedRow& row) {
                listener(row);
                end_for_damage(directory);
            });
    }
    Result<void> compact() override { return copy_->compact(); }
    std::shared_ptr<void> hold_history(std::vector<store::HeldState> states) override {
        return copy_->hold_history(std::move(states));
    }

    base::Millis history() const override { return copy_->history(); }
    int64_t now_ms() const override { return copy_->now_ms(); }
    int64_t history_time_ms() const override { return copy_->history_time_ms(); }
    const std::string& id() const override { return copy_->id(); }
    bool replicates() const override { return true; }
    const std::string& truth_id() const override { return truth_bytes_; }
    store::Store& local() override { return *copy_; }
    void catch_up(const store::CaughtUp& done) const override {
        if (auto trouble = follower_.trouble(); trouble && trouble->code == Code::kCorrupt)
            return done(Error(Code::kUnavailable, trouble->message));
        catch_up_.wait(done);
    }
    bool is_recent() const override { return follower_.whole() && catch_up_.is_recent(); }
    Result<void> follows() const override {
        const auto trouble = follower_.trouble();
        if (trouble && trouble->code == Code::kCorrupt) return *trouble;
        SNAPGATE_ASSIGN(const base::Millis age, catch_up_.age());
        if (age.count() == 0 && trouble) return *trouble;
        return {};
    }
    size_t batch_objects() const override { return batch_objects_; }

    store::StoreStatistics statistics() const override { return copy_->statistics(); }
    Result<void> writable() const override {
        SNAPGATE_TRY(follows());
        SNAPGATE_ASSIGN(const base::Millis age, catch_up_.age());
        if (age.count() > 0) return Error(Code::kUnavailable, "etcd is out of reach");
        return copy_->writable();
    }

    void tell_of_records(
        std::function<void(const std::vector<store::ChangedRecord>&)> changed) override {
        follower_.tell_of_records(std::move(changed));
    }
    void tell_of_names(std::function<void(store::ClusterNumber)> named) override {
        follower_.tell_of_names(std::move(named));
    }
    std::string token_key() const override { return token_key_; }
    std::string earlier_token_key() const override { return earlier_token_key_; }

    bool leads() const override { return membership_.leads(); }
    void announce(std::string address, std::string certificate, bool loopback) override {
        membership_.announce(std::move(address), std::move(certificate), loopback);
    }
    void tell_of_lead(std::function<void(bool taken)> leading) override {
        membership_.tell_of_lead([this, leading = std::move(leading)](bool taken) {
            sweeper_->wake();
            if (leading) leading(taken);
        });
    }
    void list_replicas(std::function<void(Result<std::vector<Replica>>)> listed) const override {
        membership_.list(std::move(listed));
    }
    ReplicaStatistics replica_statistics() const override {
        const auto age = catch_up_.age();
        const int64_t applied = follower_.applied();
        return {.applied = applied,
                .newest = std::max(catch_up_.newest(), applied),
                .current = age && age->count() == 0,
                .leads = membership_.leads(),
                .conflicts = committer_.conflicts(),
                .rebuilds = follower_.rebuilds(),
                .read_times = catch_up_.times(),
                .write_times = committer_.times()};
    }

  private:
    const TruthKeys keys_;
    std::unique_ptr<etcd::Client> client_;
    std::unique_ptr<store::Store> copy_;
    const std::filesystem::path directory_;
    const std::string truth_;  // in hexadecimal digits
    // As the ids of stores are.
    const std::string truth_bytes_ = truth_.substr(0, store::kStoreIdBytes);
    const std::string token_key_;
    const std::string earlier_token_key_;
    const size_t batch_objects_;
    Follower follower_;
    mutable CatchUp catch_up_;
    Committer committer_;
    std::unique_ptr<Sweeper> sweeper_;
    Membership membership_;
};

// `damaged`: set when a row of the copy is found damaged meanwhile.
Result<std::unique_ptr<ReplicaStore>> open_once(const Options& options,
                                                const std::shared_ptr<std::atomic<bool>>& damaged) {
    SNAPGATE_ASSIGN(auto client, connect(options));
    TruthKeys keys(options.prefix);
    SNAPGATE_ASSIGN(std::string truth, open_truth(*client, keys, options.secret));
    SNAPGATE_ASSIGN(std::string earlier, read_earlier_token_key(*client, keys, options.secret));
    SNAPGATE_ASSIGN(auto copy, open_copy(options.copy, truth));
    copy->tell_of_damage([damaged](const store::DamagedRow&) { damaged->store(true); });
    auto store = std::make_unique<EtcdStore>(options, std::move(keys), std::move(client),
                                             std::move(copy), std::move(truth), std::move(earlier));
    SNAPGATE_TRY(store->start());
    return std::unique_ptr<ReplicaStore>(std::move(store));
}

}  // namespace

Result<std::unique_ptr<ReplicaStore>> ReplicaStore::open(Options options) {
    options.txn_operations = std::max(options.txn_operations, kLeastOperations);
    const auto damaged = std::make_shared<std::atomic<bool>>(false);
    auto opened = open_once(options, damaged);
    if (opened || !damaged->load()) return opened;
    mark_damaged(options.copy.directory);
    return open_once(options, damaged);
}

}  // namespace snapgate::replica
