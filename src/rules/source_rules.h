#pragma once

#include "json/value.h"
#include "model/facts.h"
#include "rules/faults.h"

namespace snapgate::rules {

// The rules of KubeVirt's webhook (pkg/storage/admitters/vmsnapshot.go) that the CRD does not have,
// with its causes, over an object that follows its schema. The webhook looks at an object as it
// comes and refuses it whole; so it comes last.

// Of a new or imported object; and its source has a name, without which it belongs to no VM, and
// its failureDeadline is a duration.
void check_source(const model::SnapshotFacts& facts, Faults& faults);

// Of one that replaces `live`: the spec is immutable.
void check_spec_kept(const json::Object& object, const json::Object& live, Faults& faults);

}  // namespace snapgate::rules
