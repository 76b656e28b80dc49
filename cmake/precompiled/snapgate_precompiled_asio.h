#pragma once

// For the folders that use Asio. The others go without it: each source that includes Asio needs
// Asio's objects when it is linked, and initializes them at the start of the program.
#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include "snapgate_precompiled.h"
