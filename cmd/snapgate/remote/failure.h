#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

#include "base/result.h"

namespace snapgate::cli {

// What the process ends with; documented in docs/cli.md.
enum class Exit : int {
    kOk = 0,
    kRefused = 1,  // refused by the server or by a check of the input
    kUsage = 2,    // the command line or the settings are wrong, as this side or the server says
    kUnreachable = 3,  // no answer from the server
    kUnprotected = 4,  // of a report of protection: a VM is not Protected, or a cluster not known
};

// Why a command failed, in words for its user.
struct Failure {
    Exit exit = Exit::kRefused;
    std::string message;
    unsigned status = 0;  // of the server's answer; 0 if it did not come from one
    std::string reason;   // the server's word for it, as ResourceNotFound; "" if it gave none
    std::string subject;  // the parameter or the field that the server says is wrong; "" for none
    std::string continue_token;  // of a 410 on a list: continues it at the newest state

    // Of a request whose body is what a file says: if the server does not accept that, the command
    // line was right. It is a refusal then, no wrong use.
    Failure of_content() && {
        if (status != 0 && exit == Exit::kUsage) exit = Exit::kRefused;
        return std::move(*this);
    }

    // The server no longer keeps the state that was asked for.
    bool is_expired() const { return status == 410; }

    Failure(Exit e, std::string m) : exit(e), message(std::move(m)) {}
    // A failure on this side: kUnavailable, kTimeout and kBadPeer are "not reachable",
    // kInvalidParameter is "usage", everything else a refusal.
    // NOLINTNEXTLINE(google-explicit-constructor): an Error converts to a Failure everywhere.
    Failure(const base::Error& error);
};

// A value, or the Failure that ends the command. SNAPGATE_TRY and SNAPGATE_ASSIGN work with it,
// also on expressions that give a base::Result.
template <class T = void>
class [[nodiscard]] Outcome : public tl::expected<T, Failure> {
  public:
    using Base = tl::expected<T, Failure>;
    using Base::Base;
    // NOLINTNEXTLINE(google-explicit-constructor)
    Outcome(Failure failure) : Base(tl::unexpected<Failure>(std::move(failure))) {}
    // NOLINTNEXTLINE(google-explicit-constructor)
    Outcome(const base::Error& error) : Base(tl::unexpected<Failure>(Failure(error))) {}
};

}  // namespace snapgate::cli
