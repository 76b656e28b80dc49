#pragma once

#include "commands/command.h"

namespace snapgate::cli {

// `create cluster`: a hosted one, or, with --kubeconfig, a connected one.
void add_create_cluster(CLI::App& create, Action& chosen);

}  // namespace snapgate::cli
