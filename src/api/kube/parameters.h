#pragma once

#include <cstdint>
#include <optional>
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
// The next two read as kube-apiserver does (Convert_Slice_string_To_bool and ..._To_int64 of
// apimachinery), which knows an empty value from an absent parameter: nullopt.

// "0" and "false" in any case are false, everything else is true, "?watch" and "?watch=" among it.
base::Result<std::optional<bool>> flag_parameter(const net::Request& request,
                                                 std::string_view name);
// kInvalidParameter, in the words of Go, for what is no number; an empty value is none.
base::Result<std::optional<int64_t>> number_parameter(const net::Request& request,
                                                      std::string_view name);

}  // namespace snapgate::api::kube
