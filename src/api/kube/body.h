#pragma once

#include <string>
#include <string_view>

#include "api/call.h"
#include "objects/place.h"
#include "objects/written.h"
#include "rules/decode.h"
#include "rules/object_rules.h"

namespace snapgate::api::kube {

// What a write's query says.
struct WriteParameters {
    rules::Writer writer;
    bool dry_run = false;
};

// dryRun, fieldManager, fieldValidation. `options`: the kind that errors name (CreateOptions,
// UpdateOptions, PatchOptions). The manager is the fieldManager, or the User-Agent up to its first
// '/'. kInvalid in kube-apiserver's words.
base::Result<WriteParameters> read_write_parameters(const Call& call, std::string_view options);

// The request's body as an object of the resource's kind: JSON, YAML, or for a Namespace protobuf.
net::Awaitable<base::Result<rules::Body>> read_object(Call& call);

// The request's body as a SelfSubjectAccessReview: JSON, YAML or protobuf.
net::Awaitable<base::Result<json::Object>> read_review(Call& call);

// An option of `options` ("PatchOptions") that may not be given. kInvalid.
base::Error forbidden_option(std::string_view options, std::string_view field,
                             std::string_view why);

// The whole body, and its media type in lower case. kTooLarge above `most` bytes.
net::Awaitable<base::Result<std::string>> read_body(Call& call, size_t most = kMaxBodyBytes);
// In kube-apiserver's words. kTooLarge.
base::Error too_large(size_t most);
std::string content_type(const net::Request& request);
// The error for a body of none of the types named in `accepted` ("application/json,
// application/yaml").
base::Error unsupported_body(std::string_view accepted);

// The place of the object that the request names.
objects::Place place_of(const Call& call);

// Answers with the object a write left behind, in the form that the client takes.
net::Awaitable<base::Result<void>> respond_written(Call& call, objects::Written written,
                                                   unsigned status);

}  // namespace snapgate::api::kube
