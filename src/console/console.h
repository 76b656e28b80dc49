#pragma once

#include <span>

#include "console/assets.h"
#include "net/http/http.h"

namespace snapgate::console {

// Serves the console, a page for browsers: its page at `/`, to who takes text/html there, and the
// files of the page below /console/. Every other request goes to `next`. `files` outlive the
// handler.
net::Handler serve_console(std::span<const Asset> files, net::Handler next);

}  // namespace snapgate::console
