#pragma once

#include "json/value.h"
#include "model/facts.h"

namespace snapgate::rules {

// The facts of an object that a request wrote, once its metadata has been settled
// (request_metadata.h): views into it.
model::MetadataFacts metadata_facts(const json::Object& metadata);
model::SnapshotFacts snapshot_facts(const json::Object& object);

}  // namespace snapgate::rules
