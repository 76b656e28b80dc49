#include "api/palette/snapshot_item.h"

#include "json/object.h"

namespace snapgate::api::palette {

base::Result<void> append_item(const model::StoredObject& object, std::string_view cluster,
                               bool kubernetes_form, std::string& out) {
    const size_t from = out.size();
    if (kubernetes_form) {
        SNAPGATE_TRY(json::append_kubernetes_form(object, out));
    } else {
        out += object.text;
    }
    return json::put_cluster_name(cluster, out, from);
}

}  // namespace snapgate::api::palette
