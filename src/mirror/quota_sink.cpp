#include "mirror/quota_sink.h"

#include <utility>

namespace snapgate::mirror {
namespace {

using base::Result;

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
        SNAPGATE_CO_TRY(check_new(changes));
        co_return co_await inner_->apply(std::move(changes));
    }

    net::Awaitable<Result<void>> begin_replacement() override {
        listed_ = 0;
        co_return co_await inner_->begin_replacement();
    }

    // A list replaces what the mirror has, so it counts alone, beside the rest of the project.
    net::Awaitable<Result<void>> add(std::vector<model::PreparedObject> objects) override {
        listed_ += objects.size();
        if (const auto quota = find_()) {
            SNAPGATE_CO_ASSIGN(const uint64_t others, used(*quota, cluster_));
            SNAPGATE_CO_TRY(quota->check(others, listed_));
        }
        co_return co_await inner_->add(std::move(objects));
    }

    net::Awaitable<Result<Replaced>> publish(std::string version, ToldVersions told) override {
        co_return co_await inner_->publish(std::move(version), told);
    }

    net::Awaitable<Result<Checksum>> checksum(std::string version) const override {
        co_return co_await inner_->checksum(std::move(version));
    }

  private:
    Result<uint64_t> used(const cluster::ObjectQuota& quota, model::ClusterNumber except) const {
        const store::ReadView view = store_.read();
        return quota.used(view, except);
    }

    Result<void> check_new(const std::vector<Change>& changes) const {
        const auto quota = find_();
        if (!quota) return {};
        uint64_t made = 0;
        const store::ReadView view = store_.read();
        for (const Change& change : changes) {
            if (change.type != Change::Type::kPut) continue;
            SNAPGATE_ASSIGN(const auto known,
                            view.newest(cluster_, kind_, change.object.ns, change.object.name));
            if (!known) ++made;
        }
        if (made == 0) return {};
        SNAPGATE_ASSIGN(const uint64_t before, quota->used(view));
        return quota->check(before, made);
    }

    std::unique_ptr<ObjectSink> inner_;
    store::Store& store_;
    const model::ClusterNumber cluster_;
    const model::Kind kind_;
    const FindQuota find_;
    uint64_t listed_ = 0;  // objects of the list that is being taken in
};

}  // namespace

std::unique_ptr<ObjectSink> with_quota(std::unique_ptr<ObjectSink> inner, store::Store& store,
                                       model::ClusterNumber cluster, model::Kind kind,
                                       FindQuota find) {
    return std::make_unique<QuotaSink>(std::move(inner), store, cluster, kind, std::move(find));
}

}  // namespace snapgate::mirror
