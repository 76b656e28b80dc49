#include "mirror/setback.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/utf8.h"
#include "connect/status_reason.h"
#include "net/client/outbound.h"

namespace snapgate::mirror {

using base::Code;
using std::chrono::milliseconds;

namespace {

constexpr size_t kMaxMessage = 500;

// A cluster's own words, as they can be shown in a line.
std::string shown(std::string_view text) {
    std::string out(base::clip(text, kMaxMessage));
    for (char& c : out) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    }
    return out;
}

// Some servers tell of a version that is gone with another code than 410.
bool says_expired(unsigned code, std::string_view reason, std::string_view message) {
    return code == 410 || reason == "Expired" || reason == "Gone" ||
           message.find("required revision has been compacted") != std::string_view::npos;
}

}  // namespace

bool says_version_too_large(const json::StatusAnswer& status) {
    constexpr std::string_view kWords = "Too large resource version";
    const auto says = [kWords](std::string_view text) {
        return text.find(kWords) != std::string_view::npos;
    };
    return status.has_cause("ResourceVersionTooLarge") || says(status.message) ||
           std::ranges::any_of(status.causes, says, &base::Cause::message);
}

bool refuses_request(unsigned status) {
    constexpr unsigned kTimeout = 408;
    constexpr unsigned kTooMany = 429;
    return status >= 400 && status <= 500 && !refuses_everything(status) && status != kTimeout &&
           status != kTooMany;
}

bool refuses_everything(unsigned status) {
    return status == 401 || status == 403 || status == 404;
}

Setback setback_of(const base::Error& error) {
    Setback setback;
    setback.message = error.message;
    setback.reason = error.subject;
    switch (error.code) {
        case Code::kUnauthorized:
            setback.state = MirrorState::kUnauthorized;
            if (setback.reason.empty()) setback.reason = "CredentialsUnreadable";
            break;
        case Code::kUnavailable:
        case Code::kTimeout:
            setback.state = MirrorState::kUnreachable;
            if (setback.reason.empty()) setback.reason = "Unavailable";
            break;
        case Code::kInvalidParameter:
            setback.reason = "ConnectionInvalid";
            if (error.subject != "client-certificate") break;
            // The certificate was valid when the connection was stored: it has expired since.
            setback.state = MirrorState::kUnauthorized;
            setback.reason = "ClientCertificateExpired";
            setback.message += ": its credentials are to be renewed (set kubeconfig)";
            break;
        default:
            if (setback.reason.empty()) setback.reason = "AnswerInvalid";
    }
    return setback;
}

Setback setback_of_sink(const base::Error& error) {
    Setback setback;
    setback.removed = error.code == Code::kNotFound;
    setback.state = MirrorState::kFailing;
    setback.reason = error.code == Code::kStorageFull     ? "StorageFull"
                     : error.code == Code::kQuotaExceeded ? "QuotaExceeded"
                                                          : "StoreFailed";
    setback.message = error.message;
    // The sink did nothing of the call that failed, so its changes are lost: list again.
    setback.next = Setback::Next::kRelist;
    return setback;
}

Setback setback_of_status(unsigned code, std::string_view reason, std::string_view message,
                          bool version_too_large) {
    Setback setback;
    setback.reason = reason.empty() ? std::string(connect::status_reason(code)) : shown(reason);
    setback.message =
        code == 0 ? "the cluster sent an error" : fmt::format("the cluster answered {}", code);
    if (!message.empty()) setback.message += ": " + shown(message);
    if (version_too_large) {
        // A list from our version would fail as well.
        setback.status = code;
        setback.at_once = true;
        setback.next = Setback::Next::kRelistNewest;
        return setback;
    }
    if (says_expired(code, reason, message)) code = 410;
    setback.status = code;
    switch (code) {
        case 401:
            setback.state = MirrorState::kUnauthorized;
            setback.message += ": its credentials are to be renewed (set kubeconfig)";
            break;
        case 403:
            setback.state = MirrorState::kForbidden;
            setback.message += reason.empty() ? ": that is no answer of Kubernetes: something on "
                                                "the way there refuses the request"
                                              : ": the account needs the role that `snapgate "
                                                "print rbac` shows";
            break;
        case 404:
            setback.state = MirrorState::kNotInstalled;
            setback.message += ": KubeVirt, or this part of it, is not installed there";
            setback.next = Setback::Next::kDiscover;
            break;
        case 410:
            setback.at_once = true;
            setback.next = Setback::Next::kRelist;
            break;
        case 508:
            setback.message +=
                ": the cluster's connection leads back to this server: set its "
                "kubeconfig to the cluster that is meant";
            break;
        default:
            if (code / 100 == 3) setback.message += ": redirects are not followed";
            break;
    }
    return setback;
}

Setback setback_of(const net::ClientResponse& answer) {
    const auto status = json::read_status(answer.body);
    Setback setback = status ? setback_of_status(answer.status, status->reason, status->message,
                                                 says_version_too_large(*status))
                             : setback_of_status(answer.status, {}, {}, false);
    if (answer.status == 429 || answer.status >= 500)
        setback.retry_after = answer.retry_after(kMostRetryAfter);
    // A 503 may be a proxy's page for a cluster that is not there.
    const bool is_own = status || setback.retry_after;
    setback.busy = answer.status == 429 || (answer.status == 503 && is_own);
    return setback;
}

Setback versions_in_doubt(std::string reason, std::string message) {
    Setback setback;
    setback.state = MirrorState::kSyncing;
    setback.reason = std::move(reason);
    setback.message = std::move(message);
    setback.next = Setback::Next::kRelistNewest;
    setback.at_once = true;
    return setback;
}

Setback malformed(std::string message) {
    Setback setback;
    setback.reason = "AnswerInvalid";
    setback.message = std::move(message);
    setback.next = Setback::Next::kRelist;
    return setback;
}

}  // namespace snapgate::mirror
