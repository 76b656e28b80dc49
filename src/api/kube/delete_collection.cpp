#include <fmt/format.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/identify.h"
#include "api/kube/body.h"
#include "api/kube/delete_options.h"
#include "api/kube/list_document.h"
#include "api/kube/list_options.h"
#include "api/kube/list_words.h"
#include "api/kube/operations.h"
#include "api/where_made.h"
#include "base/clock.h"
#include "base/log.h"
#include "commit/commit.h"
#include "net/await.h"
#include "objects/hosted_writes.h"
#include "objects/removal.h"

namespace snapgate::api::kube {
namespace {

using base::Code;
using base::Result;
using query::KubeList;

// What has been gathered goes out once it is so large.
constexpr size_t kGatheredBytes = 1 << 20;

// The deletion of what a list shows, step by step; the answer is that list, as it was.
class CollectionRemoval {
  public:
    CollectionRemoval(Call& call, KubeList list, rules::DeleteOptions options)
        : call_(call),
          services_(call.services),
          document_(call.form, services_.store.id()),
          list_(std::move(list)),
          options_(std::move(options)),
          history_(list_.listing().hold_history(services_.store)) {}

    void begin(std::string& out) { document_.begin(out); }

    uint64_t removed() const { return removed_; }

    // Lists some objects and deletes them. True at the end.
    net::Awaitable<Result<bool>> step(std::string& out) {
        std::vector<std::shared_ptr<objects::Removal>> removals;
        const int64_t now_ms = services_.store.now_ms();
        const KubeList::Item item = [this, &removals, now_ms](const store::Found& found,
                                                              std::string& text) -> Result<void> {
            if (removals.empty() || removals.back()->full()) {
                removals.push_back(std::make_shared<objects::Removal>(
                    call_.cluster.number, options_, base::format_rfc3339(now_ms),
                    services_.store.batch_objects(), call_.audit));
            }
            SNAPGATE_TRY(removals.back()->add(found));
            return document_.item(found, now_ms, text);
        };
        auto look = [&] { return list_.step(services_.store.read(), out, kGatheredBytes, item); };
        SNAPGATE_CO_ASSIGN(auto whole, co_await net::make_at(*call_.response.stream,
                                                             where_made(list_), std::move(look)));
        // It may have waited for its turn, or the client for what it has taken: a key that was
        // revoked deletes nothing more.
        SNAPGATE_CO_TRY(check_key(call_));
        for (const auto& removal : removals) {
            if (removal->empty() || options_.dry_run) continue;
            SNAPGATE_CO_TRY(co_await commit(removal));
        }
        if (whole) {
            const std::string token = list_.continue_token();
            document_.end({list_.version(), token, list_.remaining()}, false, out);
        }
        co_return whole;
    }

  private:
    net::Awaitable<Result<void>> commit(const std::shared_ptr<objects::Removal>& removal) {
        SNAPGATE_CO_TRY(co_await commit::one(services_.store, store::Priority::kRequest,
                                             objects::Removal::function(removal)));
        if (call_.audit != nullptr) call_.audit->began = true;
        removed_ += removal->size() - removal->changed().size();
        // What changed between the list and the commit is looked at again, one by one.
        for (const model::ObjectKey& key : removal->changed()) {
            objects::Place place{call_.cluster, model::Kind::kSnapshot, key.ns, key.name};
            auto deleted =
                co_await objects::remove_hosted(call_.write_context(), std::move(place), options_);
            if (!deleted && deleted.error().code != Code::kNotFound) co_return deleted.error();
            if (deleted) ++removed_;
            // The line of one object is not that of the request.
            if (call_.audit != nullptr) call_.audit->recorded = false;
        }
        co_return Result<void>{};
    }

    Call& call_;
    const Services& services_;
    ListDocument document_;
    KubeList list_;
    rules::DeleteOptions options_;
    query::HeldHistory history_;
    uint64_t removed_ = 0;  // or marked as being deleted
};

}  // namespace

net::Awaitable<Result<void>> delete_collection(Call& call) {
    SNAPGATE_CO_TRY(cluster::require_hosted(call.cluster, "collections are deleted in"));
    net::Response& response = call.response;
    SNAPGATE_CO_ASSIGN(const auto request, read_list_options(call.request, call.resource));
    SNAPGATE_CO_ASSIGN(auto options, co_await read_options(call));
    const Services& services = call.services;
    const query::ListContext context = services.list_context(kListWords);
    const query::ListedCluster cluster{call.cluster.number, call.cluster.uid};
    SNAPGATE_CO_ASSIGN(auto list, KubeList::plan(context, services.store.read(), cluster, request));

    const bool dry_run = options.dry_run;
    response.content_type = call.form.content_type();
    CollectionRemoval removal(call, std::move(list), std::move(options));
    std::string out;
    removal.begin(out);
    bool streaming = false;
    for (bool whole = false; !whole;) {
        // A step that finds nothing to commit is no pause.
        co_await net::yield();
        const auto step = co_await removal.step(out);
        if (call.audit != nullptr) {
            call.audit->dry_run = dry_run;
            call.audit->details = fmt::format("\"removed\":{}", removal.removed());
        }
        if (!step && streaming) {
            base::log::warning("a deletion was cut off", {{"error", step.error().message}});
            response.close = true;
        }
        if (!step) co_return step.error();
        whole = *step;
        // One that fits is sent with its length; what is longer goes out as it comes.
        if (!streaming && (whole || out.size() < kGatheredBytes)) continue;
        if (!streaming) {
            streaming = true;
            call.request.held->hold_answer_anyway(out.size());
            SNAPGATE_CO_TRY(co_await response.stream->begin());
        }
        SNAPGATE_CO_TRY(co_await response.stream->write(out));
        out.clear();
    }
    if (!streaming) response.body += out;
    co_return Result<void>{};
}

}  // namespace snapgate::api::kube
