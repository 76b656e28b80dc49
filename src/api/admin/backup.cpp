#include "api/admin/routes.h"
#include "api/identify.h"
#include "base/log.h"
#include "net/await.h"
#include "net/server/aside.h"

namespace snapgate::api::admin {

using base::Code;
using base::Error;
using base::Result;

// A client that takes little at a time must not keep the pages of an old state for ever.
constexpr std::chrono::minutes kMostTime{30};

net::Awaitable<Result<void>> back_up(Call& call) {
    if (!call.principal.project.empty()) {
        co_return Error(Code::kForbidden,
                        "a backup holds all projects: it takes a key of an admin of the tenant");
    }
    net::Response& response = call.response;
    SNAPGATE_CO_ASSIGN(const auto backup, call.services.back_up());
    response.content_type = "application/octet-stream";
    response.compress = false;
    auto begun = co_await response.stream->begin();
    if (!begun || call.request.method == "HEAD") co_return Result<void>();
    const auto deadline = std::chrono::steady_clock::now() + kMostTime;
    std::string piece;
    bool whole = false;
    for (bool more = true; more;) {
        piece.clear();
        auto make = [&] { return backup->next(piece); };
        auto next = co_await net::make_at(*response.stream, net::Where::kAside, std::move(make));
        if (next && std::chrono::steady_clock::now() > deadline)
            next = Error(Code::kTimeout, "it took longer than 30 minutes");
        if (auto good = check_key(call); next && !good) next = std::move(good).error();
        if (!next) {
            base::log::error("a backup was cut off", {{"error", next.error().message}});
            response.close = true;
            break;
        }
        more = *next;
        if (!co_await response.stream->write(piece)) break;
        whole = !more;
        co_await net::yield();
    }
    if (whole) call.services.note_backup();
    co_return Result<void>();
}

}  // namespace snapgate::api::admin
