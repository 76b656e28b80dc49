#include "objects/import.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "api/admin/routes.h"
#include "api/identify.h"
#include "base/count_text.h"
#include "base/decimal.h"
#include "base/quote.h"
#include "json/dump_end.h"
#include "json/splitter.h"
#include "net/await.h"
#include "net/http/header_values.h"
#include "net/server/aside.h"
#include "objects/batch_pipe.h"

namespace snapgate::api::admin {

using base::Code;
using base::Error;
using base::Result;

namespace {

// A stream without progress for this long is given up.
constexpr std::chrono::seconds kIdle{30};
// What an import may hold: an object that is not whole yet, a batch, and one that is committed.
constexpr uint64_t kMostHeldOfImport = 3 << 20;

json::Object to_json(const objects::ImportReport& report) {
    json::Array refused;
    for (const objects::Refused& one : report.refused) {
        refused.push_back(json::Object{{"index", one.index},
                                       {"name", base::visible(one.name)},
                                       {"message", base::visible(one.message)}});
    }
    json::Object out;
    for (const cluster::ImportCount& count : cluster::kImportCounts)
        out[count.name] = report.counts.*count.member;
    // Of these there is the list, which is bounded; their number is not.
    out["refused"] = std::move(refused);
    if (report.counts.refused > report.refused.size()) out["refusedCount"] = report.counts.refused;
    return out;
}

// What the query asks for.
struct Asked {
    objects::ImportOptions options;
    bool complete = false;  // the caller says that the dump is whole
    std::string as_of;      // of which state a dry run told what it would remove
};

Result<Asked> read_query(const net::Request& request) {
    Asked asked;
    objects::ImportOptions& options = asked.options;
    SNAPGATE_ASSIGN(std::string on_conflict, query_parameter(request, "onConflict"));
    SNAPGATE_ASSIGN(options.on_conflict, objects::parse_on_conflict(on_conflict));
    SNAPGATE_ASSIGN(options.prune, query_flag(request, "prune"));
    SNAPGATE_ASSIGN(options.dry_run, query_flag(request, "dryRun"));
    SNAPGATE_ASSIGN(asked.complete, query_flag(request, "complete"));
    SNAPGATE_ASSIGN(asked.as_of, query_parameter(request, "pruneAsOf"));
    return asked;
}

// The state that a dry run counted at, as its answer names it: the revision, or, where the dry run
// may have been on another replica, the newest resource version of the cluster's lists then.
Result<std::string> name_of_state(const store::Store& store, const cluster::Cluster& cluster,
                                  model::Revision revision) {
    if (!store.replicates() || revision == 0) return std::to_string(revision);
    const store::ReadView view = store.read();
    uint64_t newest = 0;
    for (const model::ClusterNumber number : cluster.numbers()) {
        SNAPGATE_ASSIGN(const auto head, view.head(number));
        if (!head) continue;
        std::string version = head->version;
        if (head->revision > revision) {
            SNAPGATE_ASSIGN(version, view.version_at(number, revision));
        }
        newest = std::max(newest, base::read_decimal(version).value_or(0));
    }
    return std::to_string(newest);
}

// The revision of the state that has that name. kExpired if this replica does not know it.
Result<model::Revision> read_as_of(const store::Store& store, const cluster::Cluster& cluster,
                                   const std::string& name) {
    const auto number = base::read_decimal(name);
    if (!number) {
        return Error(Code::kInvalidParameter,
                     fmt::format("pruneAsOf \"{}\" is no resource version of a hosted cluster",
                                 name.substr(0, 64)),
                     "pruneAsOf");
    }
    if (!store.replicates() || *number == 0) return *number;
    const store::ReadView view = store.read();
    for (const model::ClusterNumber one : cluster.numbers()) {
        SNAPGATE_ASSIGN(const auto revision, view.revision_of(one, name));
        if (revision) return *revision;
    }
    return Error(Code::kExpired,
                 fmt::format("pruneAsOf: the state at resource version {} is no longer known here: "
                             "make the dry run again",
                             name),
                 "pruneAsOf");
}

// A dump that asks for a prune has to show that it came whole, or its caller says so.
Result<void> check_end(const Asked& asked, const json::DumpEnd& end) {
    if (!asked.options.prune || asked.complete || (end.closed() && end.values() > 0)) return {};
    return Error(Code::kInvalidParameter,
                 end.closed()
                     ? "prune=true came with an empty body, which may be one that was cut "
                       "off: send an empty list, or say complete=true"
                     : "prune=true removes what the dump does not have, and objects outside "
                       "a list (JSON lines) have no end that could be missed: send a list, "
                       "or say complete=true if these are all",
                 "complete");
}

// What an import that ended early has done until then.
std::string done_before(const cluster::ImportCounts& counts) {
    std::string text;
    for (const cluster::ImportCount& one : cluster::kImportCounts) {
        const uint64_t count = counts.*one.member;
        if (count == 0) continue;
        if (!text.empty()) text += ", ";
        text += fmt::format("{} {}", base::format_count(count), one.name);
    }
    return text;
}

Error with_done(Error error, const Asked& asked, const objects::ImportReport& report) {
    const std::string done = done_before(report.counts);
    if (!done.empty())
        error.message += fmt::format(
            "; {}: {}", asked.options.dry_run ? "before that would have been" : "before that were",
            done);
    return error;
}

// The items that a piece of the stream ended. What is short is taken in at once. From the first
// long one on they wait, so that their order stays, until take_long() takes them in aside.
class EndedItems {
  public:
    explicit EndedItems(objects::Import& import) : import_(import) {}

    void add(std::string_view item, bool too_large) {
        if (waiting_.empty() && item.size() <= net::kMostBytesAtOnce) {
            take(item, too_large);
        } else {
            waiting_.push_back({std::string(item), too_large});
            bytes_ += item.size();
        }
    }

    net::Awaitable<void> take_long(net::ResponseStream& stream) {
        if (waiting_.empty()) co_return;
        auto take_all = [this] {
            for (const Waiting& one : waiting_) take(one.text, one.too_large);
            return true;
        };
        co_await net::make_aside(stream, std::exchange(bytes_, 0), std::move(take_all));
        waiting_.clear();
    }

  private:
    struct Waiting {
        std::string text;
        bool too_large = false;  // the text is its beginning
    };

    void take(std::string_view item, bool too_large) {
        if (too_large) {
            import_.add_too_large(item);
        } else {
            import_.add(item);
        }
    }

    objects::Import& import_;
    std::vector<Waiting> waiting_;
    size_t bytes_ = 0;  // of those that wait
};

// Takes the stream in, batch after batch: while one is being committed the next is read. Whoever
// sends it may take hours, in which the key may be revoked: from then on nothing more is stored.
net::Awaitable<Result<void>> take_items(Call& call, const Asked& asked, objects::Import& import,
                                        objects::BatchPipe& pipe, json::DumpEnd& end) {
    EndedItems ended(import);
    json::ItemSplitter splitter([&](std::string_view item) -> Result<void> {
        SNAPGATE_TRY(end.closed() ? Result<void>() : check_end(asked, end));
        ended.add(item, false);
        return {};
    });
    splitter.pass_over_too_large([&ended](std::string_view beginning) -> Result<void> {
        ended.add(beginning, true);
        return {};
    });
    end.follow(splitter);
    while (true) {
        auto piece = co_await call.request.body->read_some(kIdle);
        Result<void> fed;
        if (piece && call.request.held->held() < kMostHeldOfImport)
            fed = call.request.held->hold_body(piece->size());
        if (!piece) {
            fed = piece.error();
        } else if (fed) {
            fed = piece->empty() ? splitter.finish() : splitter.feed(*piece);
        }
        co_await ended.take_long(*call.response.stream);
        // With each piece, and not only with a batch: few objects may come for a long time.
        SNAPGATE_CO_TRY(check_key(call));
        // Whatever else ends the stream: what was whole before is stored.
        bool last = !fed || piece->empty();
        while (import.batch_full() || (last && import.has_batch())) {
            // The batch before is waited for, and the key checked behind that.
            SNAPGATE_CO_TRY(co_await pipe.drain());
            SNAPGATE_CO_TRY(check_key(call));
            SNAPGATE_CO_TRY(co_await pipe.put(import.take_batch()));
        }
        if (!fed) co_return fed.error();
        if (last) co_return Result<void>{};
    }
}

// For the line of the audit trail.
std::string members_of(const cluster::ImportCounts& counts) {
    std::string text;
    for (const cluster::ImportCount& one : cluster::kImportCounts) {
        if (!text.empty()) text += ',';
        text += fmt::format(R"("{}":{})", one.name, counts.*one.member);
    }
    return text;
}

// Takes in the whole body, prunes, and answers.
net::Awaitable<Result<void>> import_stream(Call& call, const cluster::Cluster& cluster,
                                           const Asked& asked, objects::Import& import) {
    objects::BatchPipe pipe(call.services.store, import);
    json::DumpEnd end;
    auto taken = co_await take_items(call, asked, import, pipe, end);
    // Batches on their way refer to `import`: they come first, whatever happened.
    auto drained = co_await pipe.drain();
    if (taken) taken = std::move(drained);
    if (taken) taken = check_end(asked, end);
    if (!taken) co_return with_done(std::move(taken).error(), asked, import.report());

    json::Object extra;
    const auto missing = end.missing();
    if (asked.options.prune && missing)
        extra["notPruned"] = fmt::format("nothing was pruned: the dump is not whole: {}", *missing);
    while (extra.empty()) {
        auto step = import.next_prune();
        if (!step && step.error().code != Code::kConflict) co_return step.error();
        if (!step) {
            extra["notPruned"] = step.error().message;
            break;
        }
        if (step->batch != nullptr) {
            Result<void> put = check_key(call);
            if (!put) co_return with_done(std::move(put).error(), asked, import.report());
            put = co_await pipe.put(std::move(step->batch));
            if (put) put = co_await pipe.drain();
            if (!put) co_return put.error();
        }
        if (step->done) break;
        // Others on this thread come in between.
        co_await net::yield();
    }
    json::Object answer = to_json(import.report());
    for (auto& member : extra) answer.insert(member);
    if (asked.options.dry_run) {
        answer["dryRun"] = true;
        SNAPGATE_CO_ASSIGN(answer["pruneAsOf"],
                           name_of_state(call.services.store, cluster, import.begun_at()));
    }
    respond_json(call, 200, answer);
    co_return Result<void>{};
}

// Notes that an import ended, by whom and how much. The one object after the other of a script need
// not all be noted.
net::Awaitable<Result<void>> note_import(Call& call, const cluster::Cluster& cluster,
                                         const cluster::ImportCounts& counts) {
    constexpr int64_t kOftenMs = 1'000;
    // Who brought nothing but what breaks a rule has imported nothing.
    if (counts.refused > 0 && counts.created + counts.replaced + counts.unchanged == 0)
        co_return Result<void>{};
    const int64_t now_ms = call.services.store.now_ms();
    if (now_ms >= cluster.imported_ms && now_ms - cluster.imported_ms < kOftenMs &&
        cluster.imports.last.by_id == call.principal.key_id)
        co_return Result<void>{};
    const cluster::LastImport last{
        .by = call.principal.key_name, .by_id = call.principal.key_id, .counts = counts};
    store::WriteFunction note = [uid = cluster.uid, number = cluster.number, now_ms,
                                 last](store::WriteTxn& txn) {
        return cluster::set_imported(txn, uid, number, now_ms, last);
    };
    co_return co_await commit_registry(call.services, std::move(note));
}

}  // namespace

net::Awaitable<Result<void>> import_objects(Call& call) {
    SNAPGATE_CO_ASSIGN(auto cluster, find_cluster(call, call.parameters[0]));
    SNAPGATE_CO_TRY(cluster::require_hosted(cluster, "objects are imported into"));
    SNAPGATE_CO_ASSIGN(auto asked, read_query(call.request));
    if (!asked.as_of.empty()) {
        SNAPGATE_CO_ASSIGN(asked.options.prune_as_of,
                           read_as_of(call.services.store, cluster, asked.as_of));
    }
    std::string type = net::media_type(call.request.header("Content-Type").value_or(""));
    if (type != "application/x-ndjson" && type != "application/json") {
        co_return Error(Code::kUnsupportedMediaType,
                        "an import is JSON lines or a JSON list: send it with Content-Type "
                        "application/x-ndjson or application/json");
    }

    asked.options.find_quota = [&all = call.services, &cluster] { return all.quota_of(cluster); };
    asked.options.audit = call.audit;
    objects::Import import(cluster, asked.options, call.services.store);
    auto ended = co_await import_stream(call, cluster, asked, import);
    if (call.audit != nullptr) {
        call.audit->dry_run = asked.options.dry_run;
        call.audit->details = members_of(import.report().counts);
    }
    if (ended && !asked.options.dry_run)
        ended = co_await note_import(call, cluster, import.report().counts);
    co_return std::move(ended);
}

}  // namespace snapgate::api::admin
