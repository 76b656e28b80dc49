#pragma once

#include <string_view>

#include "app/load_settings.h"
#include "base/result.h"
#include "connect/credentials.h"

namespace snapgate::app {

// The key itself, as 64 hexadecimal digits or 32 bytes in base64. No flag and no line of the
// configuration file takes the key: others could read both too easily.
inline constexpr std::string_view kCredentialsKeyVariable = "SNAPGATE_CREDENTIALS_KEY";

// Fills in the place of the key: the environment, else the file of the settings, else
// $XDG_CONFIG_HOME/snapgate/credentials.key, else ~/.config/..., else, for root,
// /etc/snapgate/credentials.key. kInvalidParameter for a text that is not a key, for two keys, and
// for a file inside the data directory, where a copy of the data would contain the key to it.
base::Result<void> choose_credentials_key(Settings& settings, const Environment& environment);

// The key's source, for the sealer. The file and its folder are made only when the first
// credentials are sealed: a server without connected clusters leaves nothing there. An existing
// file must be readable: kForbidden, kCorrupt. Making the file fails with kUnavailable if there is
// no place for it.
base::Result<connect::CredentialKey> open_credentials_key(const Settings& settings);

// Whether the key exists or could be made, as far as can be told without making anything.
base::Result<void> check_place_of_credentials_key(const Settings& settings);

}  // namespace snapgate::app
