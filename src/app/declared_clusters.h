#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "app/data_directory.h"
#include "app/last_declared.h"
#include "app/settings.h"
#include "base/result.h"
#include "connect/connection_sources.h"
#include "connect/declarations.h"

namespace snapgate::app {

// What a look at the configuration file changed. Names, in the order of the file.
struct DeclaredChanges {
    std::vector<std::string> new_projects;
    std::vector<std::string> new_quotas;
    std::vector<std::string> new_clusters;
    std::vector<std::string> new_connections;  // of clusters that were declared before
    // Of a cluster that was there before: how often imports are expected, "none" for never.
    struct NewExpectation {
        std::string cluster;
        std::string from;
        std::string to;
    };
    std::vector<NewExpectation> new_expectations;
    // Clusters of which the registry showed another address, that another replica has declared.
    std::vector<std::string> restated;
    std::vector<std::string> undeclared;  // connected clusters, with their uids
    // What stays as it is, and may now be changed and deleted as if it had never been declared.
    std::vector<std::string> undeclared_projects;
    std::vector<std::string> undeclared_hosted;
    // Clusters whose kubeconfig cannot be read now, and why. What was declared before keeps the
    // connection that it has.
    std::vector<std::pair<std::string, std::string>> unreadable;
    std::vector<connect::DeclarationFault> faults;
    std::string not_kept;  // why what is declared could not be written down for the next look
    size_t unchanged = 0;  // clusters

    // Uids of the connected clusters that are to be followed anew, with other sources.
    std::vector<std::string> to_follow;

    bool any() const;
};

// The projects and clusters that the configuration file declares, over the life of a server: makes
// those that the registry does not have yet, and keeps the sources of the clusters' connections,
// whose credentials are not stored. A kubeconfig that cannot be read, or that is refused, shows in
// the state of its cluster: the cluster is made all the same, and the kubeconfig is read again
// later. Nothing is ever deleted: a cluster that the file does not declare any more keeps its
// objects, and may be deleted like others. One element that is wrong holds up no other. Used by one
// thread.
class DeclaredClusters {
  public:
    // `data` outlives this. `reload`: has requests see what was written to the registry; it is
    // called on the writer thread.
    DeclaredClusters(DataDirectory& data, std::function<base::Result<void>()> reload)
        : data_(data), reload_(std::move(reload)) {}

    // Takes in what the settings declare. `rules`: the addresses that the clusters may be connected
    // to. Fails only if the store does.
    base::Result<DeclaredChanges> take_in(const Settings& settings,
                                          const std::shared_ptr<const net::AddressRules>& rules);

    // The sources of the connections of the clusters that are declared now.
    connect::DeclaredSources sources() const;
    // The declared projects that are in the registry, as DeclaredProjects::replace() takes them.
    const std::map<std::string, bool>& projects() const { return projects_; }

  private:
    class Taking;
    struct Known {
        std::string fingerprint;  // of DeclaredConnection
        std::shared_ptr<connect::ConnectionSource> source;
    };

    DataDirectory& data_;
    const std::function<base::Result<void>()> reload_;
    std::unordered_map<std::string, Known> known_;  // by uid
    std::map<std::string, bool> projects_;
    std::optional<LastDeclared> last_;  // nullopt until the first look
    std::shared_ptr<const net::AddressRules> rules_;
};

}  // namespace snapgate::app
