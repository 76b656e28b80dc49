#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/api_names.h"
#include "model/schema.h"
#include "rules/object_rules.h"

namespace snapgate::rules {

using model::kSnapshotGroup;
using model::kSnapshotKind;
using model::kSnapshotPlural;

// "snapshot.kubevirt.io/v1alpha1" for a writer through v1alpha1.
std::string api_version(const Writer& writer);

// The metadata of an object after settle_snapshot.
json::Object& metadata_of(json::Object& object);
const json::Object& metadata_of(const json::Object& object);

// Brings a snapshot's body into the form of its schema, as kube-apiserver's decoder does: metadata
// as ObjectMeta, pruned of unknown fields and nulls. `live` is the object that it replaces, if any.
// Warnings are added. An error if a value cannot be read, if fieldValidation does not allow a
// field, and if the API version is not the request's. A body of another kind is not pruned:
// check_kind refuses it later, as kube-apiserver does.
base::Result<void> settle_snapshot(Body& body, const json::Object* live, const Writer& writer,
                                   std::vector<std::string>& warnings);

// Gives an object without a namespace that of the request; 400 if the object has another one.
base::Result<void> settle_namespace(json::Object& metadata, const std::string& ns);

// 422 if the object is of another kind.
base::Result<void> check_kind(const json::Object& object);

// Removes owners that are listed twice, with a warning.
void drop_repeated_owners(json::Object& metadata, std::vector<std::string>& warnings);

}  // namespace snapgate::rules
