#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "remote/environment.h"
#include "remote/failure.h"

namespace snapgate::cli {

// What `snapgate login` saves of one server. Key, CA and project are used with this server only, so
// that a key never reaches a server that it was not made for.
struct Context {
    std::string server;
    std::string key;      // "" where a file has it
    std::string ca;       // absolute path; "" for the system's CAs
    std::string project;  // name or uid; "" for all that the key sees
    // Absolute path of a file that is read by each command in place of a key, as something renews
    // it; "" for none.
    // NOLINTNEXTLINE(readability-redundant-member-init): so that an initializer may leave it out
    std::string token_file = {};
};

// The contexts that are saved, by name.
struct Contexts {
    std::map<std::string, Context, std::less<>> named;
    std::string current;  // the name of the one in use; "" for none
};

// $XDG_CONFIG_HOME/snapgate/context.json, by default under ~/.config. kUsage without a home.
Outcome<std::filesystem::path> context_path(const Environment& environment);

// No contexts if there is no file. kUsage for a file that others may read or write, that somebody
// else owns, or that holds no contexts; the message names it and says how to fix it. The file of a
// version that knew only one context holds that one, named by default_context_name().
Outcome<Contexts> read_contexts(const std::filesystem::path& file);

// What to do about a file that others may read or write, before it is written anew.
enum class OpenToOthers {
    kRefuse,  // as read_contexts() does
    kClose,   // take its contexts, and close it by writing it
};
// Reads the contexts, has `change` change them, and replaces the file in one step: mode 0600, its
// folder made with 0700 where it is missing. A lock on the folder keeps two processes that do this
// at once from losing what the other wrote. A failure of `change` writes nothing.
Outcome<> change_contexts(const std::filesystem::path& file, OpenToOthers when_open,
                          const std::function<Outcome<>(Contexts&)>& change);

// The name of a context for which none was given: host and port of its server (normalized).
std::string default_context_name(std::string_view server);
// kUsage unless `name` can name a context: up to 253 visible ASCII characters, not beginning with
// '-'.
Outcome<> check_context_name(std::string_view name);
// The context of that name; kUsage with the names that there are, or the one that may be meant.
Outcome<const Context*> find_context(const Contexts& contexts, std::string_view name);

}  // namespace snapgate::cli
