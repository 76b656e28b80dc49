#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api/form.h"
#include "base/result.h"
#include "model/object.h"
#include "model/types.h"
#include "net/http/http.h"

namespace snapgate::api::kube {

// From Accept and includeObject. kNotAcceptable in kube-apiserver's words.
base::Result<Form> negotiate(const net::Request& request, model::Kind kind, bool v1alpha1,
                             Wanted wanted);

// Appends one object as JSON: itself, its PartialObjectMetadata, or its row of a Table.
// `version` stands for its resource version where that is not the stored one (a deletion's).
base::Result<void> append_item(const Form& form, const model::StoredObject& object,
                               std::optional<std::string_view> version, int64_t now_ms,
                               std::string& out);

// The columnDefinitions of a Table, as a JSON list.
std::string_view table_columns(model::Kind kind);

// Answers with one object in that form: the whole document with its Content-Type (a Table of one
// row, YAML, ...). `version` as above; an empty one leaves it out (a dry run).
base::Result<void> respond_object(const Form& form, const model::StoredObject& object,
                                  std::optional<std::string_view> version, int64_t now_ms,
                                  unsigned status, net::Response& response);

}  // namespace snapgate::api::kube
