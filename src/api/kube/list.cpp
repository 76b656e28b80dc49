#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "api/freshness.h"
#include "api/kube/list_document.h"
#include "api/kube/list_options.h"
#include "api/kube/list_words.h"
#include "api/kube/operations.h"
#include "base/log.h"
#include "net/await.h"

namespace snapgate::api::kube {
namespace {

using base::Code;
using base::Result;
using query::KubeList;

// A larger list than this is sent as it is made, in pieces.
constexpr size_t kWholeBytes = 2 << 20;
constexpr size_t kPieceBytes = 256 << 10;

// How long a version that the cluster has not reached is waited for, as kube-apiserver does.
constexpr base::Millis kPatience{3'000};
constexpr base::Millis kBetweenLooks{200};

net::Awaitable<Result<KubeList>> plan(Call& call, const query::KubeListRequest& request) {
    const Services& services = call.services;
    const query::ListContext context = services.list_context(kListWords);
    const query::ListedCluster cluster{call.store_number(), call.cluster.uid};
    std::optional<Result<KubeList>> list;
    std::function<bool()> reached = [&] {
        list.emplace(KubeList::plan(context, services.store.read(), cluster, request));
        return *list || list->error().code != Code::kFutureVersion;
    };
    co_await net::wait_until(std::move(reached), kPatience, kBetweenLooks);
    co_return std::move(*list);
}

// A list on its way to the client.
class ListAnswer {
  public:
    ListAnswer(Call& call, const Form& form, KubeList list)
        : store_(call.services.store),
          cluster_(call.store_number()),
          response_(call.response),
          head_only_(call.request.method == "HEAD"),
          document_(form, store_.id()),
          list_(std::move(list)) {
        response_.content_type = form.content_type();
    }

    net::Awaitable<Result<void>> run() {
        const int64_t now_ms = store_.now_ms();
        const KubeList::Item item = [this, now_ms](const store::Found& found, std::string& out) {
            return document_.item(found, now_ms, out);
        };
        document_.begin(response_.body);
        while (true) {
            // A view of its own for each step: none is kept while other requests go on.
            SNAPGATE_CO_ASSIGN(auto whole,
                               list_.step(store_.read(), item, kWholeBytes, response_.body));
            if (whole) break;
            if (!history_) history_ = store_.hold_history(cluster_, list_.revision());
            if (response_.body.size() >= kWholeBytes) co_return co_await stream(item);
            co_await net::yield();
        }
        end(true, response_.body);
        co_return Result<void>();
    }

  private:
    void end(bool whole, std::string& out) {
        const std::string token = list_.continue_token();
        document_.end({list_.version(), token, list_.remaining()}, whole, out);
    }

    // Goes on from what the body holds. From here on an error can only be told by cutting the
    // answer off.
    net::Awaitable<Result<void>> stream(const KubeList::Item& item) {
        std::string piece = std::exchange(response_.body, {});
        auto begun = co_await response_.stream->begin();
        if (!begun || head_only_) co_return Result<void>();
        bool whole = false;
        while (true) {
            if (auto written = co_await response_.stream->write(piece); !written || whole) break;
            // A selector may let little through.
            if (piece.empty()) co_await net::yield();
            piece.clear();
            auto done = list_.step(store_.read(), item, kPieceBytes, piece);
            if (!done) {
                base::log::warning("a list was cut off", {{"error", done.error().message}});
                response_.close = true;
                break;
            }
            whole = *done;
            if (whole) end(false, piece);
        }
        co_return Result<void>();
    }

    store::Store& store_;
    const model::ClusterNumber cluster_;
    net::Response& response_;
    const bool head_only_;
    ListDocument document_;
    KubeList list_;
    std::shared_ptr<void> history_;
};

}  // namespace

net::Awaitable<Result<void>> list_objects(Call& call) {
    const Resource& resource = call.resource;
    const net::Request& request = call.request;
    SNAPGATE_CO_ASSIGN(const auto options,
                       read_list_options(request, resource, call.cluster.connected()));
    SNAPGATE_CO_TRY(co_await check_freshness(call, call.cluster, call.resource.kind));
    SNAPGATE_CO_ASSIGN(auto list, co_await plan(call, options));
    ListAnswer answer(call, call.form, std::move(list));
    co_return co_await answer.run();
}

}  // namespace snapgate::api::kube
