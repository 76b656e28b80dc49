#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/types.h"

namespace snapgate::api::kube {

// The parameters of requests (ListOptions and its like of meta/v1), read in the words of Go and of
// kube-apiserver.

// kInvalidParameter as strconv.ParseInt words it.
base::Result<int64_t> parse_int64_option(std::string_view name, std::string_view text);
// A resource version as a hosted cluster gives them out; not empty.
base::Result<model::Revision> parse_version_option(std::string_view text);

// One of a connected cluster: a number as a rule, but another plain word may be one, too.
base::Result<std::string> parse_mirror_version(std::string text);

// A parameter that may not be given beside the others.
base::Cause forbidden(std::string_view field, std::string_view why);
// The error of one set of parameters ("ListOptions", "CreateOptions"): kInvalid, with all causes.
base::Error invalid_options(std::string_view options, std::vector<base::Cause> causes);

}  // namespace snapgate::api::kube
