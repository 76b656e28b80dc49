#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace snapgate::base {

// What kind of failure it was, in the words of the domain. src/api/ is the only place that maps a
// code to a protocol.
enum class Code {
    kInvalidParameter,  // a parameter or header of a request; `subject` names it
    kInvalidBody,  // input that is not JSON or not of the expected shape; `subject` names the field
    kUnauthorized,
    kForbidden,
    kNotFound,
    kMethodNotAllowed,
    kAlreadyExists,
    kConflict,
    kExpired,  // history that was asked for is gone
    kTooLarge,
    kUnsupportedMediaType,
    kNotAcceptable,  // none of the forms that the client takes is to be had
    kInvalid,        // an object breaks a rule; `causes` lists how
    kNoFreeName,     // generateName found no free name
    kStorageFull,    // no room on disk
    kCorrupt,        // stored bytes that cannot be what we wrote
    kUnavailable,    // not now: shutting down, out of reach, never synced
    kTimeout,
    kFutureVersion,       // a resource version that the cluster has not reached
    kBadPeer,             // the other side, as a connected cluster, answered something it must not
    kClusterUnavailable,  // a connected cluster, or its mirror, is not to be had now
    kClusterTimeout,      // a connected cluster did not answer in time
    kLoopDetected,        // a request that passed this server before, on its way through clusters
    kInternal,            // a bug, or a system call that should not fail
};

// One broken rule of an object, as Kubernetes lists them in a Status' details.
struct Cause {
    std::string reason;  // FieldValueInvalid, FieldValueRequired, ...
    std::string message;
    std::string field;  // path, as in spec.source.name
};

// What a failure is about, where it is about one object or kind of object: what Kubernetes' Status
// has in `details`.
struct About {
    std::string group;  // snapshot.kubevirt.io; empty for core/v1
    std::string kind;   // the plural resource, or the Kind: as Kubernetes does for that failure
    std::string name;
    std::string uid;
};

// An expected failure. `message` says what was tried on what, and what to do; it is shown to the
// user as it is and so never carries a secret.
struct Error {
    Code code = Code::kInternal;
    std::string message;
    std::string subject;  // parameter, header or field at fault, where there is one
    std::vector<Cause> causes;
    std::string continue_token;  // kExpired on a list: where to go on at the newest state
    std::optional<About> about;

    Error(Code c, std::string m, std::string s = {})
        : code(c), message(std::move(m)), subject(std::move(s)) {}
};

}  // namespace snapgate::base
