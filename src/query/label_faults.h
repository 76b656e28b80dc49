#pragma once

#include <string>
#include <string_view>

namespace snapgate::query {

// What is wrong with the key, and with a value, of a label, in the words of k8s.io/apimachinery's
// validation; "" if nothing is.
std::string label_key_fault(std::string_view key);
std::string label_value_fault(std::string_view value);

// A text as Go's %q shows it.
std::string quoted(std::string_view text);

}  // namespace snapgate::query
