#pragma once

#include <string_view>
#include <vector>

#include "commands/command.h"

namespace snapgate::cli {

// The table of commands, in the order in which the help lists them.
std::vector<Command> all_commands();

// What the help of the program says below the table, and its page of the manual.
inline constexpr std::string_view kGeneralNotes =
    R"(Environment: SNAPGATE_CONTEXT, SNAPGATE_SERVER, SNAPGATE_API_KEY, SNAPGATE_CA, SNAPGATE_PROJECT.
A flag overrides the environment, and the environment overrides what 'login' saved.

Exit codes: 0 done; 1 refused by the server or by a check of the input; 2 wrong usage;
3 the server cannot be reached.

Examples:
  snapgate serve --data-dir data --tls-self-signed
  snapgate login https://127.0.0.1:8080 --ca data/ca.crt --api-key-file data/admin.key
  snapgate create cluster demo
  snapgate create cluster edge --kubeconfig ~/.kube/config --kubeconfig-context edge
  kubectl get vmsnapshots -A -o json | snapgate import --cluster demo -
  snapgate get snapshots --cluster demo -n payments
  snapgate create snapshot --cluster demo -n payments --vm db-01
  (umask 077; snapgate kubeconfig --cluster demo > demo.kubeconfig)
Help for each command: snapgate COMMAND --help)";

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
Command get_replicas_command();
Command report_protection_command();
Command report_failures_command();
Command describe_snapshot_command();
Command describe_cluster_command();
// Asks for a snapshot of a VM.
Command create_snapshot_command();
Command create_project_command();
// Makes a hosted cluster, or, with --kubeconfig, connects a real one.
Command create_cluster_command();
// Makes a key through the API, or with --data-dir in the data directory of a server that is down.
Command create_key_command();
Command set_kubeconfig_command();
Command set_imports_command();
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
// Between a data directory and etcd.
Command migrate_command();
Command compact_command();
// Checks the data directory of a server that is down.
Command fsck_command();
Command kubeconfig_command();
Command bash_completion_command();
Command zsh_completion_command();
Command man_command();
Command version_command();

}  // namespace snapgate::cli
