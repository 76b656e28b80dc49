#include "api/palette/snapshot_form.h"

#include <algorithm>

#include "api/kube/accept.h"
#include "api/kube/forms.h"
#include "base/encoding.h"

namespace snapgate::api::palette {

bool wants_kubernetes_form(const net::Request& request) {
    const auto accepts = [](const kube::AcceptClause& clause) {
        return clause.weight > 0 && clause.type == "application" &&
               base::equal_ignoring_case(clause.subtype, kKubernetesSubtype);
    };
    return std::ranges::any_of(request.headers, [&](const net::Header& header) {
        return base::equal_ignoring_case(header.name, "Accept") &&
               std::ranges::any_of(kube::parse_accept(header.value), accepts);
    });
}

base::Result<void> respond_object(Call& call, const model::StoredObject& object) {
    return kube::append_item(call.form, object, {}, call.services.store.now_ms(),
                             call.response.body);
}

}  // namespace snapgate::api::palette
