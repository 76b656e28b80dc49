#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/result.h"

// Reads the answers of a Kubernetes API server, as far as they are needed to follow a cluster, to
// check a connection to it, and to pass writes on to it. Any thread may call; kInvalidBody if an
// answer does not have the expected shape.
namespace snapgate::json {

// One frame of a watch: {"type":…,"object":…}.
struct WatchFrame {
    std::string type;         // ADDED, MODIFIED, DELETED, BOOKMARK, ERROR
    std::string_view object;  // its JSON, a part of the frame; not validated yet
};
base::Result<WatchFrame> read_watch_frame(std::string_view text);

// The identity of an object.
struct ObjectHead {
    std::string api_version;  // "" if an item of a list has none
    std::string kind;         // likewise
    std::string ns;
    std::string name;
    std::string uid;
    std::string version;
    bool ends_initial_events = false;  // the annotation k8s.io/initial-events-end is "true"
};
base::Result<ObjectHead> read_object_head(std::string_view text);
// Reads the beginning of an object that was cut off, or of a watch's frame with one: its kind and
// apiVersion, namespace, name, uid and version, as far as the text has them as strings.
ObjectHead read_cut_object(std::string_view beginning);

// Whether the text is one JSON value, of any depth.
bool is_json_of_any_depth(std::string_view text);

// A list without its items.
struct ListHead {
    std::string api_version;
    std::string kind;
    std::string version;
    std::string continue_token;
};
base::Result<ListHead> read_list_head(std::string_view text);

// The objects of a list, or of a list of metadata alone. kInvalidBody for anything else.
base::Result<std::vector<ObjectHead>> read_listed_heads(std::string_view text);

// A metav1.Status.
struct StatusAnswer {
    unsigned code = 0;
    std::string reason;
    std::string message;
    std::string kind;  // of its details, with name and uid
    std::string name;
    std::string group;
    std::string uid;
    std::optional<uint32_t> retry_after_seconds;
    std::vector<base::Cause> causes;

    bool has_cause(std::string_view cause_reason) const;
};
base::Result<StatusAnswer> read_status(std::string_view text);

// The answer to a SelfSubjectAccessReview.
struct AccessVerdict {
    bool allowed = false;
    std::string reason;
};
base::Result<AccessVerdict> read_access_verdict(std::string_view text);

// The versions in which an APIGroup is served, the preferred one first.
base::Result<std::vector<std::string>> read_group_versions(std::string_view text);

// The plurals of the kinds that an APIResourceList names.
base::Result<std::vector<std::string>> read_resource_names(std::string_view text);

// The answer of /version.
struct ServerVersion {
    unsigned major = 0;
    unsigned minor = 0;
    std::string text;  // gitVersion
};
base::Result<ServerVersion> read_server_version(std::string_view text);

}  // namespace snapgate::json
