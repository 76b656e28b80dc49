#pragma once

#include "app/settings.h"
#include "base/result.h"
#include "replica/options.h"
#include "store/store.h"

namespace snapgate::app {

// What the settings say of etcd, with the contents of the files that they name, and the secret that
// all replicas share, which is made if there is none yet. kInvalidParameter and others name the
// setting.
base::Result<replica::Options> replica_options(const Settings& settings, store::StoreOptions copy);

}  // namespace snapgate::app
