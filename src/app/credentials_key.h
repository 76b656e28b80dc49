#pragma once

#include <string_view>

#include "app/settings.h"
#include "base/result.h"
#include "connect/credentials.h"

namespace snapgate::app {

// The key itself, as 64 hexadecimal digits or 32 bytes in base64. There is no such flag and no such
// line in the configuration file: both are read by others too easily.
inline constexpr std::string_view kCredentialsKeyVariable = "SNAPGATE_CREDENTIALS_KEY";

// Fills in where the key is: the environment's, else the file of the settings, else
// $XDG_CONFIG_HOME/snapgate/credentials.key, else ~/.config/..., else, as root,
// /etc/snapgate/credentials.key. kInvalidParameter for a key that is none, for two of them, and for
// a file inside the data directory, where it would be copied along with what it locks.
base::Result<void> choose_credentials_key(Settings& settings, const Environment& environment);

// Where the sealer gets the key from. The file is made, with its folder, when the first credentials
// are to be sealed: a server without connected clusters leaves nothing there. A file that is there
// must be readable: kForbidden, kCorrupt. Making it fails with kUnavailable where there is no place
// for it.
base::Result<connect::CredentialKey> open_credentials_key(const Settings& settings);

// Whether the key is there or could be made, as far as can be told without making anything.
base::Result<void> check_place_of_credentials_key(const Settings& settings);

}  // namespace snapgate::app
