#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "commands/command.h"
#include "json/value.h"
#include "remote/api.h"
#include "terminal/table.h"

namespace snapgate::cli {

// Which clusters a question about a fleet is about: one of the two flags is needed.
struct FleetScope {
    std::string cluster;  // --cluster: a name or a uid
    bool all = false;     // --all-clusters
};
std::vector<Option> fleet_options(FleetScope& scope);
// The cluster of --cluster. The message about several that are named says how all are asked.
Outcome<Named> resolve_cluster(Api& api, const FleetScope& scope);
// The first columns of a table of these clusters: CLUSTER and NAMESPACE. Where not all columns fit,
// that of the cluster goes first if all rows are of one, else that of the namespace, as the third.
std::vector<Column> place_columns(const FleetScope& scope);

// A request to one of the server's questions about a fleet: /v1/spectroclusters/{uid|-}/vms/...
class FleetRequest {
  public:
    // `question`: snapshot, protection, summary, sources. Resolves the cluster's name.
    static Outcome<FleetRequest> make(Api& api, const FleetScope& scope, std::string_view question);
    // Of one cluster by its uid.
    static FleetRequest of_cluster(std::string_view uid, std::string_view question);

    // Adds a parameter, unless its value is empty.
    void add(std::string_view name, std::string_view value);
    // Each value as a parameter of its own: the server takes both forms of a list.
    void add(std::string_view name, const std::vector<std::string>& values);

    const std::string& target() const { return target_; }
    // The same question for the page after one that had this token; "" is that of the first.
    std::string page_after(std::string_view token) const;

  private:
    explicit FleetRequest(std::string target) : target_(std::move(target)) {}

    std::string target_;
};

// Whether -o asks for a stream of the server's: csv or jsonl.
bool is_stream(std::string_view output);
// Prints such a stream as it comes. `no_headers` leaves out the first line of csv, which has
// titles.
Outcome<> print_stream(Console& console, Api& api, FleetRequest request, std::string_view output,
                       bool no_headers);

// Takes the pages of a list, with the objects in their "items", one after another.
using PageSink = std::function<Outcome<>(const json::Object& page,
                                         const std::vector<const json::Object*>& items)>;
enum class WhenExpired : uint8_t {
    kFail,  // with a Failure that is_expired()
    kGoOn,  // at the newest state: see get_page()
};
Outcome<> each_page(Console& console, Api& api, FleetRequest request, WhenExpired when_expired,
                    const PageSink& take);

// Takes the rows of a request one by one, as they come. A line that is no object is passed over.
using RowSink = std::function<base::Result<void>(const json::Object& row)>;
Outcome<> each_row(Api& api, FleetRequest request, const RowSink& take);

// Notes on stderr which clusters could not be seen as they are now, or at all.
Outcome<> note_stale_sources(Console& console, Api& api, const FleetScope& scope);

}  // namespace snapgate::cli
