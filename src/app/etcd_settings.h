#pragma once

#include <vector>

#include "app/settings.h"
#include "base/result.h"

// The settings of a server whose truth is in etcd: all that begin with `etcd`.
namespace snapgate::app {

std::vector<Setting> etcd_settings();
// What does not go together. kInvalidParameter.
base::Result<void> check_etcd(const Settings& settings);

}  // namespace snapgate::app
