#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "facts/facts.h"
#include "model/facts.h"
#include "model/object.h"

namespace snapgate::json {

// What the server gives to an object that came without it.
struct Identity {
    std::string uid;
    std::string creation_timestamp;  // RFC 3339
    int64_t generation = 1;
    std::optional<std::string> managed_fields = std::nullopt;  // a JSON list, in either form
};

struct Prepared {
    model::PreparedObject object;
    // Which of these the source lacked (they were filled from `fill`).
    bool filled_uid = false;
    bool filled_creation_timestamp = false;
    bool filled_generation = false;
    // It came without managedFields, as kubectl prints it. Only what `fill` has is put in.
    bool lacks_managed_fields = false;
};

// The message about an object that is larger than kMaxObjectBytes, and was not read to its end.
std::string too_large_message();

// Checks a VirtualMachineSnapshot's JSON (from a cluster, a dump or a saved Palette page) and
// brings it into stored form: Palette text with sorted keys, patch marks, an empty place for the
// resource version. apiVersion v1alpha1 becomes v1beta1; an empty namespace becomes "default"; null
// fields become marks, but for those in the metadata, which Kubernetes does not keep; fieldsV1
// becomes {"Raw":[base64]}, or stays it; clusterName and selfLink are dropped; of a key given twice
// the last counts; unknown fields pass through. What is absent of Identity is taken from `fill`.
// Uses a parser of its own thread; may be called from any thread. Errors: kInvalidBody (no JSON,
// wrong apiVersion or kind, a known field of the wrong type, no name; `subject` is the field's
// path). kTooLarge for more than kMaxObjectBytes, as it came or as it is to be stored.
//
// This folder knows no rule but these. An object whose maker has not checked it is shown to
// `check`, whose error comes back: rules/import_rules.h has one. The facts are good during the
// call.
using FactsCheck = base::Result<void> (*)(const model::SnapshotFacts& facts);
base::Result<Prepared> prepare_snapshot(std::string_view json, const Identity& fill,
                                        FactsCheck check = nullptr);
// The same for an object that is stored already and that the server marks as being deleted: that
// may take it some KiB over the limit.
base::Result<Prepared> prepare_marked_snapshot(std::string_view json);

// The same for an object as a connected cluster keeps it: none of the rules above, nothing is
// filled in or dropped. It needs a namespace and a name as Kubernetes has them, a uid and a
// resource version (printable, at most 128 bytes), both of which are in the object's members; an
// absent apiVersion or kind is put in; a known field of another type than it should have passes
// through as it is. append_kubernetes_form of what was stored gives back what came, with sorted
// keys and as v1beta1. Errors: kInvalidBody, and kTooLarge as above.
base::Result<model::PreparedObject> prepare_mirrored_snapshot(std::string_view json);

// The same for a core/v1 Namespace in its Kubernetes form, which has a name, a uid and a
// creationTimestamp, and that the rules made or checked. Errors: kInvalidBody, and kTooLarge as
// above.
base::Result<model::PreparedObject> prepare_namespace(std::string_view json);
// The same for one that has the mark of its deletion, which may take it over the limit.
base::Result<model::PreparedObject> prepare_marked_namespace(std::string_view json);

// "namespace/name" of an object's JSON as far as it can be read, to name what was refused: "name"
// without a namespace, "" if there is neither. At most 320 bytes of printable text.
std::string best_effort_name(std::string_view json);

// A core/v1 Namespace in stored form, active, as kube-apiserver makes it.
model::PreparedObject make_namespace(std::string_view name, const Identity& identity);

// The Identity of a stored object. kCorrupt if it has none.
base::Result<Identity> read_identity(const model::StoredObject& stored);

// The facts of a stored snapshot, derived from it, as they are stored beside it. kCorrupt if it
// cannot be read.
base::Result<std::string> derive_facts(const model::StoredObject& stored);
// The facts of a snapshot's JSON, in any of its forms. kInvalidBody if it is no JSON.
base::Result<std::string> derive_facts_of_text(std::string_view json);

// The facts of a stored snapshot: those that were stored beside it, or, of one that an older
// version of this program stored, those that are derived from it now, into `buffer`. Views into
// either. kCorrupt if they cannot be read.
base::Result<facts::Facts> read_facts(const model::StoredObject& stored, std::string& buffer);

// Whether a stored object has managedFields. Fast: looks for their place only.
bool has_managed_fields(const model::StoredObject& stored);

// The uid of a stored object; "" if it cannot be found. Fast: looks for its place only.
std::string_view read_uid(const model::StoredObject& stored);

// The JSON of a stored object's labels; "" if it has none. Fast: parses nothing.
std::string_view labels_text(const model::StoredObject& stored);
// The labels that such a text holds, sorted by key.
base::Result<std::vector<std::pair<std::string, std::string>>> read_labels(std::string_view text);
// The labels of a stored object, sorted by key; none if it has none. Fast: looks at nothing else.
base::Result<std::vector<std::pair<std::string, std::string>>> read_labels(
    const model::StoredObject& stored);

// The phase of a stored Namespace; "" if it has none. Fast, too.
std::string_view read_phase(const model::StoredObject& ns);

// What another view of an object says in other words than the stored one.
struct FormChanges {
    bool v1alpha1 = false;  // its apiVersion is the old one; nothing else differs between the two
    std::optional<std::string_view> version;  // a resource version instead of the stored one
};

// Appends the Kubernetes form of a stored object: nulls back in place, fieldsV1 as JSON. A copy
// with a few changed bytes: nothing is parsed.
base::Result<void> append_kubernetes_form(const model::StoredObject& stored, std::string& out);
base::Result<void> append_kubernetes_form(const model::StoredObject& stored,
                                          const FormChanges& changes, std::string& out);

// Puts metadata.clusterName into the object whose text, in either form, `out` holds from `from` on.
// Nothing is parsed but what stands before that field. kCorrupt if there is no such place.
base::Result<void> put_cluster_name(std::string_view cluster, std::string& out, size_t from);

}  // namespace snapgate::json
