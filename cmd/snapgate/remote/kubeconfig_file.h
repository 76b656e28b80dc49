#pragma once

#include <string>

#include "remote/failure.h"

namespace snapgate::cli {

// One context of a kubeconfig ("" for its current one; "-" is standard input) as the server takes
// it: that context alone, with the content of the files that it names in place of their names.
// Holds the secrets. kUsage if a file cannot be read, kRefused for what is not taken; messages name
// the member at fault, as in users[name=admin].user.exec, and no secret.
Outcome<std::string> read_kubeconfig_file(const std::string& file, const std::string& context);

}  // namespace snapgate::cli
