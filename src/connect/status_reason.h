#pragma once

#include <string_view>

namespace snapgate::connect {

// Kubernetes' reason for an HTTP status, for an answer of a cluster that names none, such as a
// proxy's: "Forbidden". "AnswerUnexpected" where Kubernetes has none. Any thread.
std::string_view status_reason(unsigned code);

}  // namespace snapgate::connect
