#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/query_string.h"
#include "base/result.h"
#include "net/http/http.h"

namespace snapgate::api::kube {

// The value of a query parameter; of several the first counts, as in Go; "" if it is absent.
// kInvalidParameter where base::decode_parameter refuses it.
base::Result<std::string> first_parameter(const net::Request& request, std::string_view name,
                                          base::Controls controls = base::Controls::kNone);
// All its values, in order: of the few parameters that are lists for kube-apiserver.
base::Result<std::vector<std::string>> every_parameter(const net::Request& request,
                                                       std::string_view name);
// As kube-apiserver reads booleans: "", "0" and "false" are false, everything else is true.
base::Result<bool> flag_parameter(const net::Request& request, std::string_view name);

}  // namespace snapgate::api::kube
