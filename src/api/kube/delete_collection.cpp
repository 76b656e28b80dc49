#include <fmt/format.h>

#include <memory>
#include <string>

#include "api/kube/delete_options.h"
#include "api/kube/forms.h"
#include "api/kube/operations.h"
#include "base/clock.h"
#include "hosted/removal.h"
#include "json/object.h"
#include "net/await.h"
#include "query/selector.h"

namespace snapgate::api::kube {
namespace {

using base::Code;
using base::Error;
using base::Result;
using model::Kind;

// What has been gathered goes out once it is so large.
constexpr size_t kPieceBytes = 1 << 20;
// How many rows one step looks at.
constexpr size_t kStepRows = 2'000;

// One walk over a collection that deletes what is selected; the answer lists it as it was.
class Sweep {
  public:
    Sweep(KubeCall& call, Form form, rules::DeleteOptions options, query::Selector selector)
        : call_(call),
          form_(form),
          options_(std::move(options)),
          selector_(std::move(selector)),
          at_{call.resource.ns, {}} {}

    // Looks at some objects and commits what becomes of those selected. True at the end. An object
    // that changes between the two stays, as one that was made after the deletion would.
    net::Awaitable<Result<bool>> step() {
        auto removal = std::make_shared<hosted::Removal>(
            call_.cluster.number, options_,
            base::format_rfc3339(call_.call.services.store.now_ms()));
        auto ended = collect(*removal);
        if (!ended) co_return ended.error();
        if (!removal->empty() && !options_.dry_run) {
            std::function<void(std::function<void(Result<void>)>)> start =
                [this, &removal](std::function<void(Result<void>)> done) {
                    call_.call.services.store.write(store::Priority::kRequest,
                                                    hosted::Removal::function(removal),
                                                    std::move(done));
                };
            auto written = co_await net::await_callback<Result<void>>(std::move(start));
            if (!written) co_return written.error();
        }
        co_return *ended;
    }

    std::string& out() { return out_; }
    const std::string& version() const { return version_; }

  private:
    Result<bool> collect(hosted::Removal& removal) {
        store::ReadView view = call_.call.services.store.read();
        SNAPGATE_ASSIGN(auto head, view.head(call_.cluster.number));
        if (!head) return cluster::no_such_cluster(call_.cluster.uid);
        if (version_.empty()) version_ = head->version;
        auto scan = view.scan(call_.cluster.number, Kind::kSnapshot, head->revision, kStepRows);
        SNAPGATE_ASSIGN(bool found, scan.seek(at_.ns, at_.name));
        for (; found && !removal.full() && out_.size() < kPieceBytes;) {
            const store::Found& object = scan.found();
            if (!call_.resource.ns.empty() && object.ns != call_.resource.ns) return true;
            SNAPGATE_TRY(consider(object, removal));
            // Behind this object and before every other: no name holds so small a byte.
            at_ = {std::string(object.ns), std::string(object.name) + '\x01'};
            SNAPGATE_ASSIGN(found, scan.next());
        }
        if (found) return false;
        if (!scan.exhausted()) return true;
        at_ = scan.resume_key();
        return false;
    }

    Result<void> consider(const store::Found& object, hosted::Removal& removal) {
        query::Labels labels;
        if (selector_.reads_labels()) {
            SNAPGATE_ASSIGN(labels, json::read_labels(object.object));
        }
        if (!selector_.matches(object.ns, object.name, labels)) return {};
        SNAPGATE_TRY(removal.add(object));
        if (any_) out_ += ',';
        any_ = true;
        return append_item(form_, object.object, {}, call_.call.services.store.now_ms(), out_);
    }

    KubeCall& call_;
    Form form_;
    rules::DeleteOptions options_;
    query::Selector selector_;
    model::ObjectKey at_;
    std::string version_;
    std::string out_;
    bool any_ = false;
};

Result<query::Selector> read_selector(const net::Request& request) {
    SNAPGATE_ASSIGN(std::string labels, first_parameter(request, "labelSelector"));
    SNAPGATE_ASSIGN(std::string fields, first_parameter(request, "fieldSelector"));
    return query::Selector::parse(labels, fields);
}

}  // namespace

net::Awaitable<Result<void>> delete_collection(KubeCall& call) {
    auto options = co_await read_options(call);
    if (!options) co_return options.error();
    auto selector = read_selector(call.call.request);
    if (!selector) co_return selector.error();
    Form form;
    form.v1alpha1 = call.resource.v1alpha1;
    Sweep sweep(call, form, std::move(*options), std::move(*selector));
    sweep.out() += fmt::format(R"({{"apiVersion":"snapshot.kubevirt.io/{}","items":[)",
                               form.v1alpha1 ? "v1alpha1" : "v1beta1");
    bool streaming = false;
    for (bool ended = false; !ended;) {
        auto step = co_await sweep.step();
        if (!step && streaming) call.call.response.close = true;
        if (!step) co_return step.error();
        ended = *step;
        if (ended) {
            sweep.out() += fmt::format(
                R"(],"kind":"VirtualMachineSnapshotList","metadata":{{"continue":"","resourceVersion":"{}"}}}})"
                "\n",
                sweep.version());
        }
        // One that fits is sent with its length; what is longer goes out as it comes.
        if (!streaming && (ended || sweep.out().size() < kPieceBytes)) continue;
        if (!streaming) {
            streaming = true;
            auto begun = co_await call.call.response.stream->begin();
            if (!begun) co_return begun.error();
        }
        auto sent = co_await call.call.response.stream->write(sweep.out());
        if (!sent) co_return sent.error();
        sweep.out().clear();
    }
    if (!streaming) call.call.response.body += sweep.out();
    co_return Result<void>{};
}

}  // namespace snapgate::api::kube
