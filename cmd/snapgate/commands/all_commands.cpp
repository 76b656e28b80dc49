#include "commands/all_commands.h"

#include <utility>

namespace snapgate::cli {
namespace {

// The first word of several commands, such as get in `get snapshots`.
Command group(std::string name, std::string help, std::vector<Command> commands,
              std::string footer) {
    return {.name = std::move(name),
            .help = std::move(help),
            .footer = std::move(footer),
            .commands = std::move(commands)};
}

}  // namespace

std::vector<Command> all_commands() {
    return {
        serve_command(),
        login_command(),
        logout_command(),
        whoami_command(),
        group("config", "Show and choose the contexts that 'login' saved",
              {get_contexts_command(), use_context_command(), current_context_command()},
              "Examples:\n"
              "  snapgate config get-contexts\n"
              "  snapgate config use-context prod"),
        group("get", "Show snapshots, VMs, clusters, projects, keys or replicas",
              {get_snapshots_command(), get_vms_command(), get_clusters_command(),
               get_projects_command(), get_keys_command(), get_replicas_command()},
              "Examples:\n"
              "  snapgate get clusters\n"
              "  snapgate get snapshots --cluster demo\n"
              "See 'snapgate get snapshots --help' for filters and paging."),
        group("report", "Report on the VMs and snapshots of a fleet",
              {report_protection_command(), report_failures_command()},
              "Examples:\n"
              "  snapgate report protection --all-clusters\n"
              "  snapgate report failures --all-clusters --since 7d"),
        group("describe", "Show a snapshot or a cluster in detail",
              {describe_snapshot_command(), describe_cluster_command()},
              "Examples:\n"
              "  snapgate describe snapshot NAME --cluster demo -n payments\n"
              "  snapgate describe cluster edge"),
        group("create", "Create a snapshot, a project, a cluster or an API key",
              {create_snapshot_command(), create_project_command(), create_cluster_command(),
               create_key_command()},
              "Examples:\n"
              "  snapgate create cluster demo\n"
              "  snapgate create cluster edge --kubeconfig edge.kubeconfig\n"
              "  snapgate create key ci --role reader --expires 90d\n"
              "  snapgate create snapshot --cluster demo -n payments --vm db-01"),
        group("set",
              "Change a cluster's kubeconfig or what imports it expects, or a project's quota",
              {set_kubeconfig_command(), set_imports_command(), set_quota_command()},
              "Examples:\n"
              "  snapgate set kubeconfig --cluster edge edge.kubeconfig\n"
              "  snapgate set quota payments --objects 100000 --bytes 10Gi"),
        apply_command(),
        group("check", "Check whether a connected cluster can be followed",
              {check_cluster_command()},
              "Examples:\n"
              "  snapgate check cluster edge"),
        group("print", "Print what a cluster needs before it can be connected",
              {print_rbac_command()},
              "Examples:\n"
              "  snapgate print rbac"),
        group("delete", "Delete a snapshot, a project, a cluster or an API key",
              {delete_snapshot_command(), delete_project_command(), delete_cluster_command(),
               delete_key_command()},
              "Example:\n"
              "  snapgate delete cluster demo --force"),
        import_command(),
        export_command(),
        backup_command(),
        restore_command(),
        migrate_command(),
        compact_command(),
        kubeconfig_command(),
        fsck_command(),
        group("completion", "Print what a shell needs to complete command lines",
              {bash_completion_command(), zsh_completion_command()},
              "Examples:\n"
              "  source <(snapgate completion bash)\n"
              "  source <(snapgate completion zsh)"),
        man_command(),
        version_command(),
    };
}

}  // namespace snapgate::cli
