#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace snapgate::model {

// What keeps a text from being such a name, in the words of k8s.io/apimachinery's
// util/validation; empty if nothing does. They agree with names.h. Any thread may call.

// A namespace's name (RFC 1123 label), and an object's (RFC 1123 subdomain).
std::vector<std::string> label_faults(std::string_view text);
std::vector<std::string> subdomain_faults(std::string_view text);
// A key of a label or an annotation, or a finalizer: [prefix/]name.
std::vector<std::string> qualified_name_faults(std::string_view text);
std::vector<std::string> label_value_faults(std::string_view text);

}  // namespace snapgate::model
