#include "remote/failure.h"

namespace snapgate::cli {
namespace {

Exit exit_of(base::Code code) {
    switch (code) {
        case base::Code::kUnavailable:
        case base::Code::kTimeout:
        case base::Code::kBadPeer:
            return Exit::kUnreachable;
        case base::Code::kInvalidParameter:
            return Exit::kUsage;
        default:
            return Exit::kRefused;
    }
}

}  // namespace

Failure::Failure(const base::Error& error) : exit(exit_of(error.code)), message(error.message) {}

}  // namespace snapgate::cli
