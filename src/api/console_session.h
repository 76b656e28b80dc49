#pragma once

#include "api/call.h"
#include "base/result.h"
#include "net/awaitable.h"

namespace snapgate::api {

// The console's sessions: who is signed in, signing in with a key, and signing out. With
// --console off there are no such routes.
net::Awaitable<base::Result<void>> get_console_session(Call& call);
net::Awaitable<base::Result<void>> begin_console_session(Call& call);
net::Awaitable<base::Result<void>> end_console_session(Call& call);

}  // namespace snapgate::api
