#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "model/types.h"

// The audit trail: one JSON object in a line for each write, and for each refusal. It says who did
// what to which object, from where, and how that ended. docs/audit.md has the fields.
namespace snapgate::audit {

// Names of the parts of the server that write on their own.
inline constexpr std::string_view kCollectorActor = "system:garbage-collector";
inline constexpr std::string_view kNamespaceActor = "system:namespace-controller";
inline constexpr std::string_view kConfigActor = "system:config";
inline constexpr std::string_view kOfflineActor = "system:offline";

struct Actor {
    std::string key;   // the id of an API key, never its secret; "" without a key
    std::string name;  // the key's, as far as it is known, or that of a part of the server
    // Whether the caller has shown the whole key. If not, `key` is what the request claims to have.
    bool verified = true;
};

// What an action is about, as far as it is known. `kind`: VirtualMachineSnapshot, Namespace,
// Cluster, Project, Key, ConsoleSession; "" if it is unknown.
struct Object {
    // NOLINTBEGIN(readability-redundant-member-init): so that an initializer may leave them out
    std::string kind = {};
    std::string ns = {};
    std::string name = {};
    std::string id = {};  // the uid, or the id of a key
    std::string vm = {};  // of a snapshot
    // NOLINTEND(readability-redundant-member-init)
};

// How an action ended, or what is known of that.
enum class Outcome {
    kDone,
    kBegan,    // an import: its lines follow, or the server was killed meanwhile
    kRefused,  // nothing was done
    kFailed,   // the server failed. An import or the deletion of a collection has done a part
    kUnknown,  // a connected cluster may have done it, and its answer did not come
};

enum class Change { kNone, kCreated, kUpdated, kRemoved };

// One thing that somebody does. What it says of the caller and of the request is set before a write
// is queued, so that the writer thread may read it; the rest belongs to the request's thread.
struct Action {
    Actor actor;
    std::string from;        // address and port
    std::string request_id;  // X-Request-Id
    std::string verb;        // as in Kubernetes' RBAC: create, delete, deletecollection; import
    std::string path;        // of the request, without its query
    std::string cluster;     // uid; "" if the action is about no cluster
    std::string cluster_name;

    Object object;
    std::string details;    // more members for the line of the request as a whole: "\"created\":3"
    bool dry_run = false;   // nothing is stored, so there is no line
    bool recorded = false;  // its line was committed with what it wrote
    bool began = false;     // a part of it was committed
    bool sent = false;      // to a connected cluster
};

// Of a part of the server: what it does in a cluster. Null where no audit trail is kept.
using ActionIn = std::function<std::shared_ptr<const Action>(model::ClusterNumber)>;
inline std::shared_ptr<const Action> no_action(model::ClusterNumber /*cluster*/) {
    return nullptr;
}

// How it ended, for a line.
struct End {
    Outcome outcome = Outcome::kDone;
    // NOLINTBEGIN(readability-redundant-member-init): so that an initializer may leave them out
    std::optional<Change> change = {};  // of the object, where that is known
    unsigned status = 0;                // of the answer; 0 while it is not known
    std::string_view reason = {};       // the word of the error
    std::string_view details = {};      // more members
    // NOLINTEND(readability-redundant-member-init)
};

// The line, without a line feed and without a number, at most some KiB long: texts from outside are
// cut. `now_ms`: by the system's clock.
std::string line_of(const Action& action, const Object& object, const End& end, int64_t now_ms);

// A line with its number, as it goes out.
void append_numbered(uint64_t number, std::string_view line, std::string& out);
// A line of the trail about itself: lines from `first` to `last` are missing, and why.
void append_missing(std::string_view why, uint64_t first, uint64_t last, int64_t now_ms,
                    std::string& out);

}  // namespace snapgate::audit
