#pragma once

#include <string>

#include "base/result.h"
#include "json/value.h"
#include "net/awaitable.h"
#include "objects/place.h"
#include "objects/write_context.h"
#include "objects/written.h"

namespace snapgate::objects {

// Writes of single snapshots of a connected cluster: they go to the cluster itself, and its answer
// and its errors come back. When they return, the mirror shows what was written; if it does not
// within a few seconds, the write is answered all the same.

// `manager`: whom the cluster's managedFields name.
net::Awaitable<base::Result<Written>> create_connected(WriteContext context, Place place,
                                                       json::Object body, std::string manager);
// kNotFound where the snapshot is not that VM's.
net::Awaitable<base::Result<Written>> replace_connected(WriteContext context, Place place,
                                                        std::string vm, json::Object body,
                                                        std::string manager);
net::Awaitable<base::Result<void>> remove_connected(WriteContext context, Place place,
                                                    std::string vm);

}  // namespace snapgate::objects
