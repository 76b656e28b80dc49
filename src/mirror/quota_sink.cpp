#include "mirror/quota_sink.h"

#include <map>
#include <optional>
#include <utility>

namespace snapgate::mirror {
namespace {

using base::Result;
using cluster::FindQuota;
using cluster::ObjectGrowth;
using model::ObjectKey;

uint64_t size_of(const model::PreparedObject& object) {
    return object.text.size() + object.version.size();
}

class QuotaSink final : public ObjectSink {
  public:
    QuotaSink(std::unique_ptr<ObjectSink> inner, store::Store& store, model::ClusterNumber cluster,
              model::Kind kind, FindQuota find)
        : inner_(std::move(inner)),
          store_(store),
          cluster_(cluster),
          kind_(kind),
          find_(std::move(find)) {}

    Result<std::string> version() const override { return inner_->version(); }

    net::Awaitable<Result<void>> apply(std::vector<Change> changes) override {
        SNAPGATE_CO_TRY(check_changes(changes));
        co_return co_await inner_->apply(std::move(changes));
    }

    net::Awaitable<Result<void>> begin_replacement() override {
        listed_ = {};
        co_return co_await inner_->begin_replacement();
    }

    net::Awaitable<Result<void>> add(std::vector<model::PreparedObject> objects) override {
        for (const model::PreparedObject& object : objects) listed_.put(size_of(object), nullptr);
        SNAPGATE_CO_TRY(check_list());
        co_return co_await inner_->add(std::move(objects));
    }

    net::Awaitable<Result<Replaced>> publish(std::string version, ToldVersions told) override {
        co_return co_await inner_->publish(std::move(version), told);
    }

    net::Awaitable<void> take_name() override { co_await inner_->take_name(); }

    net::Awaitable<Result<Checksum>> checksum(std::string version) const override {
        co_return co_await inner_->checksum(std::move(version));
    }

  private:
    // A list replaces what the mirror has.
    Result<void> check_list() const {
        const auto quota = find_();
        if (!quota) return {};
        const store::ReadView view = store_.read();
        SNAPGATE_ASSIGN(const uint64_t objects, view.count(cluster_, kind_));
        SNAPGATE_ASSIGN(const uint64_t bytes, view.bytes(cluster_, kind_));
        return quota->check_growth(view,
                                   {.objects = listed_.objects - static_cast<int64_t>(objects),
                                    .bytes = listed_.bytes - static_cast<int64_t>(bytes)});
    }

    Result<void> check_changes(const std::vector<Change>& changes) const {
        const auto quota = find_();
        if (!quota) return {};
        const store::ReadView view = store_.read();
        SNAPGATE_ASSIGN(const auto head, view.head(cluster_));
        if (!head) return {};  // the inner sink says so
        // The sizes of the objects as the changes leave them; nullopt: it is gone.
        std::map<ObjectKey, std::optional<uint64_t>> sizes;
        ObjectGrowth growth;
        for (const Change& change : changes) {
            if (change.type == Change::Type::kVersionOnly) continue;
            const bool put = change.type == Change::Type::kPut;
            const ObjectKey key =
                put ? ObjectKey{change.object.ns, change.object.name} : change.key;
            const auto [known, first] = sizes.try_emplace(key);
            std::optional<uint64_t>& size = known->second;
            if (first) {
                // One that a repair of the store removed is not there.
                SNAPGATE_ASSIGN(const auto stored,
                                view.get(cluster_, kind_, key.ns, key.name, head->revision));
                if (stored) size = stored->object.text.size();
            }
            growth.objects += (put ? 1 : 0) - (size ? 1 : 0);
            growth.bytes -= static_cast<int64_t>(size.value_or(0));
            size.reset();
            if (!put) continue;
            size = size_of(change.object);
            growth.bytes += static_cast<int64_t>(*size);
        }
        return quota->check_growth(view, growth);
    }

    std::unique_ptr<ObjectSink> inner_;
    store::Store& store_;
    const model::ClusterNumber cluster_;
    const model::Kind kind_;
    const FindQuota find_;
    ObjectGrowth listed_;  // of the list that is being taken in, as if there were nothing
};

}  // namespace

std::unique_ptr<ObjectSink> with_quota(std::unique_ptr<ObjectSink> inner, store::Store& store,
                                       model::ClusterNumber cluster, model::Kind kind,
                                       cluster::FindQuota find) {
    return std::make_unique<QuotaSink>(std::move(inner), store, cluster, kind, std::move(find));
}

}  // namespace snapgate::mirror
