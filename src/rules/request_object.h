#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/schema.h"
#include "rules/object_rules.h"

namespace snapgate::rules {

constexpr std::string_view kSnapshotGroup = "snapshot.kubevirt.io";
constexpr std::string_view kSnapshotKind = "VirtualMachineSnapshot";
constexpr std::string_view kStoredVersion = "snapshot.kubevirt.io/v1beta1";

// "snapshot.kubevirt.io/v1alpha1" for a writer through v1alpha1.
std::string api_version(const Writer& writer);

// The metadata of an object whose body has been settled.
json::Object& metadata_of(json::Object& object);
const json::Object& metadata_of(const json::Object& object);

// Brings a snapshot's body into the form of its schema, as kube-apiserver's decoder does: metadata
// as ObjectMeta, pruned of unknown fields and nulls. `live` is the object that it replaces, if any.
// Returns warnings; an error for what cannot be read, for what fieldValidation does not allow, and
// for another API version than the request's. A body of another kind is not pruned: check_kind
// refuses it later, as kube-apiserver does.
base::Result<std::vector<std::string>> settle_snapshot(Body& body, const json::Object* live,
                                                       const Writer& writer);

// 400 if the object is not in the namespace of the request; one without a namespace is put there.
base::Result<void> settle_namespace(json::Object& metadata, const std::string& ns);

// 422 for an object of another kind.
base::Result<void> check_kind(const json::Object& object);

// Owners that are there twice go, with a warning.
void drop_repeated_owners(json::Object& metadata, std::vector<std::string>& warnings);

}  // namespace snapgate::rules
