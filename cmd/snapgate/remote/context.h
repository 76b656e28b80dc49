#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "remote/failure.h"

namespace snapgate::cli {

// Looks up a variable of the environment; an empty one counts as absent. A test passes its own.
using Environment = std::function<std::optional<std::string>(std::string_view name)>;
std::optional<std::string> process_environment(std::string_view name);

// What `snapgate login` saves. Key, CA and project are used with this server only, so that a key
// never reaches a server that it was not made for.
struct Context {
    std::string server;
    std::string key;
    std::string ca;       // absolute path; "" for the system's CAs
    std::string project;  // name or uid; "" for all that the key sees
};

// $XDG_CONFIG_HOME/snapgate/context.json, by default under ~/.config. kUsage without a home.
Outcome<std::filesystem::path> context_path(const Environment& environment);
// nullopt if there is no file. kUsage for a file that others may read or write, that somebody else
// owns, or that is not a context; the message names it and says how to fix it.
Outcome<std::optional<Context>> read_context(const std::filesystem::path& file);
// Replaces the file in one step, mode 0600, its folder made with 0700 where it is missing.
Outcome<> write_context(const std::filesystem::path& file, const Context& context);

// The connection's options as given on the command line; "" for one that was not given.
struct ConnectionFlags {
    std::string server;
    std::string api_key_file;
    std::string ca;
    std::string project;
};

// The server that a command talks to, and its credentials there.
struct Target {
    std::string server;  // normalized: scheme://host[:port][/prefix]
    std::string key;
    std::string ca;
    std::string project;  // name or uid, not resolved; "" for all that the key sees
};

// Flags before environment before context. kUsage if no server or no key is known; the message says
// how to give one. There is no flag that takes a key: the list of processes would show it.
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

// The first line of a file; kUsage if it cannot be read or holds no key.
Outcome<std::string> read_key_file(const std::string& file);
// A key as typed, read or taken from the environment; kUsage (naming `source`) if it cannot be one.
Outcome<std::string> check_key(std::string_view text, std::string_view source);

}  // namespace snapgate::cli
