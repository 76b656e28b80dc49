#pragma once

#include "app/settings.h"
#include "commands/command.h"

namespace snapgate::cli {

// `snapgate serve --check-config`: says what a server with these settings would do, without doing
// it. kRefused if something of it would not work.
Outcome<Exit> check_config(const app::Settings& settings, Shell& shell);

}  // namespace snapgate::cli
