#pragma once

#include <memory>

#include "base/result.h"
#include "etcd/client.h"
#include "replica/options.h"

namespace snapgate::replica {

// A client of the etcd that the options name. Nothing is sent yet. kInvalidParameter.
base::Result<std::unique_ptr<etcd::Client>> connect(const Options& options);

}  // namespace snapgate::replica
