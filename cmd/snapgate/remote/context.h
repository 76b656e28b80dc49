#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "remote/environment.h"
#include "remote/failure.h"

namespace snapgate::cli {

// The connection's options as given on the command line; "" for one that was not given.
struct ConnectionFlags {
    std::string server;
    std::string api_key_file;
    std::string ca;
    std::string project;
    std::string context;
};

// The server that a command talks to, and its credentials there.
struct Target {
    std::string server;  // normalized: scheme://host[:port][/prefix]
    std::string key;
    std::string ca;
    std::string project;  // name or uid, not resolved; "" for all that the key sees
    // Name of the context of this server; "" if it has none.
    // NOLINTNEXTLINE(readability-redundant-member-init): so that an initializer may leave it out
    std::string context = {};
};

// Flags before environment before context. The context is the one that --context or
// SNAPGATE_CONTEXT names, else the current one; with --context the other settings of the
// environment do not count. kUsage if no server or no key is known; the message says how to give
// one. There is no flag that takes a key: the list of processes would show it.
Outcome<Target> resolve_target(const ConnectionFlags& flags, const Environment& environment);
// Like resolve_target(), for commands that need no key (`version`, `login`); nullopt if no server
// is known.
Outcome<std::optional<Target>> resolve_server(const ConnectionFlags& flags,
                                              const Environment& environment);

// "host:8080" becomes https://host:8080; a slash at the end goes. kUsage if it is no http or https
// URL, or carries a user, a query or a fragment.
Outcome<std::string> normalize_server(std::string_view text);

// Whether what is sent to `server` (normalized) is encrypted or stays on this machine.
bool is_private_channel(std::string_view server);

// What messages call the files that hold a key.
inline constexpr std::string_view kKeyFile = "the API key file";
inline constexpr std::string_view kTokenFile = "the token file";
// The word in a file, which messages call `what`; kUsage if it cannot be read or holds no key.
Outcome<std::string> read_key_file(const std::string& file, std::string_view what);
// A key as typed, read or taken from the environment; kUsage (naming `source`) if it cannot be one.
Outcome<std::string> check_key(std::string_view text, std::string_view source);

}  // namespace snapgate::cli
