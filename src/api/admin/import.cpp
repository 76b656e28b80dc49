#include "hosted/import.h"

#include <chrono>
#include <memory>

#include "api/admin/routes.h"
#include "api/batch_pipe.h"
#include "json/splitter.h"
#include "net/await.h"

namespace snapgate::api::admin {

using base::Code;
using base::Error;
using base::Result;

namespace {

// A stream without progress for this long is given up.
constexpr std::chrono::seconds kIdle{30};

json::Object to_json(const hosted::ImportReport& report) {
    json::Array refused;
    for (const hosted::Refused& one : report.refused) {
        refused.push_back(
            json::Object{{"index", one.index}, {"name", one.name}, {"message", one.message}});
    }
    json::Object out{{"created", report.created},     {"replaced", report.replaced},
                     {"unchanged", report.unchanged}, {"skipped", report.skipped},
                     {"pruned", report.pruned},       {"refused", std::move(refused)}};
    // The list of refused objects is bounded; their number is not.
    if (report.refused_count > report.refused.size()) out["refusedCount"] = report.refused_count;
    return out;
}

Result<hosted::ImportOptions> read_options(const net::Request& request) {
    hosted::ImportOptions options;
    SNAPGATE_ASSIGN(std::string on_conflict, query_parameter(request, "onConflict"));
    SNAPGATE_ASSIGN(options.on_conflict, hosted::parse_on_conflict(on_conflict));
    SNAPGATE_ASSIGN(options.prune, query_flag(request, "prune"));
    return options;
}

// Takes the stream in, batch after batch: while one is being committed the next is read.
net::Awaitable<Result<void>> take_items(Call& call, hosted::Import& import, BatchPipe& pipe) {
    json::ItemSplitter splitter([&import](std::string_view item) -> Result<void> {
        import.add(item);
        return {};
    });
    while (true) {
        auto piece = co_await call.request.body->read_some(kIdle);
        Result<void> fed;
        if (!piece) {
            fed = piece.error();
        } else {
            fed = piece->empty() ? splitter.finish() : splitter.feed(*piece);
        }
        // Whatever ends the stream: what was whole before is stored.
        bool last = !fed || piece->empty();
        while (import.batch_full() || (last && import.has_batch())) {
            auto put = co_await pipe.put(import.take_batch());
            if (!put) co_return put.error();
        }
        if (!fed) co_return fed.error();
        if (last) co_return Result<void>{};
    }
}

}  // namespace

net::Awaitable<Result<void>> import_objects(Call& call) {
    auto cluster = find_cluster(call, call.parameters[0]);
    if (!cluster) co_return cluster.error();
    auto hosted_one = cluster::require_hosted(*cluster, "objects are imported into");
    if (!hosted_one) co_return hosted_one.error();
    auto options = read_options(call.request);
    if (!options) co_return options.error();
    std::string type = media_type(call.request.header("Content-Type").value_or(""));
    if (type != "application/x-ndjson" && type != "application/json") {
        co_return Error(Code::kUnsupportedMediaType,
                        "an import is JSON lines or a JSON list: send it with Content-Type "
                        "application/x-ndjson or application/json");
    }

    hosted::Import import(cluster->number, *options, call.services.store);
    BatchPipe pipe(call.services.store, import);
    auto taken = co_await take_items(call, import, pipe);
    // Batches on their way refer to `import`: they come first, whatever happened.
    auto drained = co_await pipe.drain();
    if (!taken) co_return taken.error();
    if (!drained) co_return drained.error();

    json::Object extra;
    while (true) {
        auto step = import.next_prune();
        if (!step && step.error().code != Code::kConflict) co_return step.error();
        if (!step) {
            extra["notPruned"] = step.error().message;
            break;
        }
        if (step->batch != nullptr) {
            auto put = co_await pipe.put(std::move(step->batch));
            if (put) put = co_await pipe.drain();
            if (!put) co_return put.error();
        }
        if (step->done) break;
        // Others on this thread come in between.
        co_await net::yield();
    }
    json::Object answer = to_json(import.report());
    for (auto& member : extra) answer.insert(member);
    respond_json(call, 200, answer);
    co_return Result<void>{};
}

}  // namespace snapgate::api::admin
