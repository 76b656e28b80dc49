#pragma once

#include <string>
#include <vector>

#include "app/declared_clusters.h"
#include "app/settings.h"
#include "connect/declarations.h"

namespace snapgate::app {

// Logs what a look at the configuration file changed of projects and clusters: a line for each, and
// for each fault a line of level error with the file, the line and the key.
void log_declared(const DeclaredChanges& changes, const connect::Declarations& declared);

// Logs which settings have other values: those that SIGHUP takes in, and, as a warning, those that
// need a restart. Not the log level, of which set_log_level() tells.
void log_settings(const std::vector<SettingChange>& changes);

// Logs which issuers and which programs of kubeconfigs are declared otherwise.
void log_issuers_and_programs(const Settings& from, const Settings& to);

// Has the log show lines from `to` on, and says so if that shows more or less than `from`.
void set_log_level(base::log::Level from, base::log::Level to);

// The line that ends what SIGHUP did.
void log_taken_in(const std::vector<SettingChange>& settings, const DeclaredChanges& declared);

}  // namespace snapgate::app
