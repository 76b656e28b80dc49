#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace snapgate::base {

// The kind of a failure, in the words of the domain. Only src/api/ maps a code to a protocol.
enum class Code {
    kInvalidParameter,  // a parameter or header of a request; `subject` names it
    kInvalidBody,  // input that is not JSON or not of the expected shape; `subject` names the field
    kUnauthorized,
    kForbidden,
    kTooManyRequests,  // a key asks more often than it may, or has too much under way
    kQuotaExceeded,    // a project has as much of something as it may have
    kNotFound,
    kMethodNotAllowed,
    kAlreadyExists,
    kConflict,
    kExpired,  // the history that the request needs is gone
    kTooLarge,
    kUnsupportedMediaType,
    kNotAcceptable,  // the server can answer in none of the forms that the client takes
    kInvalid,        // an object breaks rules; `causes` lists them
    kNoFreeName,     // generateName found no free name
    kStorageFull,    // no room on disk
    kCorrupt,        // stored bytes that this program cannot have written
    kUnavailable,    // not possible now: shutting down, out of reach, never synced
    kBusy,           // all requests together have too much under way
    kTimeout,
    kFutureVersion,  // a resource version that the cluster has not reached
    kBadPeer,  // the other side, such as a connected cluster, sent an answer that is not allowed
    kClusterUnavailable,  // a connected cluster, or its mirror, is not available now
    kClusterTimeout,      // a connected cluster did not answer in time
    kLoopDetected,        // a request that passed this server before, on its way through clusters
    kInternal,            // a bug, or a system call that should not fail
};

// One rule that an object breaks, as Kubernetes lists it in the details of a Status.
struct Cause {
    std::string reason;  // FieldValueInvalid, FieldValueRequired, ...
    std::string message;
    std::string field;  // path, as in spec.source.name
};

// The object, or the kind of object, that a failure is about. Kubernetes' Status has it in
// `details`.
struct About {
    std::string group;  // snapshot.kubevirt.io; empty for core/v1
    std::string kind;   // the plural resource, or the Kind: as Kubernetes does for that failure
    std::string name;
    std::string uid;
};

// An expected failure. `message` says which operation failed on which thing, and what to do. It is
// shown to the user unchanged, so it never contains a secret.
struct Error {
    Code code = Code::kInternal;
    std::string message;
    std::string subject;  // parameter, header or field at fault, if there is one
    std::vector<Cause> causes;
    std::string continue_token;  // kExpired on a list: where to go on at the newest state
    std::optional<About> about;
    // When whoever failed wants to be asked again, where it said so.
    std::optional<unsigned> retry_after_seconds;

    Error(Code c, std::string m, std::string s = {})
        : code(c), message(std::move(m)), subject(std::move(s)) {}
};

}  // namespace snapgate::base
