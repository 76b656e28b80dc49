#include "api/kube/shown_cluster.h"

#include "base/json_text.h"
#include "json/text_skip.h"

namespace snapgate::api::kube {
namespace {

using base::Result;
using json::MemberOrder;

// How a row begins, and what stands between its cells and the object that it includes (table.h).
constexpr std::string_view kCells = R"({"cells":)";
constexpr std::string_view kObject = R"(,"object":)";

constexpr std::string_view kClusterColumn =
    R"([{"name":"Cluster","type":"string","format":"","description":"The name of the cluster that )"
    R"(the object is in","priority":0},)";

}  // namespace

ShownCluster::ShownCluster(std::string_view name, std::string_view uid) : annotations_(name, uid) {
    base::append_json_string(name, cell_);
    cell_ += ',';
}

Result<void> ShownCluster::put(const Form& form, std::string& out, size_t from) const {
    if (form.shape == Shape::kPartialMetadata) return annotations_.put(MemberOrder::kGo, out, from);
    if (form.shape != Shape::kTable) return annotations_.put(MemberOrder::kSorted, out, from);
    const size_t cells = from + kCells.size();
    if (form.include != IncludeObject::kNone) {
        const size_t object = json::skip_value(out, cells) + kObject.size();
        const bool whole = form.include == IncludeObject::kObject;
        SNAPGATE_TRY(
            annotations_.put(whole ? MemberOrder::kSorted : MemberOrder::kGo, out, object));
    }
    out.insert(cells + 1, cell_);
    return {};
}

std::string with_cluster_column(std::string_view columns) {
    std::string out(kClusterColumn);
    out += columns.substr(1);
    return out;
}

}  // namespace snapgate::api::kube
