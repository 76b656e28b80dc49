#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "json/value.h"
#include "output/documents.h"
#include "output/format.h"
#include "remote/api.h"
#include "remote/failure.h"
#include "terminal/console.h"
#include "terminal/table.h"

namespace snapgate::cli {

// Which clusters are wanted. Nothing selects all.
struct ClusterSelection {
    std::vector<std::string> names;   // or uids
    std::vector<std::string> states;  // as the server shows them

    bool selects(const json::Object& cluster) const;
};

// Prints the clusters, and then each again when something of it has changed, until Ctrl-C. The
// registry has no watch: it is read every two seconds. Used by one thread; its arguments outlive
// it.
class ClusterWatch {
  public:
    ClusterWatch(Console& console, Api& api, const ClusterSelection& selection,
                 const Format& format);

    Outcome<Exit> run();

  private:
    // Reads the registry, and prints what has changed since the last look.
    Outcome<> look();
    Outcome<> print(const std::vector<json::Object>& clusters);

    Console& console_;
    Api& api_;
    const ClusterSelection& selection_;
    Format format_;
    Table table_;
    ValuePrinter documents_;
    // By uid: what was watched of each cluster, and the cluster.
    std::map<std::string, std::pair<std::string, json::Object>> last_;
};

}  // namespace snapgate::cli
