#pragma once

#include <vector>

#include "commands/command.h"

namespace snapgate::cli {

// The table of commands, in the order in which the help lists them.
std::vector<Command> all_commands();

// Its rows, each in the file of its command.
Command serve_command();
Command login_command();
Command logout_command();
Command whoami_command();
Command get_contexts_command();
Command use_context_command();
Command current_context_command();
Command get_snapshots_command();
Command get_vms_command();
Command get_clusters_command();
Command get_projects_command();
Command get_keys_command();
Command report_protection_command();
Command report_failures_command();
Command describe_snapshot_command();
// Asks for a snapshot of a VM.
Command create_snapshot_command();
Command create_project_command();
// Makes a hosted cluster, or, with --kubeconfig, connects a real one.
Command create_cluster_command();
// Makes a key through the API, or with --data-dir in the data directory of a server that is down.
Command create_key_command();
Command set_kubeconfig_command();
Command set_quota_command();
Command apply_command();
Command check_cluster_command();
Command print_rbac_command();
// Deletes snapshots, or says what holds them.
Command delete_snapshot_command();
Command delete_project_command();
Command delete_cluster_command();
Command delete_key_command();
Command import_command();
Command export_command();
// Of a server that runs, or with --data-dir of one that is down.
Command backup_command();
Command restore_command();
Command compact_command();
// Checks the data directory of a server that is down.
Command fsck_command();
Command kubeconfig_command();
Command version_command();

}  // namespace snapgate::cli
