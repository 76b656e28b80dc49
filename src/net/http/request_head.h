#pragma once

#include <string>

#include "base/result.h"
#include "base/server_url.h"
#include "net/client/messages.h"

namespace snapgate::net {

// The head of a request as it goes out, with its empty line. kInvalidParameter for what could be
// read as more than one request: a method, target or header that holds what it must not. Messages
// repeat no value. Any thread.
base::Result<std::string> request_head(const base::ServerUrl& url, const ClientRequest& request);

}  // namespace snapgate::net
