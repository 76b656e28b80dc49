#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/value.h"
#include "model/types.h"

namespace snapgate::rules {

// What Kubernetes does with a custom resource between a request and the store, for
// VirtualMachineSnapshot: pruning, validation, system fields, managedFields, deletion. Pure
// functions of the object as it is and the request; any thread may call. Sources: kube-apiserver's
// registry for custom resources, KubeVirt's CRD and webhook. Objects are in their Kubernetes form.
//
// Errors carry Kubernetes' words and `about` what its Status.details name: kInvalidBody (400),
// kInvalid (422, with causes), kConflict and kAlreadyExists (409), kNotFound.

enum class FieldValidation { kIgnore, kWarn, kStrict };

// An object as a request gave it.
struct Body {
    json::Object object;
    std::vector<std::string> strict_faults;  // what a strict decoder refuses: duplicate field "a.b"
};

// Where a request wants the object to be.
struct Target {
    std::string ns;
    std::string name;     // empty on a create
    bool status = false;  // through /status
};

// Who writes, and how.
struct Writer {
    std::string manager;              // for managedFields
    std::string version = "v1beta1";  // of the API through which the request came
    FieldValidation validation = FieldValidation::kWarn;
    bool patch = false;  // the body came from a patch: its faults are 422, not 400
    std::string now;     // RFC 3339, in seconds
};

// What the object becomes.
struct Change {
    enum class Effect {
        kNone,    // nothing changed: keep the version
        kStore,   // store `object`
        kRemove,  // its last finalizer went while it was being deleted: remove it
    };
    Effect effect = Effect::kStore;
    // The whole object, its apiVersion the stored one (v1beta1). Its resourceVersion, if it has
    // one, means nothing.
    json::Object object;
    std::vector<std::string> warnings;  // for the client, in Kubernetes' words
};

// A new object, with `uid`, its creationTimestamp and generation. Without metadata.name, but with
// generateName, it comes back without a name: the caller picks one (generated_name) and sets it.
base::Result<Change> create(Body body, const Target& target, const std::string& uid,
                            const Writer& writer);

// The object after an update through its main endpoint or /status. `live` has its resourceVersion.
base::Result<Change> update(const json::Object& live, Body body, const Target& target,
                            const Writer& writer);

// A server-side apply: the object with the fields of `applied`, which are its manager's from then
// on. What that manager applied before and nobody owns any more is removed (structured-merge-diff,
// and k8s.io/apimachinery's managedfields around it). kConflict with a cause for each field that
// another manager has with another value, unless `force` takes these fields. `live` has its
// resourceVersion. A body has no strict faults but keys that are given twice.
base::Result<Change> apply(const json::Object& live, const Body& applied, const Target& target,
                           const Writer& writer, bool force);

// A new object from a server-side apply; `target` has its name.
base::Result<Change> apply_new(const Body& applied, const Target& target, const std::string& uid,
                               const Writer& writer);

struct DeleteOptions {
    enum class Propagation { kBackground, kForeground, kOrphan };
    std::string uid;               // precondition; empty: none
    std::string resource_version;  // precondition; empty: none
    std::optional<Propagation> propagation;
    bool dry_run = false;
};

// Reads a DeleteOptions body ("" is none), in JSON or YAML.
base::Result<DeleteOptions> read_delete_options(std::string_view text, bool yaml);

// What a deletion does: kRemove, or kStore with a deletionTimestamp while finalizers hold it, or
// kNone where it is being deleted already.
base::Result<Change> remove(const json::Object& live, const DeleteOptions& options,
                            std::string_view now);

// `base` cut to 58 characters and five random ones (k8s.io/apiserver's names).
std::string generated_name(std::string_view base);

// Gives an object that create() or create_namespace() returned without a name this one; a Namespace
// is labelled with it, too.
void give_name(json::Object& object, std::string_view name);

// A new core/v1 Namespace from a request's body: active, labelled with its name. Without
// metadata.name, but with generateName, it comes back without a name, as create() says.
base::Result<Change> create_namespace(Body body, const std::string& uid, const Writer& writer);

// A Namespace whose deletion was asked for: Terminating, or kNone where it is already. kForbidden
// for those that may not go; kConflict for a precondition that does not hold.
base::Result<Change> remove_namespace(const json::Object& live, const DeleteOptions& options,
                                      std::string_view now);

// The errors that say that there is no such object, or that its name is taken.
base::Error no_such_snapshot(std::string_view name);
base::Error snapshot_exists(std::string_view name);
base::Error no_such_namespace(std::string_view name);
// For an object of any kind that is served.
base::Error no_such_object(model::Kind kind, std::string_view name);
base::Error namespace_exists(std::string_view name);
// 409 for a version that is not the object's present one.
base::Error stale_version(std::string_view name);
// 403 for a new object in a namespace that is being deleted; and whether an error is this one.
base::Error namespace_terminating(const model::ObjectKey& key);
bool is_namespace_terminating(const base::Error& error);

}  // namespace snapgate::rules
